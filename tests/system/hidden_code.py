"""Statements that read as if they wrote nothing, or one table alone, and run code of users that writes another."""

from statements import BOTH, IMAGED, MARKED, NOTHING, Group, case

SCHEMA = """
CREATE TABLE item (id integer PRIMARY KEY, v text);
CREATE TABLE log (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 5) i;
CREATE FUNCTION note(what text) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION fixed_note(what text) RETURNS integer IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN public.note(what); END';
CREATE FUNCTION lower(integer) RETURNS integer LANGUAGE sql AS $$ SELECT public.note('lower') $$;
CREATE FUNCTION upper(text) RETURNS text LANGUAGE sql AS $$ SELECT public.note('upper')::text $$;
CREATE FUNCTION add(integer, text) RETURNS integer LANGUAGE sql AS $$ SELECT public.note('add') $$;
CREATE OPERATOR +^ (LEFTARG = integer, RIGHTARG = text, FUNCTION = add);
CREATE TYPE token AS (k integer);
CREATE FUNCTION to_integer(token) RETURNS integer LANGUAGE sql AS $$ SELECT public.note('cast') $$;
CREATE CAST (token AS integer) WITH FUNCTION to_integer(token);
CREATE FUNCTION checks(integer) RETURNS boolean LANGUAGE sql AS $$ SELECT public.note('check') = 1 $$;
CREATE DOMAIN checked AS integer CHECK (checks(VALUE));
CREATE FUNCTION noted(item) RETURNS integer LANGUAGE sql AS $$ SELECT public.note('row') $$;
CREATE FUNCTION keep(integer, token) RETURNS integer LANGUAGE sql AS $$ SELECT public.note('aggregate') $$;
CREATE AGGREGATE max(token) (SFUNC = keep, STYPE = integer);
CREATE VIEW plain AS SELECT id, v FROM item;
CREATE VIEW noting AS SELECT id, note(v) AS n FROM item WHERE id = 1;
CREATE VIEW nested AS SELECT * FROM noting;
CREATE VIEW odd_number AS SELECT 1 AS one WHERE note('where') = 1;
CREATE TABLE guarded (id integer);
INSERT INTO guarded VALUES (1);
CREATE POLICY p ON guarded USING (note('policy') = 1);
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE TABLE defaulted (id integer PRIMARY KEY, n integer DEFAULT note('default'));
CREATE TABLE keyless (n integer DEFAULT note('default'));
CREATE TABLE constrained (id integer PRIMARY KEY, CHECK (checks(id)));
CREATE TABLE of_domain (id integer PRIMARY KEY, c checked);
CREATE TABLE indexed (id integer PRIMARY KEY, v text);
CREATE INDEX ON indexed (fixed_note(v));
CREATE TABLE generated (id integer PRIMARY KEY, v text, g integer GENERATED ALWAYS AS (fixed_note(v)) STORED);
"""

# Checks and generated columns are evaluated on the target as well, where nothing else may be written.
ON_LEGACY = """
CREATE OR REPLACE FUNCTION note(what text) RETURNS integer LANGUAGE sql
  AS 'INSERT INTO public.log (v) VALUES (what); SELECT 1';
"""

CASES = [
    case("built_in_with_other_arguments", MARKED, "SELECT lower(3)"),
    case("built_in_behind_search_path", MARKED, "SET search_path = public, pg_catalog", "SELECT upper('x')"),
    case("built_in_by_its_schema", NOTHING, "SELECT pg_catalog.lower('X'), pg_catalog.upper('x')"),
    case("other_built_ins", NOTHING, "SELECT abs(-1), length('x'), count(*) FROM item"),
    case("operator", MARKED, "SELECT 1 +^ 'x'"),
    case("cast", MARKED, "SELECT CAST(ROW(1)::token AS integer)"),
    case("domain", MARKED, "SELECT 3::checked"),
    case("array_of_domain", MARKED, "SELECT '{3}'::checked[]"),
    case("row_populated", MARKED, "SELECT json_populate_record(NULL::of_domain, '{\"c\": 1}')"),
    case("function_as_field", MARKED, "SELECT item.noted FROM item WHERE id = 1"),
    case("function_as_field_of_expression", MARKED, "SELECT (item).noted FROM item WHERE id = 1"),
    case("aggregate", MARKED, "SELECT max(ROW(1)::token)"),
    case("view", NOTHING, "SELECT * FROM plain"),
    case("view_that_writes", MARKED, "SELECT * FROM noting"),
    case("view_of_a_view_that_writes", MARKED, "SELECT n FROM nested"),
    case("view_that_writes_in_where", MARKED, "SELECT count(*) FROM odd_number"),
    case("view_in_sub_select", MARKED, "SELECT id FROM item WHERE id IN (SELECT id FROM noting)"),
    case("view_in_dml", BOTH, "UPDATE item SET v = 'x' WHERE id IN (SELECT id FROM noting)"),
    case("view_in_cursor", MARKED, "BEGIN", "DECLARE c CURSOR FOR TABLE noting", "FETCH ALL FROM c", "COMMIT"),
    case("view_in_cursor_with_hold", MARKED, "BEGIN", "DECLARE c CURSOR WITH HOLD FOR TABLE noting", "COMMIT", "CLOSE c"),
    case("view_copied", MARKED, "COPY (SELECT * FROM noting) TO STDOUT"),
    case("view_explained", MARKED, "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT * FROM noting"),
    case("view_prepared", MARKED, "PREPARE q AS SELECT * FROM noting", "EXECUTE q", "DEALLOCATE q"),
    case("view_behind_a_read", MARKED, "SELECT 1; SELECT * FROM noting; SELECT 2", protocols=("simple",)),
    case("argument_of_execute", BOTH, "PREPARE q (integer) AS UPDATE item SET v = 'x' WHERE id = $1", "EXECUTE q(note('x'))",
         "DEALLOCATE q"),
    case("policy", MARKED, "SELECT * FROM guarded"),
    case("default", BOTH, "INSERT INTO defaulted VALUES (1)", "DELETE FROM defaulted"),
    case("default_of_unmirrored_table", MARKED, "INSERT INTO keyless DEFAULT VALUES", "DELETE FROM keyless"),
    case("check", BOTH, "INSERT INTO constrained VALUES (1)", "DELETE FROM constrained"),
    case("column_of_domain", BOTH, "INSERT INTO of_domain VALUES (1, 1)", "DELETE FROM of_domain"),
    case("expression_of_index", BOTH, "INSERT INTO indexed VALUES (1, 'x')", "DELETE FROM indexed"),
    case("generated_column", BOTH, "INSERT INTO generated VALUES (1, 'x')", "DELETE FROM generated"),
    case("table_without_any", IMAGED, "UPDATE item SET v = 'x' WHERE id = 1"),
    case("temporary_view", MARKED, "CREATE TEMP VIEW mine AS SELECT note('mine')", "SELECT * FROM mine", "DROP VIEW mine"),
    case("temporary_default", MARKED, "CREATE TEMP TABLE mine (n integer DEFAULT note('mine'))", "INSERT INTO mine DEFAULT VALUES",
         "DROP TABLE mine"),
    case("view_made_in_transaction", MARKED, "BEGIN", "CREATE VIEW made AS SELECT note('made')", "SELECT * FROM made", "COMMIT",
         "SELECT * FROM made", "DROP VIEW made"),
    case("made_by_do", MARKED, "DO $$ BEGIN EXECUTE 'CREATE VIEW made AS SELECT note(1::text)'; END $$", "SELECT * FROM made",
         "DROP VIEW made"),
]

GROUP = Group("Users' own code", SCHEMA, CASES, ON_LEGACY)
