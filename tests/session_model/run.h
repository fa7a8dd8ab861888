// One client session against the model: random messages in random pieces, answers of the outbox at random
// times, losses at any point. What the client sees is held against a second model that gets the client's
// bytes alone.
#pragma once

#include <string>
#include <vector>

#include "tests/fuzz/input.h"

namespace pgtandem::model {

struct verdict {
  std::string violation;           // empty: every promise was kept
  std::vector<std::string> trace;  // what happened, for people
};

// The input decides everything: the same bytes, the same run.
[[nodiscard]] verdict run_session(fuzz::input choices);

}  // namespace pgtandem::model
