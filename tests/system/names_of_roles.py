"""As whom a session writes, and which rows it may see: an image needs rights that the statement does not."""

from statements import BOTH, IMAGED, MARKED, NOTHING, Group, case
from steps import Parse, Run

SCHEMA = """
CREATE TABLE item (id integer PRIMARY KEY, v text);
CREATE TABLE guarded (id integer PRIMARY KEY, owner text, v text);
CREATE TABLE forced (id integer PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 9) i;
INSERT INTO guarded SELECT i, CASE WHEN i < 5 THEN 'tenant' ELSE 'app' END, 'v' || i FROM generate_series(1, 9) i;
INSERT INTO forced SELECT i, 'v' || i FROM generate_series(1, 9) i;
"""

BEFORE = """
CREATE ROLE writer; CREATE ROLE columnist; CREATE ROLE lender; CREATE ROLE borrower IN ROLE lender; CREATE ROLE stranger;
CREATE ROLE tenant; CREATE ROLE exempt BYPASSRLS;
GRANT writer, columnist, borrower, stranger, tenant, exempt TO app;
ALTER ROLE pgtandem BYPASSRLS
"""

ON_LEGACY = """
GRANT INSERT, UPDATE, DELETE ON item TO writer;
GRANT SELECT (id), INSERT (id, v), UPDATE (v) ON item TO columnist;
GRANT SELECT, INSERT, UPDATE, DELETE ON item TO lender;
GRANT SELECT, INSERT, UPDATE, DELETE ON guarded TO tenant, exempt;
CREATE FUNCTION write_as_owner() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public
  AS $$ UPDATE item SET v = v || 'x' WHERE id = 1 $$;
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON guarded USING (owner = current_user) WITH CHECK (owner = current_user);
CREATE POLICY few ON guarded AS RESTRICTIVE USING (id < 100) WITH CHECK (id < 100 AND v <> 'bad');
ALTER TABLE forced ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY low ON forced USING (id < 5) WITH CHECK (true);
"""

UPDATE = "UPDATE item SET v = v || 'x' WHERE id = 1"
INSERT, DELETE = "INSERT INTO item (id, v) VALUES (100, 'x')", "DELETE FROM item WHERE id = 100"
ALL = "UPDATE item SET v = 'all'"
GUARDED = "UPDATE guarded SET v = v || 'x'"
EXTENDED = ("extended",)

ROLES = [
    case("of_a_role", IMAGED, "SET ROLE borrower", UPDATE, INSERT, "RESET ROLE", DELETE),
    case("without_right_to_read", BOTH, "SET ROLE writer", INSERT, "RESET ROLE", DELETE),
    case("without_right_to_read_all_rows", MARKED, "SET ROLE writer", ALL),
    case("without_right_to_read_in_a_block", MARKED, "SET ROLE writer", "BEGIN", ALL, ALL, "COMMIT"),
    case("right_to_some_columns", MARKED, "SET ROLE columnist", "UPDATE item SET v = 'c' WHERE id = 2 RETURNING id",
         "INSERT INTO item (id, v) VALUES (1, 'x') ON CONFLICT DO NOTHING"),
    case("without_the_right_to_write", NOTHING, "SET ROLE columnist", DELETE, "SET ROLE stranger", UPDATE, fails=True),
    case("set_local_role", IMAGED, "BEGIN", "SET LOCAL ROLE borrower", UPDATE, "COMMIT", UPDATE),
    case("set_local_role_rolled_back", IMAGED, "BEGIN", "SET LOCAL ROLE writer", INSERT, "ROLLBACK", UPDATE),
    case("set_role_rolled_back", IMAGED, "BEGIN", "SET ROLE writer", ALL, "ROLLBACK", UPDATE),
    case("set_role_rolled_back_to_a_savepoint", IMAGED, "BEGIN", "SAVEPOINT s", "SET ROLE borrower", UPDATE, "ROLLBACK TO s",
         UPDATE, "COMMIT"),
    case("set_role_none", BOTH, "SET ROLE writer", ALL, "SET ROLE NONE", UPDATE),
    case("set_config_of_role", BOTH, "SELECT set_config('role', 'writer', false)", ALL,
         "SELECT set_config('role', 'none', false)", UPDATE),
    case("session_authorization", BOTH, "SET SESSION AUTHORIZATION writer", ALL, "SET SESSION AUTHORIZATION app", UPDATE,
         "RESET SESSION AUTHORIZATION", UPDATE, "SET SESSION AUTHORIZATION DEFAULT", user="postgres"),
    case("discard_all", BOTH, "SET ROLE writer", ALL, "DISCARD ALL", UPDATE),
    case("security_definer", MARKED, "SET ROLE stranger", "SELECT write_as_owner()"),
    case("prepared_then_set_role", BOTH, Parse(ALL), Run(), "SET ROLE writer", Run(), "RESET ROLE", Run(), protocols=EXTENDED),
    case("prepared_with_returning_then_set_role", BOTH, Parse("INSERT INTO item VALUES (100) RETURNING 1"), Run(), DELETE,
         "SET ROLE writer", Run(), "RESET ROLE", DELETE, protocols=EXTENDED),
    case("prepared_in_sql_then_set_role", BOTH, f"PREPARE q AS {ALL}", "EXECUTE q", "SET ROLE writer", "EXECUTE q",
         "EXECUTE q", "RESET ROLE", "EXECUTE q", "DEALLOCATE q"),
    case("prepared_in_sql_then_set_role_in_a_block", BOTH, f"PREPARE q AS {ALL}", "BEGIN", "EXECUTE q",
         "SET LOCAL ROLE writer", "EXECUTE q", "COMMIT", "EXECUTE q", "DEALLOCATE q"),
    case("prepared_in_sql_with_types", BOTH, "PREPARE q (integer, text) AS INSERT INTO item VALUES ($1, $2) RETURNING $1",
         "EXECUTE q(100, 'x')", DELETE, "SET ROLE writer", "EXECUTE q(100, 'x')", "RESET ROLE", DELETE),
    case("prepared_then_run_in_sql", BOTH, Parse(ALL), "EXECUTE p", "SET ROLE writer", "EXECUTE p", Run(), "RESET ROLE", "EXECUTE p",
         Run(), protocols=EXTENDED),
    case("prepared_then_right_taken", BOTH, Parse(ALL), f"PREPARE q AS {ALL}", "GRANT SELECT ON item TO writer", "SET ROLE writer", Run(), "EXECUTE q", "RESET ROLE", "REVOKE SELECT ON item FROM writer",
         "SET ROLE writer", Run(), "EXECUTE q", "RESET ROLE", "DEALLOCATE q", protocols=EXTENDED),
]

ROW_SECURITY = [
    case("owner", IMAGED, GUARDED),
    case("policy", MARKED, "SET ROLE tenant", GUARDED, "INSERT INTO guarded VALUES (50, 'tenant', 'x')",
         "DELETE FROM guarded WHERE id = 50"),
    case("policy_refuses", NOTHING, "SET ROLE tenant", "INSERT INTO guarded VALUES (50, 'app', 'x')",
         "INSERT INTO guarded VALUES (500, 'tenant', 'x')", "UPDATE guarded SET v = 'bad'", fails=True),
    case("policy_in_a_block", BOTH, "BEGIN", GUARDED, "SET LOCAL ROLE tenant", GUARDED, "COMMIT"),
    case("row_security_off", NOTHING, "SET ROLE tenant", "SET row_security = off", GUARDED, fails=True),
    case("row_security_off_of_owner", IMAGED, "SET row_security = off", GUARDED),
    case("bypassrls", IMAGED, "SET ROLE exempt", GUARDED, "SET row_security = off", GUARDED),
    case("forced", MARKED, "UPDATE forced SET v = v || 'x'", "DELETE FROM forced WHERE id = 4", "INSERT INTO forced VALUES (4, 'x')"),
    case("forced_of_superuser", IMAGED, "UPDATE forced SET v = v || 'x'", user="postgres"),
    case("forced_and_row_security_off", NOTHING, "SET row_security = off", "UPDATE forced SET v = 'never'", fails=True),
    case("prepared_then_under_a_policy", BOTH, Parse(GUARDED), Run(), "SET ROLE tenant", Run(), "RESET ROLE", Run(),
         protocols=EXTENDED),
    case("prepared_in_sql_then_under_a_policy", BOTH, f"PREPARE q AS {GUARDED}", "EXECUTE q", "SET ROLE tenant", "EXECUTE q",
         "RESET ROLE", "EXECUTE q", "DEALLOCATE q"),
]

GROUPS = {
    "roles": Group("Roles and their rights", SCHEMA, ROLES, ON_LEGACY, before=BEFORE),
    "row_security": Group("Row security", SCHEMA, ROW_SECURITY, ON_LEGACY),
}
