#include "protocol/planted_bug.h"

#include <array>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>

namespace pgtandem {
namespace {

// In the order of the enumeration.
constexpr std::array names = {
    "record_after_commit",
    "doubt_taken_as_commit",
    "heal_without_wait",
    "heal_keeps_touched_keys",
    "mark_ripe_at_once",
    "hwm_outside_transaction",
    "savepoint_kept",
    "names_asked_once",
    "function_taken_for_harmless",
    "key_change_as_upsert",
    "notes_not_read",
    "failed_commit_published",
    "first_image_wins",
    "pipelined_commit_not_held",
    "published_before_flush",
    "healer_off",
};

static_assert(names.size() == static_cast<std::size_t>(planted_bug::healer_off) + 1);

std::array<bool, names.size()> chosen() {
  const char* value = std::getenv("PGTANDEM_PLANTED_BUG");
  std::array<bool, names.size()> result{};
  std::istringstream list(value == nullptr ? "" : value);
  for (std::string name; std::getline(list, name, ',');) {
    std::size_t i = 0;
    while (i < names.size() && name != names[i]) ++i;
    if (i == names.size()) {
      std::cerr << "PGTANDEM_PLANTED_BUG names no bug: " << name << '\n';
      std::exit(64);
    }
    result[i] = true;
  }
  return result;
}

}  // namespace

bool planted(planted_bug bug) {
  static const auto active = chosen();
  return active[static_cast<std::size_t>(bug)];
}

}  // namespace pgtandem
