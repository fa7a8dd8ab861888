/* What pgtandem promises about rows, for one database: see README.md beside this file.

   Sessions change keys on legacy and hold each commit until its record is in the outbox; a settler decides what
   crashes left undecided, a healer reads marked keys again, two appliers write the target. Each switch below
   takes one safeguard away, and makes the search fail. */

#ifdef BUG_RECORD_AFTER_COMMIT
#define RECORD_FIRST false
#else
#define RECORD_FIRST true
#endif
#ifdef BUG_SEQ_AT_FIRST_CHUNK
#define SEQ_AT_END false
#else
#define SEQ_AT_END true
#endif
#ifdef BUG_HWM_OUTSIDE
#define HWM_WITH_ROWS false
#else
#define HWM_WITH_ROWS true
#endif
#ifdef BUG_STATUS_ACROSS_LIVES
#define SAME_LIFE(r) true
#else
#define SAME_LIFE(r) (record[r].life == life)
#endif
#ifdef BUG_HEAL_WITHOUT_WAIT
#define DECIDED_UP_TO(l) true
#else
#define DECIDED_UP_TO(l) (decided_prefix >= (l))
#endif
#ifdef BUG_MARK_CLEARED_UNDER_WRITER
#define TO_HEAL(k) MARKED(k)
#define clear_mark(k) mark[k].ripe = false; mark[k].writers = 0
#else
#define TO_HEAL(k) mark[k].ripe
#define clear_mark(k) mark[k].ripe = false
#endif
#ifdef BUG_LATER_MARK_CLEARED
#define COVERED(k, g) true
#else
#define COVERED(k, g) (mark[k].generation == (g))
#endif
#ifdef BUG_PUBLISH_UNFLUSHED
#define SAFE(r) true
#else
#define SAFE(r) record[r].flushed
#endif
#ifdef BUG_NO_FENCE
#define OWNS(e) true
#else
#define OWNS(e) (target_epoch == (e))
#endif

#ifndef CRASHES
#define CRASHES 1 /* of legacy */
#endif
#ifndef APPLIERS
#define APPLIERS 2
#endif

#include "state.pml"
#include "client.pml"
#include "legacy.pml"
#include "healing.pml"
#include "applier.pml"

/* Nothing moves any more: nothing is owed, and both sides are equal. */
proctype rest() {
  byte k;
  atomic {
    timeout ->
    assert(session_ended[0] && session_ended[1]);
    assert(decided_prefix == last && hwm == last);
    assert(!MARKED(0) && !MARKED(1));
    assert(value[0] == flushed_value[0] && value[1] == flushed_value[1]);
    assert(target[0] == value[0] && target[1] == value[1]) /* invariants 1, 2, 3, 6 */
  }
}

init {
  atomic {
    run client(0);
    run client(1);
    run legacy();
    run settler();
    run healer();
    run applier(1);
    if :: APPLIERS > 1 -> run applier(2) :: else fi;
    run rest()
  }
}
