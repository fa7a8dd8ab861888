#define DUE(r) (record[r].decision == aborted || record[r].decision == superseded || \
                (record[r].decision == committed && SAFE(r)))

inline write_rows(r) {
  if
  :: record[r].decision == committed ->
    assert(r > last_effect); /* invariants 3 and 4 */
    last_effect = r;
    k = 0;
    do
    :: k < KEYS -> if :: record[r].wrote[k] -> target[k] = record[r].wrote[k] :: else fi; k++
    :: else -> break
    od;
    k = 0
  :: else
  fi
}

/* An owner of the target. The second one takes over at any time; the first may not have noticed. */
proctype applier(byte epoch) {
  byte k, at;
  atomic {
    target_epoch == epoch - 1 || epoch == 1 -> /* taken over in order */
    target_epoch = epoch;
    at = hwm
  }
end:
  do
  :: atomic { /* rows and hwm in one transaction of the target */
      HWM_WITH_ROWS && OWNS(epoch) && at < last && DUE(at + 1) ->
      at++;
      write_rows(at);
      hwm = at
    }
  :: atomic { !HWM_WITH_ROWS && OWNS(epoch) && at < last && DUE(at + 1) -> at++; write_rows(at) }
    atomic { if :: OWNS(epoch) -> hwm = at :: else fi }
  :: atomic { !OWNS(epoch) -> break }
  od
}
