// One client session against the model: random messages in random pieces, answers of the outbox at random
// times, losses at any point. What the client sees is held against a second model that gets the client's
// bytes alone.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/fuzz/input.h"

namespace pgtandem::model {

struct verdict {
  std::string violation;           // empty: every promise was kept
  std::vector<std::string> trace;  // what happened, for people
};

// What goes wrong, before the event of this number: bytes that arrive, or an answer of the outbox.
struct fault {
  enum class kind { none, legacy_lost, client_gone, outbox_refuses } what = kind::none;
  std::size_t before = 0;
};

// These messages, each sent when the ones before have been dealt with; `events` is set to how many there
// were.
// `chunk_bytes`: of a transaction's changes beyond which they are staged.
[[nodiscard]] verdict run_script(const std::vector<std::string>& messages, fault f, std::size_t chunk_bytes,
                                 std::size_t& events);

// The input decides everything: the same bytes, the same run.
[[nodiscard]] verdict run_session(fuzz::input choices);

}  // namespace pgtandem::model
