"""Statements that write, or seem to, in every way that SQL has, and what becomes of each: declared here, asserted by
test_statements.py, shown in docs/coverage.md.

All cases share one database and run more than once, so each leaves behind what the next run needs."""

from typing import NamedTuple

IMAGED = "imaged"        # images alone
MARKED = "marked"        # a mark alone
BOTH = "imaged, marked"  # images, and a mark for what they leave out
NOTHING = "nothing to capture"
INVISIBLE = "invisible"  # it changes what is no row of a table: not carried over

# Whether there are images, and whether there are marks.
MADE = {IMAGED: (True, False), MARKED: (False, True), BOTH: (True, True), NOTHING: (False, False),
        INVISIBLE: (False, False)}


def made(status, before={"images": 0, "marks_made": 0}):
    """The same of what a daemon has counted since."""
    return tuple(status[counter] > before[counter] for counter in ("images", "marks_made"))


SCHEMA = """
CREATE TABLE item (id integer PRIMARY KEY, v text);
CREATE TABLE log (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text);
CREATE TABLE keyless (v text);
CREATE TABLE ruled (id integer PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 20) i;
INSERT INTO ruled SELECT i, 'v' || i FROM generate_series(1, 5) i;
CREATE SEQUENCE counter;

CREATE FUNCTION note(what text) RETURNS integer LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO log (v) VALUES (what); RETURN 1; END $$;
CREATE FUNCTION note_in_sql(what text) RETURNS bigint LANGUAGE sql AS 'INSERT INTO log (v) VALUES (what) RETURNING id';
CREATE FUNCTION note_and_undo(what text) RETURNS integer LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO log (v) VALUES (what);
  BEGIN UPDATE item SET v = 'undone'; RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN NULL; END;
  RETURN 1; END $$;
CREATE FUNCTION stable_note(what text) RETURNS integer STABLE LANGUAGE plpgsql AS 'BEGIN RETURN note(what); END';
CREATE FUNCTION fixed_note(what text) RETURNS integer IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN note(what); END';
CREATE FUNCTION definer_note(what text) RETURNS integer SECURITY DEFINER SET search_path = public LANGUAGE plpgsql
  AS 'BEGIN RETURN note(what); END';
CREATE PROCEDURE note_twice() LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO log (v) VALUES ('first'); COMMIT; INSERT INTO log (v) VALUES ('second'); END $$;
"""

# A table with rules on the target is refused.
ON_LEGACY = """
CREATE RULE also AS ON UPDATE TO ruled DO ALSO INSERT INTO log (v) VALUES ('by rule');
CREATE RULE instead AS ON DELETE TO ruled DO INSTEAD UPDATE ruled SET v = 'kept' WHERE id = OLD.id;
"""

# Where a mirrored table has such a trigger, every transaction that writes leaves marks.
DEFERRED_SCHEMA = """
CREATE TABLE item (id integer PRIMARY KEY, v text);
CREATE TABLE log (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text);
CREATE TABLE late (id integer PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 5) i;
INSERT INTO late SELECT i, 'v' || i FROM generate_series(1, 5) i;
CREATE FUNCTION follow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO log (v) VALUES (TG_TABLE_NAME); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON late DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION follow();
"""


class Case(NamedTuple):
    name: str
    outcome: str
    steps: list  # statements, and steps.py
    protocols: tuple = ("simple", "extended")
    user: str = "app"
    startup: dict = {}    # parameters of the start-up packet
    fails: bool = False   # legacy alone refuses some step


def case(name, outcome, *steps, **more):
    return Case(name, outcome, list(steps), **more)


CASES = [
    case("function", MARKED, "SELECT note('x')"),
    case("function_in_sql", MARKED, "SELECT note_in_sql('x')"),
    case("function_with_exception_block", MARKED, "SELECT note_and_undo('x')"),
    case("stable_function", MARKED, "SELECT stable_note('x')"),
    case("immutable_function", MARKED, "SELECT fixed_note('x')"),
    case("security_definer_function", MARKED, "SELECT definer_note('x')"),
    case("function_in_from", MARKED, "SELECT * FROM note('x')"),
    case("function_in_where", MARKED, "SELECT 1 FROM item WHERE id = 1 AND note('x') = 1"),
    case("function_in_values", MARKED, "VALUES (note('x'))"),
    case("function_in_limit", MARKED, "SELECT id FROM item ORDER BY id LIMIT note('x')"),
    case("function_in_insert", BOTH, "INSERT INTO item VALUES (100, 'x' || note('x'))", "DELETE FROM item WHERE id = 100"),
    case("function_in_returning", MARKED, "UPDATE item SET v = 'a' WHERE id = 1 RETURNING note('x')"),
    case("function_rolled_back", NOTHING, "BEGIN", "SELECT note('never')", "ROLLBACK"),
    case("function_behind_savepoint", MARKED, "BEGIN", "SAVEPOINT s", "SELECT note('never')", "ROLLBACK TO s",
         "SELECT note('x')", "COMMIT"),
    case("do_block", MARKED, "DO $$ BEGIN PERFORM note('x'); END $$"),
    case("do_block_dynamic", MARKED, "DO $$ BEGIN EXECUTE 'INSERT INTO log (v) VALUES (1)'; END $$"),
    case("call", MARKED, "CALL note_twice()"),
    case("rule_also", MARKED, "UPDATE ruled SET v = v || 'x' WHERE id = 1"),
    case("rule_instead", MARKED, "DELETE FROM ruled WHERE id = 2"),
    case("explain_analyze", MARKED, "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) UPDATE item SET v = v || 'x' WHERE id = 7"),
    case("explain", NOTHING, "EXPLAIN (COSTS OFF) UPDATE item SET v = 'never'"),
    case("copy_to_of_insert", MARKED, "COPY (INSERT INTO log (v) VALUES ('x') RETURNING v) TO STDOUT"),
    case("copy_to", NOTHING, "COPY item TO STDOUT"),
    case("fetch_from_writing_cursor", MARKED, "BEGIN", "DECLARE c CURSOR FOR SELECT note('x') FROM item WHERE id < 3",
         "FETCH 1 FROM c", "MOVE ALL IN c", "COMMIT"),
    case("cursor_never_fetched", NOTHING, "BEGIN", "DECLARE c CURSOR FOR SELECT note('never')", "COMMIT"),
    case("cursor_with_hold", MARKED, "BEGIN", "DECLARE c CURSOR WITH HOLD FOR SELECT note('x')", "COMMIT", "CLOSE c"),
    case("cursor_with_hold_of_reads", NOTHING, "BEGIN", "DECLARE c CURSOR WITH HOLD FOR SELECT v FROM item", "COMMIT",
         "FETCH ALL FROM c", "CLOSE c"),
    case("select_for_update", NOTHING, "SELECT id FROM item WHERE id = 1 FOR UPDATE"),
    case("select_for_key_share", NOTHING, "BEGIN", "SELECT id FROM item WHERE id = 1 FOR KEY SHARE", "COMMIT"),
    case("lock_table", NOTHING, "BEGIN", "LOCK TABLE item IN EXCLUSIVE MODE", "COMMIT"),
    case("advisory_locks", NOTHING, "SELECT pg_advisory_lock(1)", "SELECT pg_advisory_unlock(1)"),
    case("listen_and_notify", NOTHING, "LISTEN c", "NOTIFY c, 'x'", "SELECT pg_notify('c', 'y')", "UNLISTEN c"),
    case("nextval", INVISIBLE, "SELECT nextval('counter')"),
    case("setval", INVISIBLE, "SELECT setval('counter', 100)"),
    case("large_object", INVISIBLE, "SELECT lo_unlink(lo_from_bytea(0, 'x'))"),
    case("vacuum", NOTHING, "VACUUM item"),
    case("analyze", NOTHING, "ANALYZE item"),
    case("reindex", NOTHING, "REINDEX TABLE item"),
    case("cluster", NOTHING, "CLUSTER item USING item_pkey"),
]

DEFERRED_CASES = [
    case("deferred_constraint_trigger", MARKED, "UPDATE late SET v = v || 'x' WHERE id = 1"),
    case("deferred_constraint_trigger_in_block", MARKED, "BEGIN", "UPDATE late SET v = v || 'x' WHERE id = 1", "COMMIT"),
    case("constraints_made_immediate", MARKED, "BEGIN", "UPDATE late SET v = v || 'x' WHERE id = 1",
         "SET CONSTRAINTS ALL IMMEDIATE", "COMMIT"),
    case("imaged_beside_a_deferred_trigger", BOTH, "UPDATE item SET v = v || 'x' WHERE id = 1"),
    case("reads_beside_a_deferred_trigger", NOTHING, "SELECT * FROM late"),
]


class Group(NamedTuple):
    """Cases that share a database."""
    title: str
    schema: str
    cases: list
    on_legacy: str = ""
    before: str = ""      # by a superuser of legacy, ahead of everything
    options: dict = {}    # of the database's entry in the configuration

