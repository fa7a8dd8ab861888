/* The server: commits what was let through, flushes, and crashes once. */
proctype legacy() {
  byte s, k, r;
  byte crashes;
end:
  do
  :: atomic { backend[0].state == committing -> s = 0; commit_backend(s) }
  :: atomic { backend[1].state == committing -> s = 1; commit_backend(s); s = 0 }
  :: atomic { /* flush, and the relay's proof of it: its position was read after the decision */
      value[0] != flushed_value[0] || value[1] != flushed_value[1] || next_xid != flushed_next_xid ||
      proof_wanted ->
      k = 0;
      do :: k < KEYS -> flushed_value[k] = value[k]; k++ :: else -> break od;
      k = 0;
      do :: k < XIDS -> flushed_xid_committed[k] = xid_committed[k]; k++ :: else -> break od;
      k = 0;
      flushed_next_xid = next_xid;
      r = 1;
      do
      :: r <= last ->
        if
        :: record[r].decision == committed && record[r].life == life -> record[r].flushed = true; record[r].life = 0
        :: else
        fi;
        r++
      :: else -> break
      od;
      r = 0;
      proof_wanted = false
    }
  :: atomic { /* a crash loses what was not flushed, and its transaction ids are given out again */
      crashes < CRASHES ->
      crashes++;
      life++;
      k = 0;
      do :: k < KEYS -> value[k] = flushed_value[k]; holder[k] = 0; k++ :: else -> break od;
      k = 0;
      do :: k < XIDS -> xid_committed[k] = flushed_xid_committed[k]; k++ :: else -> break od;
      k = 0;
      next_xid = flushed_next_xid;
      do
      :: s < SESSIONS ->
        if
        :: backend[s].state == running || backend[s].state == committing -> backend[s].state = rolled_back
        :: else
        fi;
        s++
      :: else -> break
      od;
      s = 0
    }
  od
}
