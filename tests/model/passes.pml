/* What pgtandem promises about passes over a whole table that restarts interrupt: see README.md beside this file.

   A table of two keys, in two blocks on legacy. Clients write it under records, or under marks, which ripen while passes
   are under way, one perhaps much later: its transaction is prepared for two-phase commit. The daemon restarts at any
   point, and a pass goes on at the note that its mark carries. Each switch below takes one safeguard away, and makes the
   search fail. */

#ifdef BUG_NOTE_AHEAD
#define DONE (at + (window == has_read && purpose == block))
#define APPENDED (window == closed || window == has_read)
#else
#define DONE at
#define APPENDED (window == closed)
#endif
#ifdef BUG_NOTE_OVER_DROPPED
#define NOTEWORTHY true
#else
#define NOTEWORTHY NOTHING_LEFT
#endif
#ifdef BUG_NOTE_MERGED
#define BEGUN(m) (pass == (m) + 1)
#else
#define BEGUN(m) (pass == (m) + 1 || NOTE(m))
#endif
#ifdef BUG_NOTE_KEPT
#define NOTE(m) note[0] /* one place for the table's notes, whichever mark is worked on; nobody empties it */
#define drop_note(m)
#else
#define NOTE(m) note[m] /* in the mark's own row */
#define drop_note(m) NOTE(m) = 0
#endif
#ifdef BUG_PREPARED_RIPE
#define WRITER_ENDED(s) (backend[s] == ended || backend[s] == prepared)
#else
#define WRITER_ENDED(s) (backend[s] == ended)
#endif
#ifdef BUG_TARGET_NOT_AWAITED
#define TARGET_CAUGHT_UP true
#else
#define TARGET_CAUGHT_UP (fenced && !fence)
#endif

#ifndef RESTARTS
#define RESTARTS 2
#endif
#ifndef APPLIER_LAGS
#define APPLIER_LAGS true /* or whatever is decided is applied at once: nobody reads the target but a pass */
#endif

#define KEYS 2
#define SESSIONS 2
#define MARKS 3 /* in the order of their age: that of the table's first copy, one of each session */
#define ENTRIES 2 /* of the log, not yet applied; what would append another one waits */
#define HEAL SESSIONS /* an entry's owner where it is no session */

/* A pass: two blocks of legacy, then two of the target. */
#define TARGET_HALF 2
#define END 4

mtype = { undecided, committed, aborted, superseded }; /* a record's legacy transaction; 0: no record */
mtype = { running, prepared, ended }; /* a backend's transaction */
mtype = { unripe, ripe }; /* a mark; 0: there is none */
mtype = { closed, opened, has_read }; /* a window */
mtype = { block, key_again, marked_key }; /* what it is for */

/* Legacy. 0: no row. */
byte value[KEYS];
bit block_of[KEYS];
byte holder[KEYS]; /* of the row lock: session + 1 */
mtype backend[SESSIONS] = running;
byte wrote_key[SESSIONS];
byte wrote[SESSIONS];

/* The outbox: durable. Only what is not applied yet is kept. */
chan entries = [ENTRIES] of { byte /* owner */, byte /* keys, a bit each */, byte, byte /* their rows */ };
mtype record[SESSIONS]; /* a session has one at most */
mtype mark[MARKS];
bool whole[MARKS]; /* the table; else the key that the session wrote */
byte note[MARKS]; /* how far a pass for it has come; 0: none */

byte target[KEYS];
hidden byte owner, keys, row0, row1; /* of the entry that is being applied */

/* What a restart loses: sessions, and what the healer knows. */
bool lost[SESSIONS];
byte pass; /* the mark of the pass under way + 1 */
byte at; /* so far it has come */
bool fenced; /* the end of the log is noted: the target is to reach it before its half is read */
byte fence; /* entries until then */
byte again; /* keys to be healed by key, a bit each */
byte dropped[KEYS]; /* records that took the key over, by their sessions, a bit each */
mtype window = closed;
mtype purpose;
byte key; /* of a window for one key */
byte before; /* records that were undecided when it was opened, by their sessions */
byte touched[KEYS]; /* records since, by their sessions */
byte seen[KEYS];
byte seen_keys;
byte keyed; /* the mark of a key that is healed + 1 */
byte key_dropped; /* like dropped */

#define DECIDED(of) \
  ((!((of) & 1) || record[0] != undecided) && (!((of) & 2) || record[1] != undecided))
#define COMMITTED(of) \
  ((((of) & 1) && record[0] == committed) || (((of) & 2) && record[1] == committed))
/* Of what the pass has read until now everything is in the log, as its heals or as records of clients. */
#define NOTHING_LEFT (!again && !dropped[0] && !dropped[1])
#define WAITING(m) (mark[m] == ripe && whole[m] && !BEGUN(m))

inline clear(m) {
  mark[m] = 0;
  whole[m] = false;
  drop_note(m)
}

/* The oldest mark that waits for its pass stands for all that ripen meanwhile. */
inline merge() {
  if :: WAITING(0) && WAITING(1) -> clear(1) :: else fi;
  if :: WAITING(0) && WAITING(2) -> clear(2) :: else fi;
  if :: WAITING(1) && WAITING(2) -> clear(2) :: else fi
}

#define FIRST(o) entries?[o, keys, row0, row1]
#define APPLICABLE (FIRST(HEAL) || FIRST(0) && record[0] != undecided || FIRST(1) && record[1] != undecided)

/* A run of what is decided, in the order of the log; an undecided record holds up what is behind it. */
inline apply() {
  do
  :: APPLICABLE ->
    entries?owner, keys, row0, row1;
    if
    :: owner == HEAL ->
      if :: keys & 1 -> target[0] = row0 :: else fi;
      if :: keys & 2 -> target[1] = row1 :: else fi
    :: owner != HEAL && record[owner] == committed -> target[wrote_key[owner]] = wrote[owner]
    :: else
    fi;
    if :: fence -> fence-- :: else fi
  :: else -> break
  od
}

proctype applier() {
end:
  do
  :: atomic { APPLICABLE -> apply() }
  od
}

inline at_once() { if :: !APPLIER_LAGS -> apply() :: else fi }

inline decide(s, how) {
  record[s] = how;
  at_once()
}

inline append_record(s) {
  record[s] = undecided;
  entries!s, 0, 0, 0;
  if :: window != closed -> touched[wrote_key[s]] = touched[wrote_key[s]] | (1 << s) :: else fi
}

/* One transaction: a row is written, which moves it to the other block, or deleted. */
proctype client(byte s) {
  bool imaged, two_phase;
  mtype outcome;
  atomic { /* durable before commit */
    if :: wrote_key[s] = 0 :: wrote_key[s] = 1 fi;
    if :: wrote[s] = 0 :: wrote[s] = s + 2 fi;
    holder[wrote_key[s]] == 0 && nfull(entries);
    holder[wrote_key[s]] = s + 1;
    if
    :: s == 0 -> imaged = true; append_record(s)
    :: mark[s + 1] = unripe; whole[s + 1] = true
    :: s == 1 -> two_phase = true; mark[s + 1] = unripe; if :: whole[s + 1] = true :: true fi
    fi
  }
  if
  :: two_phase -> atomic { backend[s] = prepared } /* the session has nothing to do with it any more */
  :: else
  fi;
  atomic { /* the end, also if nobody is there to see it */
    if
    :: value[wrote_key[s]] = wrote[s];
      block_of[wrote_key[s]] = 1 - block_of[wrote_key[s]];
      outcome = committed
    :: outcome = aborted
    fi;
    holder[wrote_key[s]] = 0;
    backend[s] = ended;
    if :: !imaged -> wrote[s] = 0; outcome = 0 :: else fi;
    if :: whole[s + 1] -> wrote_key[s] = 0 :: else fi
  }
  if
  :: imaged ->
    atomic { /* the answer; or the connection broke */
      if :: !lost[s] -> decide(s, outcome) :: lost[s] = true fi;
      imaged = false; outcome = 0
    }
  :: else
  fi
}

/* Nobody can know any more: the record's key is marked. */
#define SUPERSEDE(s) atomic { record[s] == undecided && lost[s] && backend[s] == ended -> \
    decide(s, superseded); mark[s + 1] = ripe; lost[s] = false }
#define RIPEN(s) atomic { mark[s + 1] == unripe && WRITER_ENDED(s) -> mark[s + 1] = ripe; merge() }

proctype settler() {
end:
  do
  :: SUPERSEDE(0)
  :: SUPERSEDE(1)
  :: RIPEN(0)
  :: RIPEN(1)
  od
}

inline open_window(what, k) {
  window = opened;
  purpose = what;
  key = k;
  if :: record[0] == undecided -> before = before | 1 :: else fi;
  if :: record[1] == undecided -> before = before | 2 :: else fi
}

inline read_key(k) {
  seen_keys = seen_keys | (1 << k);
  seen[k] = value[k]
}

inline read() {
  if
  :: purpose == block -> /* rows that are there, and there alone */
    if :: value[0] && block_of[0] == at -> read_key(0) :: else fi;
    if :: value[1] && block_of[1] == at -> read_key(1) :: else fi
  :: else -> read_key(key)
  fi;
  before = 0;
  window = has_read
}

inline drop_touched(k) {
  if
  :: (seen_keys & (1 << k)) && touched[k] ->
    seen_keys = seen_keys & ~(1 << k);
    seen[k] = 0;
    if
    :: purpose == marked_key -> key_dropped = touched[k]
    :: else -> dropped[k] = dropped[k] | touched[k]
    fi
  :: else
  fi
}

/* What nothing depends on any more is set to 0, here and elsewhere: fewer states to visit. */
inline close_window() {
  window = closed;
  purpose = 0; key = 0; before = 0; touched[0] = 0; touched[1] = 0; seen[0] = 0; seen[1] = 0; seen_keys = 0
}

inline append() {
  drop_touched(0);
  drop_touched(1);
  if
  :: seen_keys -> entries!HEAL, seen_keys, seen[0], seen[1]; at_once()
  :: else
  fi;
  if
  :: purpose == block -> at++
  :: purpose == key_again -> again = again & ~(1 << key)
  :: purpose == marked_key && !key_dropped -> clear(keyed - 1); keyed = 0
  :: else
  fi;
  close_window()
}

inline forget_pass() {
  pass = 0; at = 0; fenced = false; fence = 0; again = 0; dropped[0] = 0; dropped[1] = 0
}

#define IDLE (window == closed) /* one thread: a window is finished before anything else begins */
#define IN_TARGET_HALF (at >= TARGET_HALF && at < END)
/* One whose pass has begun before a restart is taken alone, before others. */
#define BEGIN_PASS(m) atomic { IDLE && !pass && mark[m] == ripe && whole[m] && \
    (NOTE(m) || !(mark[0] == ripe && NOTE(0) || mark[1] == ripe && NOTE(1) || mark[2] == ripe && NOTE(2))) -> \
    pass = m + 1; at = NOTE(m) }
#define HEAL_KEY(m) atomic { IDLE && !keyed && mark[m] == ripe && !whole[m] -> \
    keyed = m + 1; open_window(marked_key, wrote_key[m - 1]) }
/* What became of the records that took a key over: where none committed, nothing in the log has the key's row. */
#define SETTLE_DROPPED(k) atomic { IDLE && dropped[k] && DECIDED(dropped[k]) -> \
    if :: COMMITTED(dropped[k]) :: else -> again = again | (1 << k) fi; dropped[k] = 0 }
#define HEAL_AGAIN(k) atomic { IDLE && (again & (1 << k)) -> open_window(key_again, k) }

proctype healer() {
  byte k;
end:
  do
  :: BEGIN_PASS(0)
  :: BEGIN_PASS(1)
  :: BEGIN_PASS(2)
  :: HEAL_KEY(1)
  :: HEAL_KEY(2)
  :: atomic { IDLE && pass && at < TARGET_HALF -> open_window(block, 0) }
  :: HEAL_AGAIN(0)
  :: HEAL_AGAIN(1)
  :: atomic { window == opened && DECIDED(before) -> read() }
  :: atomic { window == has_read && nfull(entries) -> append() }
  :: SETTLE_DROPPED(0)
  :: SETTLE_DROPPED(1)
  :: atomic { IDLE && key_dropped && DECIDED(key_dropped) ->
      if :: COMMITTED(key_dropped) -> clear(keyed - 1) :: else fi;
      keyed = 0; key_dropped = 0
    }
  :: atomic { IDLE && IN_TARGET_HALF && NOTHING_LEFT && !fenced ->
      fence = len(entries);
      fenced = true
    }
  :: atomic { /* a row that legacy does not have */
      IDLE && IN_TARGET_HALF && TARGET_CAUGHT_UP && !again ->
      k = at - TARGET_HALF;
      if :: target[k] && !value[k] -> again = again | (1 << k) :: else fi;
      at++;
      k = 0
    }
  :: atomic { pass && NOTEWORTHY && APPENDED && DONE > NOTE(pass - 1) && DONE < END -> NOTE(pass - 1) = DONE }
  :: atomic { IDLE && at == END && NOTHING_LEFT -> clear(pass - 1); forget_pass() }
  od
}

/* The daemon dies at any point and starts again. */
inline restart() {
  forget_pass();
  close_window();
  keyed = 0;
  key_dropped = 0;
  s = 0;
  do
  :: s < SESSIONS ->
    if :: record[s] == undecided -> lost[s] = true :: else fi; /* nothing is expected of other sessions */
    /* whether its writer has ended is asked again, unless its heal had begun; what a record left has none */
    if :: mark[s + 1] == ripe && record[s] != superseded && !NOTE(s + 1) -> mark[s + 1] = unripe :: else fi;
    s++
  :: else -> break
  od;
  s = 0
}

proctype restarts() {
  byte n, s;
  do
  :: atomic { n < RESTARTS -> n++; restart() }
  :: atomic { n < RESTARTS -> n = RESTARTS } /* no more of them */
  :: atomic { n == RESTARTS -> break }
  od
}

/* Nothing moves any more: nothing is owed, and both sides are equal. */
proctype rest() {
  atomic {
    timeout ->
    assert(backend[0] == ended && backend[1] == ended);
    assert(record[0] != undecided && record[1] != undecided && empty(entries));
    assert(!mark[0] && !mark[1] && !mark[2]);
    assert(target[0] == value[0] && target[1] == value[1])
  }
}

init {
  atomic {
    value[0] = 1;
    block_of[1] = 1;
    target[1] = 9; /* of nobody knows when */
    mark[0] = ripe;
    whole[0] = true;
    run client(0);
    run client(1);
    run settler();
    run healer();
    if :: APPLIER_LAGS -> run applier() :: else fi;
    run restarts();
    run rest()
  }
}
