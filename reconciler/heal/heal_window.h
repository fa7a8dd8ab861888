// One heal: open a window of the log, wait until everything before it is decided, read legacy, append.
#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

#include "outbox/log/log.h"
#include "outbox/relay/legacy_life.h"
#include "protocol/catalog/relation.h"
#include "reconciler/heal/row_reader.h"

namespace pgtandem::reconciler {

// Thrown out of a step when stop was requested while it waited.
class stop_requested : public std::runtime_error {
 public:
  stop_requested() : std::runtime_error("stopped") {}
};

struct heal_log {
  outbox::log& log;
  outbox::legacy_life& life;
  partition_t partition;
  std::stop_token stop;
};

struct window_outcome {
  bool discarded = false;  // nothing was written, read again
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::uint64_t written = 0;
  std::uint64_t too_large = 0;
  std::vector<outbox::heal_result::dropped_key> dropped;
};

// `read` runs inside the window, by one statement on legacy. Throws what it throws, std::runtime_error when
// the log refuses, stop_requested.
[[nodiscard]] window_outcome heal_through_window(const heal_log& to, const catalog::relation& r,
                                                 const std::function<read_rows()>& read);

// Waits until every record that took a key over is decided; the keys that none of them committed, each once:
// those have to be healed again. Throws stop_requested.
[[nodiscard]] std::vector<std::string> keys_to_heal_again(
    const heal_log& to, const std::vector<outbox::heal_result::dropped_key>& dropped);

}  // namespace pgtandem::reconciler
