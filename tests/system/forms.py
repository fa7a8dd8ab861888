"""Statement forms that pgtandem captures by images, with the number of images each must make.

A step is one statement: its text, with $1, $2 ... for values where the extended protocol has parameters."""

from typing import NamedTuple

SCHEMA = """
CREATE TABLE item (
  id integer PRIMARY KEY, v text, n numeric, f float8, j json, b jsonb, a integer[], p bytea, i interval,
  d date, m text NOT NULL DEFAULT 'default', g integer GENERATED ALWAYS AS (id * 2) STORED,
  w timestamptz DEFAULT clock_timestamp());
CREATE TABLE "Odd Table" ("the Key" text, second numeric(10,2), "select" text, PRIMARY KEY ("the Key", second));
CREATE TABLE only_key (id integer PRIMARY KEY);
CREATE TABLE part (id integer PRIMARY KEY, v text) PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (10);
INSERT INTO part SELECT i, 'v' FROM generate_series(1, 9) i;
CREATE TABLE counted (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text);
INSERT INTO item (id, v, n, f, j, b, a, p, i, d, w)
SELECT k, 'v' || k, k / 3.0, k / 3.0::float8, '{"b": null, "a":  1}', '[null, 1.10]', '[2:3]={1,2}', '\\x00ff', '1 mon 25:00:00',
       '0044-03-15 BC', '2020-01-01 12:00:00+00' FROM generate_series(1, 9) k;
INSERT INTO "Odd Table" SELECT 'k' || k, k, 's' FROM generate_series(1, 3) k;
"""


class Form(NamedTuple):
    name: str
    images: int
    steps: list
    fails: bool = False   # some statement fails: the images of a burst with one Sync would differ
    modes: tuple = ()     # only these modes; none named: all

# Where what a form is about does not depend on how it is sent.
FEW = ("simple", "prepared")


def form(name, images, *steps, **more):
    return Form(name, images, [step if isinstance(step, tuple) else (step,) for step in steps], **more)


FORMS = [
    form("insert", 1, ("INSERT INTO item (id, v) VALUES ($1, $2)", 100, "x'y")),
    form("insert_many", 3, "INSERT INTO item (id, v) VALUES (100, 'a'), (101, NULL), (102, '')"),
    form("insert_select", 3, "INSERT INTO item (id, v) SELECT id + 100, v FROM item WHERE id <= 3"),
    form("insert_defaults", 2, "INSERT INTO counted DEFAULT VALUES", "INSERT INTO counted (v) VALUES (DEFAULT)"),
    form("insert_overriding", 1, "INSERT INTO counted OVERRIDING SYSTEM VALUE VALUES (1000, 'x')"),
    form("insert_only_key", 1, ("INSERT INTO only_key VALUES ($1)", 5)),
    form("insert_own_returning", 1, ("INSERT INTO item (id, v) VALUES ($1, $2) RETURNING id, v || '!' AS loud", 100, "x")),
    form("insert_returning_star", 1, "INSERT INTO only_key VALUES (7) RETURNING *"),
    form("insert_returning_expression", 2, "INSERT INTO counted (v) VALUES ('a'), ('b') RETURNING 1 AS id, 'x'::text"),
    form("insert_in_odd_names", 1, ('INSERT INTO "Odd Table" VALUES ($1, $2, $3) RETURNING "select"', 'a"b\\c', "1.50", "ü€")),
    form("update", 1, ("UPDATE item SET v = $1 WHERE id = $2", None, 3)),
    form("update_many", 9, "UPDATE item SET n = n * 2, f = f / 7"),
    form("update_none", 0, "UPDATE item SET v = 'x' WHERE id = -1"),
    form("update_own_returning", 2, ("UPDATE item SET n = n + $1 WHERE id <= 2 RETURNING item.*", "0.10")),
    form("update_alias", 1, "UPDATE public.item AS \"I t\" SET v = \"I t\".v || 'x' WHERE \"I t\".id = 4 RETURNING \"I t\".id"),
    form("update_only", 1, "UPDATE ONLY item SET v = 'only' WHERE id = 4"),
    form("update_from", 2, "UPDATE item SET v = o.\"the Key\" FROM \"Odd Table\" o WHERE o.second = item.id AND o.second < 3"),
    form("update_from_returning", 1, "UPDATE item t SET v = o.v FROM item o WHERE o.id = t.id + 1 AND t.id = 1 RETURNING o.id, t.v"),
    form("update_with_cte", 1, "WITH c AS (SELECT max(id) AS id FROM item) UPDATE item SET v = 'max' FROM c WHERE c.id = item.id"),
    form("update_subquery", 1, "UPDATE item SET (v, n) = (SELECT 'sub', 1.0) WHERE id IN (SELECT id FROM item WHERE id = 2)"),
    form("key_change", 2, ("UPDATE item SET id = $1 WHERE id = $2", 100, 3)),
    form("key_change_many", 8, "UPDATE item SET id = id + 1000, v = 'moved' WHERE id BETWEEN 4 AND 7", modes=FEW),
    form("key_change_onto_each_other", 10, "UPDATE item SET id = id - 1", modes=FEW),
    form("key_change_none", 0, ("UPDATE item SET id = $1 WHERE id = $2", 100, -3), modes=FEW),
    form("key_change_to_itself", 1, ("UPDATE item SET id = $1, v = $2 WHERE id = $1", 3, "same"), modes=FEW),
    form("key_change_some_to_themselves", 4, "UPDATE item SET id = CASE WHEN id < 3 THEN id ELSE id + 100 END WHERE id IN (1, 2, 3) "
         "RETURNING id, v", modes=FEW),
    form("key_change_alias", 2, "UPDATE public.item AS \"I t\" SET id = 100 WHERE \"I t\".id = 4 RETURNING \"I t\".v -- end",
         modes=FEW),
    form("key_change_qualified", 2, "UPDATE ONLY public.item SET id = 100 WHERE public.item.id = 4 AND v IS NOT NULL", modes=FEW),
    form("key_change_in_odd_names", 2, ('UPDATE "Odd Table" SET "the Key" = $1, second = $2 WHERE "the Key" = $3 AND second = $4',
                                        'a"b', "1.50", "k2", "2"), modes=FEW),
    form("key_change_spelt_otherwise", 2, "UPDATE \"Odd Table\" SET second = 2.5 WHERE second = 2.000", modes=FEW),
    form("key_swap", 6, "BEGIN", "UPDATE item SET id = -1 WHERE id = 1", "UPDATE item SET id = 1 WHERE id = 2",
         "UPDATE item SET id = 2 WHERE id = -1", "COMMIT"),
    form("key_change_and_more", 5, "BEGIN", "INSERT INTO item (id) VALUES (100)", "UPDATE item SET id = 200 WHERE id = 100",
         "UPDATE item SET v = 'a' WHERE id = 200", "DELETE FROM item WHERE id = 200", "COMMIT", modes=FEW),
    form("key_change_rolled_back", 3, "BEGIN", "SAVEPOINT s", "UPDATE item SET id = 100 WHERE id = 1", "ROLLBACK TO s",
         "UPDATE item SET id = 200 WHERE id = 1", "UPDATE item SET v = 'a' WHERE id = 200", "COMMIT", modes=FEW),
    form("key_change_onto_another", 2, "UPDATE item SET id = 2 WHERE id = 1", "BEGIN", "UPDATE item SET id = 100 WHERE id = 1",
         "SAVEPOINT s", "UPDATE item SET id = 2 WHERE id = 3", "ROLLBACK TO s", "COMMIT", fails=True, modes=FEW),
    form("key_change_serializable", 2, "BEGIN ISOLATION LEVEL SERIALIZABLE", "UPDATE item SET id = 100 WHERE id = 1", "COMMIT", modes=FEW),
    form("key_change_read_only", 0, "BEGIN READ ONLY", "UPDATE item SET id = 100 WHERE id = 1", "ROLLBACK", fails=True, modes=FEW),
    form("key_change_by_zero", 0, "UPDATE item SET id = 100 WHERE 1 / (id - 1) > 0", fails=True, modes=FEW),
    form("conflict_update_of_key", 2, "INSERT INTO item (id, v) VALUES (1, 'new'), (100, 'new') ON CONFLICT (id) "
         "DO UPDATE SET id = excluded.id, v = excluded.v", modes=FEW),
    form("delete", 1, ("DELETE FROM item WHERE id = $1", 5)),
    form("delete_many", 8, "DELETE FROM item WHERE id > 1"),
    form("delete_own_returning", 1, "DELETE FROM item WHERE id = 6 RETURNING v, b, a"),
    form("delete_using", 3, "DELETE FROM item USING \"Odd Table\" o WHERE o.second = item.id"),
    form("conflict_nothing", 1, "INSERT INTO item (id, v) VALUES (1, 'no'), (100, 'yes') ON CONFLICT DO NOTHING"),
    form("conflict_update", 2, "INSERT INTO item (id, v) VALUES (1, 'new'), (100, 'new') ON CONFLICT (id) "
         "DO UPDATE SET v = excluded.v || item.v RETURNING id"),
    form("conflict_update_where", 1, "INSERT INTO item (id, v) VALUES (1, 'new'), (2, 'new') ON CONFLICT (id) "
         "DO UPDATE SET v = excluded.v WHERE item.id = 2"),
    form("transaction", 3, "BEGIN", ("INSERT INTO item (id) VALUES ($1)", 100), "UPDATE item SET v = 'a' WHERE id = 1",
         "DELETE FROM item WHERE id = 2", "COMMIT"),
    form("transaction_reads_between", 1, "START TRANSACTION", "SELECT count(*) FROM item",
         "UPDATE item SET v = 'a' WHERE id = 1", "SELECT v FROM item WHERE id = 1", "END"),
    form("transaction_same_row", 3, "BEGIN", "INSERT INTO item (id, v) VALUES (100, 'a')",
         "UPDATE item SET v = 'b' WHERE id = 100", "DELETE FROM item WHERE id = 100", "COMMIT"),
    form("transaction_key_again", 2, "BEGIN", "DELETE FROM item WHERE id = 1", "INSERT INTO item (id, v) VALUES (1, 'again')",
         "COMMIT"),
    form("transaction_serializable", 1, "BEGIN ISOLATION LEVEL SERIALIZABLE", "UPDATE item SET v = 'a' WHERE id = 1", "COMMIT"),
    form("transaction_empty", 0, "BEGIN", "SELECT 1", "COMMIT"),
    form("transaction_chained", 2, "BEGIN", "UPDATE item SET v = 'a' WHERE id = 1", "COMMIT AND CHAIN",
         "UPDATE item SET v = 'b' WHERE id = 2", "COMMIT"),
    form("rollback", 0, "BEGIN", "UPDATE item SET v = 'never'", "DELETE FROM item WHERE id = 1", "ROLLBACK"),
    form("rollback_then_more", 1, "BEGIN", "UPDATE item SET v = 'never'", "ABORT", "DELETE FROM item WHERE id = 1"),
    form("savepoint_rolled_back", 2, "BEGIN", "UPDATE item SET v = 'a' WHERE id = 1", "SAVEPOINT s",
         "UPDATE item SET v = 'never'", "ROLLBACK TO SAVEPOINT s", "UPDATE item SET v = 'b' WHERE id = 2", "COMMIT"),
    form("savepoint_released", 2, "BEGIN", "SAVEPOINT s", "UPDATE item SET v = 'a' WHERE id = 1", "RELEASE s",
         "UPDATE item SET v = 'b' WHERE id = 2", "COMMIT"),
    form("savepoint_released_then_rolled_back", 1, "BEGIN", "SAVEPOINT a", "SAVEPOINT b", "UPDATE item SET v = 'never'",
         "RELEASE b", "ROLLBACK TO a", "UPDATE item SET v = 'a' WHERE id = 1", "COMMIT"),
    form("savepoint_of_same_name", 2, "BEGIN", "SAVEPOINT s", "UPDATE item SET v = 'a' WHERE id = 1", "SAVEPOINT s",
         "UPDATE item SET v = 'never' WHERE id = 2", "ROLLBACK TO s", "ROLLBACK TO s", "RELEASE s",
         "UPDATE item SET v = 'c' WHERE id = 3", "COMMIT"),
    form("savepoint_rolled_back_twice", 1, "BEGIN", 'SAVEPOINT "S p"', "UPDATE item SET v = 'never'", 'ROLLBACK TO "S p"',
         "DELETE FROM item", 'ROLLBACK TO "S p"', "DELETE FROM item WHERE id = 1", "COMMIT"),
    form("with_moves", 6, "WITH gone AS (DELETE FROM part WHERE id <= 3 RETURNING *) "
         "INSERT INTO item (id, v) SELECT id + 100, v FROM gone"),
    form("with_moves_and_returns", 6, ("WITH gone AS (DELETE FROM part WHERE id <= $1 RETURNING id AS k, part.v) "
         "INSERT INTO item (id, v) SELECT k + 100, v FROM gone RETURNING id, v || '!' AS loud", 3)),
    form("with_returns", 2, "WITH u AS (UPDATE item SET v = 'cte' WHERE id < 3 RETURNING id, v, n) SELECT * FROM u"),
    form("with_inserts_what_is_missing", 1, *[
        ("WITH i AS (INSERT INTO only_key VALUES ($1) ON CONFLICT DO NOTHING RETURNING id) "
         "SELECT id FROM i UNION ALL SELECT id FROM only_key WHERE id = $1 LIMIT 1", 7)] * 2),
    form("with_upserts", 3, "WITH i AS (INSERT INTO part VALUES (1, 'new'), (0, 'new') ON CONFLICT (id) DO UPDATE SET v = 'again' "
         "RETURNING id, v) UPDATE item SET v = i.v FROM i WHERE i.id = item.id", modes=FEW),
    form("with_silent_parts", 5, "WITH a AS (DELETE FROM item WHERE id = 1), "
         "b AS (UPDATE \"Odd Table\" SET \"select\" = 'x' WHERE second < 3), c AS (INSERT INTO counted (v) VALUES ('a')), "
         "d AS (UPDATE part SET v = 'w' WHERE id = 9) SELECT 1"),
    form("with_parts_of_one_table", 4, "WITH a AS (DELETE FROM item WHERE id < 3 RETURNING id), "
         "b AS (INSERT INTO item (id, v) SELECT id * 50, 'moved' FROM a RETURNING id) SELECT id FROM b", modes=FEW),
    form("with_key_again", 2, "WITH a AS (DELETE FROM item WHERE id = 1 RETURNING id), "
         "b AS (INSERT INTO item (id, v) SELECT id, 'again' FROM a) SELECT id FROM a", modes=FEW),
    form("with_odd_names", 3, "WITH \"\u00dc x\" (\"A b\", c) AS NOT MATERIALIZED (DELETE FROM \"Odd Table\" AS \"o)\" /* ( */ "
         "WHERE \"o)\".second <> 3 RETURNING \"o)\".\"the Key\", second -- )\n), q AS MATERIALIZED (SELECT ')' AS c) "
         "INSERT INTO item (id, v) SELECT 100, string_agg(\"A b\" || q.c, ',' ORDER BY \"A b\") FROM \"\u00dc x\", q", modes=FEW),
    form("with_no_row", 0, "WITH gone AS (DELETE FROM item WHERE id = -1 RETURNING *) INSERT INTO part SELECT id, v FROM gone",
         modes=FEW),
    form("with_other_tables", 2, "CREATE TEMP TABLE note (id integer)",
         "WITH gone AS (DELETE FROM item WHERE id = 1 RETURNING *) INSERT INTO note SELECT id FROM gone",
         "WITH gone AS (DELETE FROM note RETURNING *) INSERT INTO item (id) SELECT id + 100 FROM gone", "DROP TABLE note", modes=FEW),
    form("with_in_transaction", 5, "BEGIN", "UPDATE item SET v = 'a' WHERE id = 1", "SAVEPOINT s",
         "WITH u AS (UPDATE item SET v = 'never' RETURNING id) SELECT count(*) FROM u", "ROLLBACK TO s",
         "WITH a AS (UPDATE item SET v = 'b' WHERE id = 2) DELETE FROM part WHERE id = 1",
         "WITH a AS (DELETE FROM item WHERE id = 2), b AS (UPDATE item SET v = 'c' WHERE id = 1) SELECT 1", "COMMIT"),
    form("with_settings", 2, "SET DateStyle = 'German'", "SET IntervalStyle = 'iso_8601'", "SET extra_float_digits = 0",
         "WITH u AS (UPDATE item SET f = 1 / 3.0::float8, i = '1 mon -1 day' WHERE id = 1 RETURNING i), "
         "gone AS (DELETE FROM \"Odd Table\" WHERE second = 1 RETURNING second) SELECT i, second FROM u, gone", modes=FEW),
    form("with_failure", 1, "WITH gone AS (DELETE FROM item RETURNING id) SELECT id / (id - 1) FROM gone",
         "WITH gone AS (DELETE FROM item RETURNING *) INSERT INTO part SELECT nothing FROM gone",
         "WITH \u00fc AS (UPDATE item SET id = 1 RETURNING v), gone AS (DELETE FROM part RETURNING no) SELECT 1 FROM gone",
         "WITH gone AS (DELETE FROM item) SELECT * FROM gone", "WITH gone (a, b, c) AS (DELETE FROM part RETURNING id) SELECT 1",
         "WITH i AS (INSERT INTO counted (v) VALUES ('a')) SELECT 1", fails=True),
    form("update_fails_returning", 0, "UPDATE item SET v = 'x' RETURNING 1 / (id - 3)", "SELECT 1 / (id - 3) FROM item", fails=True),
    form("truncate", 1, "TRUNCATE TABLE item"),
    form("truncate_several", 3, 'TRUNCATE only_key, ONLY "Odd Table", item RESTART IDENTITY RESTRICT', modes=FEW),
    form("truncate_partitioned", 2, "TRUNCATE part", "INSERT INTO part VALUES (3, 'x')", modes=FEW),
    form("truncate_then_insert", 4, "BEGIN", "INSERT INTO item (id) VALUES (100)", "TRUNCATE item",
         "INSERT INTO item (id) VALUES (1), (101)", "COMMIT"),
    form("truncate_rolled_back", 2, "BEGIN", "UPDATE item SET v = 'a' WHERE id = 1", "SAVEPOINT s", "TRUNCATE item",
         "INSERT INTO item (id) VALUES (2)", "ROLLBACK TO s", "UPDATE item SET v = 'b' WHERE id = 2", "COMMIT", modes=FEW),
    form("truncate_not_mirrored", 0, "CREATE TEMP TABLE item (id integer)", "TRUNCATE item", "DROP TABLE item", modes=FEW),
    form("truncate_fails", 0, "TRUNCATE item, nowhere", "BEGIN", "TRUNCATE item", "SELECT 1 / 0", "COMMIT", fails=True, modes=FEW),
    form("failure", 1, "INSERT INTO item (id) VALUES (1)", "UPDATE item SET v = 'a' WHERE id = 1", fails=True),
    form("failure_of_name", 0, "UPDATE nowhere SET v = 'a'", "UPDATE item SET nothing = 1 WHERE nobody = 2", fails=True),
    form("failure_in_transaction", 0, "BEGIN", "UPDATE item SET v = 'never'", "INSERT INTO item (id) VALUES (1)",
         "UPDATE item SET v = 'ignored'", "COMMIT", fails=True),
    form("failure_behind_savepoint", 2, "BEGIN", "UPDATE item SET v = 'a' WHERE id = 1", "SAVEPOINT s",
         "INSERT INTO item (id) VALUES (100)", "INSERT INTO item (id) VALUES (1)", "ROLLBACK TO s",
         "UPDATE item SET v = 'b' WHERE id = 2", "COMMIT", fails=True),
    form("settings_do_not_matter", 3, "SET DateStyle = 'German'", "SET IntervalStyle = 'iso_8601'", "SET extra_float_digits = 0",
         "SET TimeZone = 'Asia/Kathmandu'", "SET bytea_output = 'escape'",
         "UPDATE item SET f = 1 / 3.0::float8, i = '1 mon -1 day 3 s', p = '\\x0001', w = '2020-02-03 04:05:06.789' WHERE id <= 3"),
    form("values_that_trip", 4, "INSERT INTO item (id, f, n, j, b, a) VALUES (100, 'NaN', 'Infinity', 'null', 'null', '{}')",
         "INSERT INTO item (id, f, d, j) VALUES (101, '-0', 'infinity', '{\"a\": 1, \"a\": 2}')",
         "INSERT INTO item (id, n) VALUES (102, 12345678901234567890.123456789012345678900)",
         "INSERT INTO item (id, v, a) VALUES (103, E'tab\\tnew\\nline \\U0001F600', '[0:1][5:5]={{1},{NULL}}')"),
    form("comments_and_blanks", 2, "/* a; */ UPDATE item SET v = 'a' /* b /* nested */ */ WHERE id = 1 -- end",
         "  DELETE FROM item WHERE id = 2 ;  "),
    form("several_in_one_message", 3, "INSERT INTO item (id) VALUES (100); UPDATE item SET v = 'a' WHERE id = 1; "
         "DELETE FROM item WHERE id = 2", modes=("simple",)),
    form("several_with_reads", 2, "SELECT 1; UPDATE item SET v = 'a' WHERE id = 1 RETURNING id;; SELECT 2; "
         "DELETE FROM item WHERE id = 2;", modes=("simple",)),
    form("several_and_failure", 0, "UPDATE item SET v = 'never'; INSERT INTO item (id) VALUES (1); SELECT 1", fails=True,
         modes=("simple",)),
    form("several_with_block", 2, "BEGIN; UPDATE item SET v = 'a' WHERE id = 1; COMMIT; UPDATE item SET v = 'b' WHERE id = 2",
         modes=("simple",)),
    form("several_commit_then_failure", 1, "BEGIN; UPDATE item SET v = 'a' WHERE id = 1; COMMIT; SELECT 1 / 0", fails=True,
         modes=("simple",)),
    form("several_open_block", 2, "BEGIN; UPDATE item SET v = 'a' WHERE id = 1", "UPDATE item SET v = 'b' WHERE id = 2; COMMIT",
         modes=("simple",)),
    form("several_rolled_back_block", 1, "BEGIN; UPDATE item SET v = 'never'; ROLLBACK; DELETE FROM item WHERE id = 1",
         modes=("simple",)),
]
