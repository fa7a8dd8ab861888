// Bugs that are planted on purpose, to prove that the random workload finds them (tests/workload). The
// product has none: there `planted` is a constant false, and what depends on it is compiled away. Only
// tests/pgtandem_planted is built with PGTANDEM_PLANTED_BUGS; the environment variable PGTANDEM_PLANTED_BUG
// names what it does wrong. Thread-safe.
#pragma once

#include <cstdint>

namespace pgtandem {

enum class planted_bug : std::uint8_t {
  record_after_commit,
  doubt_taken_as_commit,
  heal_without_wait,
  heal_keeps_touched_keys,
  mark_ripe_at_once,
  hwm_outside_transaction,
  savepoint_kept,
  names_asked_once,
  function_taken_for_harmless,
  key_change_as_upsert,
  notes_not_read,
  failed_commit_published,
  first_image_wins,
  pipelined_commit_not_held,
  published_before_flush,
  healer_off,  // no bug: marks stay, so that what lies under none can be told
};

#ifdef PGTANDEM_PLANTED_BUGS
[[nodiscard]] bool planted(planted_bug bug);
#else
[[nodiscard]] constexpr bool planted(planted_bug) {
  return false;
}
#endif

}  // namespace pgtandem
