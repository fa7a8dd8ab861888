/* What there is: legacy, the outbox, the target; and what everybody does with it. */

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

/* The marks of a key. Those whose writers have ended are one: a heal that begins after them mends them all. */
typedef mark_t {
  bool ripe;
  byte writers; /* of marks that are not ripe: sessions, a bit each */
  byte generation; /* counts what ripened */
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

#define MARKED(k) (mark[k].ripe || mark[k].writers)

inline open_mark(k, session) { mark[k].writers = mark[k].writers | (1 << (session)) }
inline open_ripe_mark(k) { mark[k].ripe = true; mark[k].generation++ }

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
    :: k < KEYS -> if :: backend[s].wrote[k] -> open_mark(k, s) :: else fi; k++
    :: else -> break
    od;
    k = 0
  :: else
  fi
}
