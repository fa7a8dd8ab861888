"""Relations that are more, or less, than one table by a plain name: views, parents, partitions, odd names."""

from statements import BOTH, IMAGED, MARKED, NOTHING, Group, case
from steps import Parse, Run

LONG = "a_name_of_sixty_three_bytes_is_the_longest_one_that_is_not_cut_"

SCHEMA = f"""
CREATE TABLE item (id integer PRIMARY KEY, v text);
CREATE TABLE log (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 9) i;
CREATE TABLE parent (id integer PRIMARY KEY, v text);
CREATE TABLE child (w float8, PRIMARY KEY (id)) INHERITS (parent);
INSERT INTO parent VALUES (1, 'p'), (2, 'p');
INSERT INTO child VALUES (3, 'c', 0.1), (4, 'c', 0.2);
CREATE TABLE tree (id integer, at integer, v text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE tree_1 PARTITION OF tree FOR VALUES FROM (0) TO (100) PARTITION BY LIST (id);
CREATE TABLE tree_1_odd PARTITION OF tree_1 FOR VALUES IN (1, 3, 5, 7, 9);
CREATE TABLE tree_1_rest PARTITION OF tree_1 DEFAULT;
CREATE TABLE tree_2 (v text, at integer NOT NULL, id integer NOT NULL, PRIMARY KEY (id, at));
ALTER TABLE tree ATTACH PARTITION tree_2 FOR VALUES FROM (100) TO (200);
INSERT INTO tree SELECT i, i * 20, 't' || i FROM generate_series(1, 9) i;
CREATE TABLE "we""ird" ("sel""ect" integer PRIMARY KEY, "group" text);
CREATE TABLE "dotted.na.me" ("a.b" integer PRIMARY KEY, "c d" text);
CREATE TABLE "Ünïcødé 表 😀" ("größe" integer PRIMARY KEY, "名前" text, "ĳ" float8);
CREATE TABLE {LONG} ({LONG} integer PRIMARY KEY, v text);
CREATE TABLE "select" ("from" integer PRIMARY KEY, "returning" text, pgtandem_image text);
CREATE TABLE "$1" ("$2" integer PRIMARY KEY, "$$" text);
CREATE TABLE "back\\slash'quote" ("\\" integer PRIMARY KEY, "'" text, " " json);
CREATE TABLE named (named integer PRIMARY KEY, v text, t text);
CREATE TABLE "größe" (id integer PRIMARY KEY, "größe" text);
CREATE TABLE "表" (id integer PRIMARY KEY, "表" text);
INSERT INTO "we""ird" VALUES (1); INSERT INTO "dotted.na.me" VALUES (1); INSERT INTO "Ünïcødé 表 😀" VALUES (1);
INSERT INTO {LONG} VALUES (1); INSERT INTO "select" VALUES (1); INSERT INTO "$1" VALUES (1);
INSERT INTO "back\\slash'quote" VALUES (1); INSERT INTO named VALUES (1); INSERT INTO "größe" VALUES (1);
INSERT INTO "表" VALUES (1);
"""

ON_LEGACY = """
CREATE VIEW simple AS SELECT id, v FROM item WHERE id < 5;
CREATE VIEW nested AS SELECT id AS k, v AS w FROM simple WITH CASCADED CHECK OPTION;
CREATE VIEW barrier WITH (security_barrier) AS SELECT * FROM item WHERE id < 5;
CREATE VIEW invoker WITH (security_invoker) AS SELECT * FROM item;
CREATE VIEW joined AS SELECT i.id, i.v, l.v AS w FROM item i LEFT JOIN log l USING (id);
CREATE VIEW ruled AS SELECT * FROM item;
CREATE RULE r AS ON UPDATE TO ruled DO INSTEAD UPDATE item SET v = NEW.v WHERE id = OLD.id RETURNING id, v;
CREATE VIEW nothing AS SELECT * FROM item;
CREATE RULE n AS ON DELETE TO nothing DO INSTEAD NOTHING;
CREATE FUNCTION instead() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  UPDATE item SET v = NEW.v WHERE id = OLD.id; RETURN NEW; END $$;
CREATE TRIGGER instead INSTEAD OF UPDATE ON joined FOR EACH ROW EXECUTE FUNCTION instead();
CREATE MATERIALIZED VIEW kept AS SELECT id, v FROM item;
CREATE UNIQUE INDEX ON kept (id);
"""

VIEWS = [
    case("view", MARKED, "UPDATE simple SET v = v || 'x' WHERE id = 1", "DELETE FROM simple WHERE id = 2",
         "INSERT INTO simple VALUES (2, 'x')"),
    case("view_of_a_view", MARKED, "UPDATE nested SET w = w || 'x' WHERE k = 1", "DELETE FROM nested WHERE k = 4",
         "INSERT INTO nested VALUES (4, 'x')"),
    case("check_option", NOTHING, "INSERT INTO nested VALUES (200, 'x')", "UPDATE nested SET k = 300", fails=True),
    case("security_barrier", MARKED, "UPDATE barrier SET v = v || 'x'"),
    case("security_invoker", MARKED, "UPDATE invoker SET v = v || 'x'"),
    case("instead_of_trigger", MARKED, "UPDATE joined SET v = v || 'x' WHERE id = 1"),
    case("rule", MARKED, "UPDATE ruled SET v = v || 'x' WHERE id = 1 RETURNING *"),
    case("rule_that_does_nothing", NOTHING, "DELETE FROM nothing", protocols=("extended",)),
    # It may answer with rows, which the extended protocol would not show.
    case("rule_that_does_nothing", MARKED, "DELETE FROM nothing", protocols=("simple",)),
    case("on_conflict", MARKED, "INSERT INTO simple VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET v = excluded.v"),
    case("read_beside", IMAGED, "UPDATE item SET v = s.v FROM simple s WHERE s.id = item.id + 1"),
    case("prepared", MARKED, Parse("UPDATE simple SET v = v || 'x'"), Run(), Run(), protocols=("extended",)),
    case("refreshed", NOTHING, "REFRESH MATERIALIZED VIEW kept"),
    case("refreshed_concurrently", BOTH, "UPDATE item SET v = v || 'x'", "REFRESH MATERIALIZED VIEW CONCURRENTLY kept",
         "BEGIN", "UPDATE item SET v = v || 'y'", "REFRESH MATERIALIZED VIEW CONCURRENTLY kept", "COMMIT"),
]

TREES = [
    case("parent", MARKED, "UPDATE parent SET v = v || 'x'", "DELETE FROM parent WHERE id > 10"),
    case("parent_only", IMAGED, "UPDATE ONLY parent SET v = v || 'x'"),
    case("insert_into_parent", IMAGED, "INSERT INTO parent VALUES (10, 'x')", "DELETE FROM ONLY parent WHERE id = 10"),
    case("child", IMAGED, "UPDATE child SET w = w / 3", "INSERT INTO child VALUES (11, 'x', 1)", "DELETE FROM child WHERE id = 11"),
    case("partition_root", IMAGED, "UPDATE tree SET v = v || 'x'", "INSERT INTO tree VALUES (12, 12, 'x'), (13, 113, 'y')",
         "DELETE FROM tree WHERE id > 10"),
    case("partition_root_only", NOTHING, "UPDATE ONLY tree SET v = 'never'", "DELETE FROM ONLY tree_1"),
    case("partition_between", IMAGED, "UPDATE tree_1 SET v = v || 'x'", "INSERT INTO tree_1 VALUES (12, 12, 'x')",
         "DELETE FROM tree_1 WHERE id > 10"),
    case("leaf", IMAGED, "UPDATE tree_1_odd SET v = v || 'x'", "INSERT INTO tree_2 (id, at) VALUES (12, 112)",
         "DELETE FROM tree_2 WHERE id = 12"),
    case("wrong_leaf", NOTHING, "INSERT INTO tree_2 (id, at) VALUES (12, 12)", "UPDATE tree_1_odd SET id = 2", fails=True),
    case("row_moved", IMAGED, "UPDATE tree SET at = at + 100 WHERE id = 1", "UPDATE tree SET at = at - 100 WHERE id = 1"),
    case("row_moved_within", IMAGED, "UPDATE tree_1 SET id = 20 WHERE id = 1", "UPDATE tree_1 SET id = 1 WHERE id = 20"),
    case("detached_and_attached", MARKED, "BEGIN",
         "ALTER TABLE tree DETACH PARTITION tree_2", "INSERT INTO tree_2 (id, at, v) VALUES (14, 114, 'detached')",
         "ALTER TABLE tree ATTACH PARTITION tree_2 FOR VALUES FROM (100) TO (200)", "UPDATE tree SET v = 'after' WHERE id = 14",
         "DELETE FROM tree WHERE id = 14", "COMMIT"),
]


def odd(name, outcome, table, key, assignment, **more):
    """An update, and an insert that meets the row."""
    return case(name, outcome, f"UPDATE {table} SET {assignment} WHERE {key} = 1",
                f"INSERT INTO {table} ({key}) VALUES (1) ON CONFLICT ({key}) DO UPDATE SET {assignment}", **more)


NAMES = [
    odd("double_quote", IMAGED, '"we""ird"', '"sel""ect"', "\"group\" = 'x'"),
    odd("dots_and_blanks", IMAGED, '"dotted.na.me"', '"a.b"', "\"c d\" = 'x'"),
    odd("unicode", IMAGED, '"Ünïcødé 表 😀"', '"größe"', "\"名前\" = 'ß', \"ĳ\" = 1 / 3.0"),
    odd("unicode_escaped", IMAGED, 'U&"\\00DCn\\00EFc\\00F8d\\00E9 \\8868 \\+01F600"', 'U&"gr\\00F6\\00DFe"', "\"ĳ\" = 3"),
    odd("sixty-three_bytes", IMAGED, LONG, LONG, "v = 'x'"),
    odd("cut_to_sixty-three_bytes", IMAGED, LONG + "_and_more", LONG, "v = 'y'"),
    odd("reserved_words", IMAGED, '"select"', '"from"', "\"returning\" = 'x', pgtandem_image = 'y'"),
    odd("dollars", IMAGED, '"$1"', '"$2"', "\"$$\" = '$3'"),
    odd("backslash_and_quote", IMAGED, '"back\\slash\'quote"', '"\\"', "\"'\" = '\\', \" \" = 'null'"),
    odd("backslash_without_standard_strings", IMAGED, '"back\\slash\'quote"', '"\\"', "\"'\" = '\\\\'",
        startup={"standard_conforming_strings": "off"}),
    odd("column_as_its_table", IMAGED, "named", "named", "v = 'x', t = 'y'"),
    case("alias_as_a_column", IMAGED, "UPDATE named AS t SET v = t.v || 'x' WHERE t.named = 1", "UPDATE named AS v SET t = v.t || 'x'"),
    odd("folded", IMAGED, "Public.NAMED", "Named", "V = 'x'"),
    odd("latin1", IMAGED, '"größe"', "id", "\"größe\" = 'ß'", startup={"client_encoding": "LATIN1"}),
    odd("euc_jp", IMAGED, '"表"', "id", "\"表\" = '表\\'", startup={"client_encoding": "EUC_JP"}),
    odd("sjis", MARKED, '"表"', "id", "\"表\" = '表\\'", startup={"client_encoding": "SJIS"}),
]

GROUPS = {
    "views": Group("Views", SCHEMA, VIEWS, ON_LEGACY),
    "trees": Group("Inheritance and partitions", SCHEMA, TREES),
    "odd_names": Group("Odd names and encodings", SCHEMA, NAMES),
}
