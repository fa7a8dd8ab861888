inline supersede(r) {
  record[r].decision = superseded;
  record[r].xid = 0;
  record[r].life = 0;
  k = 0;
  do
  :: k < KEYS -> if :: record[r].wrote[k] -> open_ripe_mark(k) :: else fi; k++
  :: else -> break
  od;
  k = 0;
  advance_prefix()
}

#define GONE(s) (session_ended[s] && backend[s].state != committing && backend[s].state != running)
#define IN_DOUBT(r) \
  ((r) <= last && record[r].decision == undecided && GONE(record[r].owner))
/* Committed, but a crash came before the proof: perhaps lost. */
#define UNPROVABLE(r) \
  ((r) <= last && (r) > hwm && record[r].decision == committed && !record[r].flushed && record[r].life != life)

inline settle(r) {
  if
  :: record[r].decision == committed -> supersede(r)
  :: record[r].decision == undecided && !SAME_LIFE(r) -> supersede(r)
  :: record[r].decision == undecided && SAME_LIFE(r) && xid_committed[record[r].xid] -> decide(r, committed)
  :: record[r].decision == undecided && SAME_LIFE(r) && !xid_committed[record[r].xid] -> decide(r, aborted)
  fi
}
#define SETTLE(r) atomic { IN_DOUBT(r) || UNPROVABLE(r) -> settle(r) }

/* The backend of a session that is gone is ended before anything is asked: it must not commit later. */
#define END_BACKEND(x) atomic { session_ended[x] && backend[x].state == committing -> \
    backend[x].state = rolled_back; unlock(x) }
/* A mark is ripe once its writer's backend is known to be gone. */
#define RIPEN(k, x) atomic { GONE(x) && (mark[k].writers & (1 << x)) -> \
    mark[k].writers = mark[k].writers & ~(1 << x); open_ripe_mark(k) }

/* Decides what nobody is left to decide. */
proctype settler() {
  byte k;
end:
  do
  :: END_BACKEND(0)
  :: END_BACKEND(1)
  :: RIPEN(0, 0)
  :: RIPEN(0, 1)
  :: RIPEN(1, 0)
  :: RIPEN(1, 1)
  :: SETTLE(1)
  :: SETTLE(2)
  :: SETTLE(3)
  :: SETTLE(4)
  :: SETTLE(5)
  :: SETTLE(6)
  :: SETTLE(7)
  :: SETTLE(8)
  :: SETTLE(9)
  :: SETTLE(10)
  :: SETTLE(11)
  :: SETTLE(12)
  od
}

/* Reads a marked key from legacy once and appends it, ordered like a change. Writers that leave marks may be at work on
   the key all the time, before the reading and behind it: the heal is kept, and each of their marks waits for a heal of
   its own that begins after it has ripened. */
proctype healer() {
  byte key, k, r, upto, seen, seen_life, generation;
  bool touched;
end:
  do
  :: atomic { /* choose a mark, note the end of the log */
      if
      :: TO_HEAL(0) -> key = 0
      :: TO_HEAL(1) -> key = 1
      fi;
      generation = mark[key].generation;
      upto = last
    }
    atomic { /* the snapshot */
      DECIDED_UP_TO(upto) ->
      seen = value[key];
      seen_life = life
    }
    atomic { /* append, unless a record in between touches the key: then the mark stays, and it is tried again */
      r = upto + 1;
      touched = false;
      do
      :: r <= last ->
        if :: record[r].wrote[key] && record[r].decision != aborted -> touched = true :: else fi;
        r++
      :: else -> break
      od;
      r = 0;
      if
      :: touched -> DECIDED_UP_TO(last) /* nothing new to read before */
      :: !touched ->
        last++;
        assert(last < RECORDS);
        record[last].wrote[key] = seen;
        record[last].owner = SESSIONS;
        decide(last, committed);
        record[last].life = seen_life;
        if :: COVERED(key, generation) -> clear_mark(key) :: else fi
      fi;
      upto = 0; seen = 0; seen_life = 0; generation = 0; key = 0; touched = false
    }
  od
}
