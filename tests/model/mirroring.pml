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
#define RIPE(k) true
#else
#define RIPE(k) (mark[k].writers == 0)
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

#define KEYS 2
#define SESSIONS 2
#define RECORDS 13 /* more than any run appends; place 0 is unused, seq starts at 1 */
#define XIDS 5

mtype = { undecided, committed, aborted, superseded }; /* a record's legacy transaction */
mtype = { idle, running, committing, done, rolled_back }; /* a backend */

/* Legacy. A commit is visible at once and survives a crash from the next flush on. */
byte value[KEYS];
byte flushed_value[KEYS];
byte holder[KEYS]; /* of the row lock: session + 1 */
byte next_xid = 1;
byte flushed_next_xid = 1;
bool xid_committed[XIDS];
bool flushed_xid_committed[XIDS];
byte life = 1;

typedef backend_t {
  mtype state = idle;
  byte xid;
  byte wrote[KEYS]; /* new value, 0: untouched */
}
backend_t backend[SESSIONS];
bool session_ended[SESSIONS]; /* it waits for nothing any more: answered, or died */

/* The outbox: durable. */
typedef record_t {
  byte wrote[KEYS];
  mtype decision = undecided;
  byte xid;
  byte life;
  byte owner; /* a session; SESSIONS: a heal */
  bool flushed; /* a flush was seen after the decision */
}
record_t record[RECORDS];
byte last;           /* seq given last */
byte decided_prefix; /* every record up to here is decided */
bool proof_wanted;   /* a committed record waits for a flush */

typedef mark_t {
  bool open;
  byte writers; /* sessions, a bit each */
  byte generation;
}
mark_t mark[KEYS];

/* The target: durable, its transactions are atomic. */
byte target[KEYS];
byte hwm;
byte target_epoch;

/* For assertions only. */
byte fresh;        /* values are never used twice */
byte last_effect;  /* the record whose rows were written last */

inline advance_prefix() {
  do
  :: decided_prefix < last && record[decided_prefix + 1].decision != undecided -> decided_prefix++
  :: else -> break
  od
}

/* What nothing depends on any more is set to 0, here and elsewhere: fewer states to visit. */
inline decide(r, how) {
  record[r].decision = how;
  record[r].xid = 0;
  if
  :: how == committed -> record[r].life = life; proof_wanted = true /* whose flush will prove it */
  :: else -> record[r].life = 0; record[r].wrote[0] = 0; record[r].wrote[1] = 0
  fi;
  advance_prefix()
}

inline open_mark(k, writer_bits) {
  mark[k].open = true;
  mark[k].writers = mark[k].writers | writer_bits;
  mark[k].generation++
}

inline unlock(s) {
  k = 0;
  do
  :: k < KEYS -> if :: holder[k] == s + 1 -> holder[k] = 0 :: else fi; k++
  :: else -> break
  od;
  k = 0
}

/* The session's transaction takes effect on legacy. */
inline commit_backend(s) {
  k = 0;
  do
  :: k < KEYS -> if :: backend[s].wrote[k] -> value[k] = backend[s].wrote[k] :: else fi; k++
  :: else -> break
  od;
  xid_committed[backend[s].xid] = true;
  backend[s].state = done;
  unlock(s)
}

inline append_record(s) {
  last++;
  assert(last < RECORDS);
  k = 0;
  do
  :: k < KEYS -> record[last].wrote[k] = backend[s].wrote[k]; k++
  :: else -> break
  od;
  k = 0;
  record[last].xid = backend[s].xid;
  record[last].life = my_life;
  record[last].owner = s;
  seq = last
}

/* A record of what the backend wrote, or marks where that was not imaged. */
inline prepare(s) {
  if
  :: imaged && !seq -> append_record(s)
  :: !imaged ->
    k = 0;
    do
    :: k < KEYS -> if :: backend[s].wrote[k] -> open_mark(k, 1 << s) :: else fi; k++
    :: else -> break
    od;
    k = 0
  :: else
  fi
}

/* One client: a transaction over one or two keys, imaged or marked, which may die at any moment. */
proctype client(byte s) {
  byte k, seq, first, my_life;
  bool imaged, two;
  atomic { /* first write */
    if :: first = 0 :: s == 1 -> first = 1 fi; /* the keys are alike */
    if :: imaged = true :: imaged = false fi;
    if :: two = true :: two = false fi;
    holder[first] == 0;
    holder[first] = s + 1;
    my_life = life;
    backend[s].state = running;
    backend[s].xid = next_xid;
    next_xid++;
    xid_committed[backend[s].xid] = false;
    fresh++;
    backend[s].wrote[first] = fresh;
    if :: !SEQ_AT_END && imaged -> append_record(s) :: else fi
  }
  if
  :: two ->
    atomic { /* second write; a deadlock ends in a rollback */
      if
      :: backend[s].state != running
      :: backend[s].state == running && holder[1 - first] == 0 ->
        holder[1 - first] = s + 1;
        fresh++;
        backend[s].wrote[1 - first] = fresh;
        if :: seq -> record[seq].wrote[1 - first] = fresh :: else fi
      :: backend[s].state == running && holder[1 - first] != 0 ->
        backend[s].state = rolled_back;
        unlock(s)
      fi
    }
  :: else
  fi;
  atomic { /* durable before commit */
    if :: RECORD_FIRST && backend[s].state == running -> prepare(s) :: else fi
  }
  if
  :: atomic { backend[s].state == running -> backend[s].state = committing } /* let through */
  :: atomic { backend[s].state == running -> backend[s].state = rolled_back; unlock(s) } /* refused, or died */
  :: atomic { backend[s].state == rolled_back -> skip }
  fi;
  if
  :: atomic { backend[s].state == done && life == my_life && RECORD_FIRST ->
      if :: seq -> decide(seq, committed) :: else fi }
  :: atomic { backend[s].state == rolled_back && life == my_life -> if :: seq -> decide(seq, aborted) :: else fi }
  :: backend[s].state != committing && life != my_life /* the connection broke: in doubt */
  :: true                                              /* died while it waited */
  :: !RECORD_FIRST && backend[s].state == done ->
    atomic { prepare(s); if :: seq -> decide(seq, committed) :: else fi }
  fi;
  atomic {
    session_ended[s] = true;
    imaged = false; two = false; first = 0; my_life = 0; seq = 0
  }
}

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

inline supersede(r) {
  record[r].decision = superseded;
  record[r].xid = 0;
  record[r].life = 0;
  k = 0;
  do
  :: k < KEYS -> if :: record[r].wrote[k] -> open_mark(k, 0) :: else fi; k++
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
#define RIPEN(x) atomic { GONE(x) && ((mark[0].writers | mark[1].writers) & (1 << x)) -> \
    mark[0].writers = mark[0].writers & ~(1 << x); mark[1].writers = mark[1].writers & ~(1 << x) }

/* Decides what nobody is left to decide. */
proctype settler() {
  byte k;
end:
  do
  :: END_BACKEND(0)
  :: END_BACKEND(1)
  :: RIPEN(0)
  :: RIPEN(1)
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

/* Reads a marked key from legacy once and appends it, ordered like a change. */
proctype healer() {
  byte key, k, r, upto, seen, seen_life, generation;
  bool touched;
end:
  do
  :: atomic { /* choose a mark, note the end of the log */
      if
      :: mark[0].open && RIPE(0) -> key = 0
      :: mark[1].open && RIPE(1) -> key = 1
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
        if :: mark[key].generation == generation -> mark[key].open = false :: else fi
      fi;
      upto = 0; seen = 0; seen_life = 0; generation = 0; key = 0; touched = false
    }
  od
}

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

/* Nothing moves any more: nothing is owed, and both sides are equal. */
proctype rest() {
  byte k;
  atomic {
    timeout ->
    assert(session_ended[0] && session_ended[1]);
    assert(decided_prefix == last && hwm == last);
    assert(!mark[0].open && !mark[1].open);
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
