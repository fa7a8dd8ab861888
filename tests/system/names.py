"""Names as the session sees them: which table a statement writes, and as whom, is not in its text."""

from statements import BOTH, IMAGED, MARKED, NOTHING, Group, case
from steps import Anew, Parse, Past, Run

# `aside` is not mirrored, and neither are its rows carried over: each case leaves it as it was.
PATHS_SCHEMA = """
CREATE SCHEMA other; CREATE SCHEMA aside; CREATE SCHEMA "Odd.Schema $1"; CREATE SCHEMA app;
CREATE TABLE public.item (id integer PRIMARY KEY, v text);
CREATE TABLE other.item (v text, id integer PRIMARY KEY, f float8);
CREATE TABLE aside.item (id integer PRIMARY KEY, w text, v text);
CREATE TABLE "Odd.Schema $1".item (id integer PRIMARY KEY, v text);
CREATE TABLE app.own (id integer PRIMARY KEY, v text);
INSERT INTO public.item SELECT i, 'v' || i FROM generate_series(1, 9) i;
INSERT INTO other.item SELECT 'o' || i, i, i / 3.0 FROM generate_series(1, 9) i;
INSERT INTO "Odd.Schema $1".item SELECT i, 'v' || i FROM generate_series(1, 9) i;
INSERT INTO app.own VALUES (1, 'x');
CREATE FUNCTION public.write_other() RETURNS void LANGUAGE sql SET search_path = other
  AS $$ UPDATE item SET v = v || 'x' WHERE id = 1 $$;
GRANT USAGE ON SCHEMA other, app, "Odd.Schema $1" TO pgtandem;
GRANT SELECT, INSERT, UPDATE, DELETE ON other.item, app.own, "Odd.Schema $1".item TO pgtandem;
"""

PATHS_OPTIONS = {"tables": {"include": ["public.*", "other.*", "app.*", '"Odd.Schema $1".*']}}

UPDATE = "UPDATE item SET v = v || 'x' WHERE id = 1"
INSERT, DELETE = "INSERT INTO item (id, v) VALUES (100, 'x')", "DELETE FROM item WHERE id = 100"
IN_DATABASE = "DO $$ BEGIN EXECUTE format('ALTER {} SET search_path = other', current_database()); END $$"
RESET_DATABASE = "DO $$ BEGIN EXECUTE format('ALTER {} RESET search_path', current_database()); END $$"
OF_ROLE, OF_DATABASE = "ROLE app IN DATABASE %I", "DATABASE %I"
EXTENDED = ("extended",)

PATHS = [
    case("second_schema", IMAGED, "SET search_path = other, public", UPDATE),
    case("schemas_by_turns", IMAGED, UPDATE, "SET search_path = other", UPDATE, "SET search_path = public", UPDATE,
         'SET search_path = "Odd.Schema $1"', UPDATE),
    case("unmirrored_schema_first", NOTHING, "SET search_path = aside, public", INSERT, UPDATE, DELETE),
    case("schema_named", IMAGED, "SET search_path = aside", "UPDATE public.item SET v = v || 'x' WHERE id = 1",
         "UPDATE other.item SET v = v || 'x' WHERE id = 1"),
    case("unmirrored_schema_named", NOTHING, "INSERT INTO aside.item (id) VALUES (100)", "DELETE FROM aside.item"),
    case("schema_that_does_not_exist", IMAGED, 'SET search_path = nowhere, "$user", other', UPDATE),
    case("user's_schema", IMAGED, "UPDATE own SET v = v || 'x'", 'SET search_path = "$user"', "UPDATE own SET v = v || 'y'"),
    case("user's_schema_of_another_user", IMAGED, 'SET search_path = "$user"', "UPDATE own SET v = v || 'x'",
         "SET SESSION AUTHORIZATION pgtandem", "UPDATE own SET v = v || 'never'", "RESET SESSION AUTHORIZATION",
         "SET SESSION AUTHORIZATION app", "UPDATE own SET v = v || 'y'", user="postgres", fails=True),
    case("in_the_start-up_packet", IMAGED, UPDATE, startup={"options": "-c search_path=other,public"}),
    case("by_name_in_the_start-up_packet", IMAGED, UPDATE, startup={"search_path": "other, public"}),
    case("of_the_role", IMAGED, Past(IN_DATABASE.format(OF_ROLE)), Anew(), UPDATE, Past(RESET_DATABASE.format(OF_ROLE)),
         UPDATE),
    case("of_the_database", IMAGED, Past(IN_DATABASE.format(OF_DATABASE)), Anew(), UPDATE,
         Past(RESET_DATABASE.format(OF_DATABASE)), UPDATE),
    case("reset", IMAGED, "SET search_path = other", UPDATE, "RESET search_path", UPDATE, "SET search_path = other",
         "RESET ALL", UPDATE, "SET search_path = other", "DISCARD ALL", UPDATE),
    case("set_local", IMAGED, "BEGIN", "SET LOCAL search_path = other", UPDATE, "COMMIT", UPDATE),
    case("set_local_rolled_back", IMAGED, "BEGIN", "SET LOCAL search_path = aside", INSERT, "ROLLBACK", UPDATE),
    case("set_rolled_back", IMAGED, "BEGIN", "SET search_path = aside", INSERT, "ROLLBACK", UPDATE),
    case("set_rolled_back_to_a_savepoint", BOTH, "BEGIN", "SAVEPOINT s", "SET search_path = aside", INSERT,
         "ROLLBACK TO s", UPDATE, "COMMIT"),
    case("set_released", IMAGED, "BEGIN", "SAVEPOINT s", "SET search_path = other", "RELEASE s", UPDATE, "COMMIT", UPDATE),
    case("set_in_a_failed_block", IMAGED, "BEGIN", "SET search_path = aside", INSERT, "SELECT 1 / 0", "COMMIT", UPDATE, fails=True),
    case("of_a_function", MARKED, "SELECT public.write_other()"),
    case("prepared_and_path_set", IMAGED, Parse(UPDATE), Run(), "SET search_path = other", Run(), "SET search_path = public",
         Run(), protocols=EXTENDED),
    case("prepared_in_sql_and_path_set", IMAGED, f"PREPARE q AS {UPDATE}", "EXECUTE q", "SET search_path = other", "EXECUTE q",
         "SET search_path = aside", "EXECUTE q", "SET search_path = public", "EXECUTE q", "DEALLOCATE q"),
    # What the name meant goes away, and comes back, behind the session's back.
    case("unmirrored_schema_renamed", MARKED, "SET search_path = aside, public", INSERT, DELETE,
         Past("ALTER SCHEMA aside RENAME TO gone"), UPDATE, Past("ALTER SCHEMA gone RENAME TO aside"), INSERT, DELETE),
    case("unmirrored_schema_renamed_in_a_block", MARKED, "SET search_path = aside, public", INSERT, DELETE, "BEGIN",
         "SELECT 1", Past("ALTER SCHEMA aside RENAME TO gone"), UPDATE, "COMMIT", Past("ALTER SCHEMA gone RENAME TO aside")),
    case("unmirrored_table_dropped", MARKED, "SET search_path = later, public",
         Past("CREATE SCHEMA later; CREATE TABLE later.item (LIKE public.item); GRANT ALL ON SCHEMA later TO app; "
              "GRANT ALL ON later.item TO app"), INSERT, DELETE, Past("DROP SCHEMA later CASCADE"), UPDATE),
    case("unmirrored_table_dropped_and_prepared", MARKED, "SET search_path = later, public",
         Past("CREATE SCHEMA later; CREATE TABLE later.item (LIKE public.item); GRANT ALL ON SCHEMA later TO app; "
              "GRANT ALL ON later.item TO app"), Parse(UPDATE), Run(), Past("DROP SCHEMA later CASCADE"), Run(), Run(),
         protocols=EXTENDED),
    case("unmirrored_schema_without_right", MARKED, "SET search_path = closed, public",
         Past("CREATE SCHEMA closed; CREATE TABLE closed.item (LIKE public.item); GRANT ALL ON SCHEMA closed TO app; "
              "GRANT ALL ON closed.item TO app"), INSERT, DELETE, Past("REVOKE ALL ON SCHEMA closed FROM app"), UPDATE,
         Past("DROP SCHEMA closed CASCADE")),
    case("unmirrored_table_comes_first", IMAGED, "SET search_path = later, public", UPDATE,
         Past("CREATE SCHEMA later; CREATE TABLE later.item (id integer, v text); GRANT ALL ON SCHEMA later TO app; "
              "GRANT ALL ON later.item TO app"), UPDATE, INSERT, DELETE, Past("DROP SCHEMA later CASCADE"), UPDATE),
    case("unmirrored_table_comes_first_when_prepared", IMAGED, "SET search_path = later, public", Parse(UPDATE), Run(),
         Past("CREATE SCHEMA later; CREATE TABLE later.item (id integer, v text); GRANT ALL ON SCHEMA later TO app; "
              "GRANT ALL ON later.item TO app"), Run(), Past("DROP SCHEMA later CASCADE"), Run(), protocols=EXTENDED),
    case("copied_into_what_was_unmirrored", BOTH, "SET search_path = aside, public", INSERT, DELETE,
         Past("ALTER SCHEMA aside RENAME TO gone"), "COPY item (id, v) FROM PROGRAM 'echo 100,x' WITH (FORMAT csv)",
         Past("ALTER SCHEMA gone RENAME TO aside"), "DELETE FROM public.item WHERE id = 100", user="postgres"),
    # Behind these every statement is looked at until the catalog has been read again.
    case("set_by_a_block", BOTH, "DO $$ BEGIN PERFORM set_config('search_path', 'other', false); END $$", UPDATE,
         "DO $$ BEGIN PERFORM set_config('search_path', 'aside', false); END $$", INSERT, DELETE,
         "DO $$ BEGIN SET search_path = public; UPDATE item SET v = 'b' WHERE id = 2; END $$", UPDATE),
]

TEMPORARY_SCHEMA = """
CREATE TABLE item (id integer PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 9) i;
CREATE FUNCTION make() RETURNS void LANGUAGE plpgsql AS 'BEGIN CREATE TEMP TABLE item (id integer PRIMARY KEY, v text, w text); END';
CREATE FUNCTION unmake() RETURNS void LANGUAGE plpgsql AS 'BEGIN DROP TABLE pg_temp.item; END';
"""

MAKE = "CREATE TEMP TABLE item (id integer PRIMARY KEY, w text, v text)"

TEMPORARY = [
    case("dropped", IMAGED, MAKE, INSERT, "DROP TABLE item", UPDATE),
    case("dropped_in_a_block", BOTH, MAKE, INSERT, "BEGIN", "DROP TABLE item", UPDATE, "COMMIT"),
    case("drop_rolled_back", IMAGED, MAKE, INSERT, "BEGIN", "DROP TABLE item", UPDATE, "ROLLBACK", UPDATE, "DROP TABLE item", UPDATE),
    case("drop_rolled_back_to_a_savepoint", IMAGED, MAKE, INSERT, "BEGIN", "SAVEPOINT s", "DROP TABLE item", UPDATE,
         "ROLLBACK TO s", UPDATE, "COMMIT", "DROP TABLE item", UPDATE),
    case("rolled_back", IMAGED, "BEGIN", MAKE, INSERT, "ROLLBACK", UPDATE),
    case("rolled_back_to_a_savepoint", BOTH, "BEGIN", "SAVEPOINT s", MAKE, INSERT, "ROLLBACK TO s", UPDATE, "COMMIT"),
    case("failed", IMAGED, "BEGIN", MAKE, INSERT, INSERT, "COMMIT", UPDATE, fails=True),
    case("on_commit_drop", IMAGED, "BEGIN", MAKE + " ON COMMIT DROP", INSERT, "COMMIT", UPDATE),
    case("on_commit_delete_rows", IMAGED, MAKE + " ON COMMIT DELETE ROWS", INSERT, UPDATE, "DROP TABLE item", UPDATE),
    case("by_create_table_as", IMAGED, "CREATE TEMP TABLE item AS TABLE public.item", UPDATE, "DROP TABLE item", UPDATE),
    case("in_a_function", IMAGED, "SELECT make()", INSERT, "SELECT unmake()", UPDATE),
    case("in_a_function_of_a_block", BOTH, "BEGIN", "SELECT make()", INSERT, "SELECT unmake()", UPDATE, "COMMIT"),
    case("discarded", IMAGED, MAKE, INSERT, "DISCARD TEMP", UPDATE, MAKE, INSERT, "DISCARD ALL", UPDATE),
    case("of_another_session", IMAGED, MAKE, INSERT, Anew(), UPDATE),
    case("named_pg_temp", IMAGED, MAKE, "INSERT INTO pg_temp.item (id) VALUES (1)", "UPDATE public.item SET v = v || 'x' WHERE id = 1",
         "DROP TABLE pg_temp.item"),
    case("named_pg_temp_alone", NOTHING, "CREATE TABLE pg_temp.mine (id integer)", "INSERT INTO mine VALUES (1)", "DELETE FROM pg_temp.mine"),
    case("pg_temp_last", IMAGED, "SET search_path = public, pg_temp", MAKE, UPDATE, "DELETE FROM pg_temp.item"),
    case("pg_temp_first", NOTHING, "SET search_path = pg_temp, public", MAKE, INSERT, UPDATE, DELETE),
    case("when_prepared", IMAGED, Parse(UPDATE), Run(), MAKE, Run(), "DROP TABLE item", Run(), protocols=EXTENDED),
    case("when_prepared_in_sql", IMAGED, f"PREPARE q AS {UPDATE}", "EXECUTE q", MAKE, "EXECUTE q", "DROP TABLE item", "EXECUTE q"),
    case("prepared_then_dropped", MARKED, MAKE, Parse(UPDATE), Run(), "DROP TABLE item", Run(), protocols=EXTENDED),
    # Behind these every statement is looked at until the catalog has been read again.
    case("pg_temp_alone", NOTHING, "SET search_path = pg_temp", "CREATE TABLE item (id integer, v text)", INSERT),
    case("view_of_same_name", MARKED, "CREATE TEMP VIEW item AS SELECT * FROM public.item", UPDATE),
    case("view_over_mirrored", MARKED, "CREATE TEMP VIEW tv AS SELECT * FROM item", "UPDATE tv SET v = v || 'x' WHERE id = 1"),
    case("by_select_into", BOTH, "SELECT * INTO TEMP item FROM public.item", UPDATE, "DROP TABLE item", UPDATE),
    case("like", BOTH, "CREATE TEMP TABLE item (LIKE public.item INCLUDING ALL)", INSERT, "DROP TABLE item", UPDATE),
    case("in_a_do_block", BOTH, "DO $$ BEGIN CREATE TEMP TABLE item (LIKE public.item); END $$", INSERT,
         "DO $$ BEGIN DROP TABLE item; END $$", UPDATE),
]

GROUPS = {
    "paths": Group("Names by search path", PATHS_SCHEMA, PATHS, options=PATHS_OPTIONS),
    "temporary": Group("Temporary tables that shadow", TEMPORARY_SCHEMA, TEMPORARY),
}
