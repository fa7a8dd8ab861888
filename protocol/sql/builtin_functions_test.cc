#include "protocol/sql/builtin_functions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace pgtandem::sql {
namespace {

TEST(builtin_functions, are_sorted_and_unique) {
  const auto names = listed_functions();
  ASSERT_GT(names.size(), 500u);
  for (std::size_t i = 1; i < names.size(); ++i) EXPECT_LT(names[i - 1], names[i]);
}

TEST(builtin_functions, every_listed_name_is_found_and_folded) {
  for (const std::string_view name : listed_functions()) {
    EXPECT_TRUE(is_listed_function(name)) << name;
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"), std::string_view::npos)
        << name;
  }
}

TEST(builtin_functions, knows_what_applications_use) {
  for (const std::string_view name : {"count",
                                      "sum",
                                      "now",
                                      "lower",
                                      "nextval",
                                      "currval",
                                      "setval",
                                      "random",
                                      "gen_random_uuid",
                                      "generate_series",
                                      "unnest",
                                      "array_agg",
                                      "json_build_object",
                                      "jsonb_agg",
                                      "row_number",
                                      "pg_sleep",
                                      "current_setting",
                                      "version",
                                      "pg_backend_pid",
                                      "has_table_privilege",
                                      "format_type",
                                      "pg_get_expr",
                                      "pg_get_indexdef",
                                      "pg_get_constraintdef",
                                      "obj_description",
                                      "to_regclass",
                                      "pg_table_is_visible",
                                      "pg_try_advisory_lock",
                                      "txid_current",
                                      "pg_current_wal_lsn",
                                      "md5",
                                      "sha256",
                                      "to_tsvector",
                                      "timezone",
                                      "pg_notify",
                                      "pg_terminate_backend",
                                      "int4range",
                                      "lower_inc",
                                      "xmlagg",
                                      "inet_client_addr"})
    EXPECT_TRUE(is_listed_function(name)) << name;
}

TEST(builtin_functions, leaves_out_what_can_write_or_change_names) {
  for (const std::string_view name : {"query_to_xml",
                                      "query_to_xml_and_xmlschema",
                                      "query_to_xmlschema",
                                      "table_to_xml",
                                      "schema_to_xml",
                                      "database_to_xml",
                                      "cursor_to_xml",
                                      "cursor_to_xmlschema",
                                      "ts_stat",
                                      "ts_rewrite",
                                      "lo_import",
                                      "lo_put",
                                      "lo_get",
                                      "lo_unlink",
                                      "loread",
                                      "lowrite",
                                      "dblink",
                                      "dblink_exec",
                                      "pg_logical_emit_message",
                                      "pg_logical_slot_get_changes",
                                      "pg_replication_origin_create",
                                      "pg_replication_slot_advance",
                                      "pg_create_logical_replication_slot",
                                      "pg_drop_replication_slot",
                                      "pg_import_system_collations",
                                      "pg_extension_config_dump",
                                      "currtid2",
                                      "brin_summarize_new_values",
                                      "gin_clean_pending_list",
                                      "binary_upgrade_set_missing_value",
                                      "pg_promote",
                                      "uuid_generate_v4",
                                      ""})
    EXPECT_FALSE(is_listed_function(name)) << name;
}

TEST(builtin_functions, knows_the_helpers_of_information_schema) {
  EXPECT_TRUE(is_listed_information_schema_function("_pg_expandarray"));
  EXPECT_TRUE(is_listed_information_schema_function("_pg_truetypmod"));
  EXPECT_FALSE(is_listed_information_schema_function("now"));
}

}  // namespace
}  // namespace pgtandem::sql
