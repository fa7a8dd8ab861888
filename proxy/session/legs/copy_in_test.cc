// What is read back behind a COPY, and where nothing is.
#include "proxy/session/legs/copy_in.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/wire/backend/copy_response.h"
#include "proxy/session/capture/catalog_testing.h"

namespace pgtandem::proxy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

resolved_name readable(std::uint32_t oid = 100) {
  resolved_name name;
  name.oid = oid_t{oid};
  name.kind = 'r';
  name.may_select = true;
  return name;
}

class copy_in_test : public ::testing::Test {
 protected:
  plan planned(const sql::copy_source& source = {}) {
    sql::statement s;
    s.kind = sql::statement_kind::copy_from;
    s.written = {{std::nullopt, "t"}};
    s.copied = std::make_shared<const sql::copy_source>(source);
    return plan_copy(plan_statement(s), target_, mirrored_catalog({relation_}));
  }
  bool is_read_back(const sql::copy_source& source = {}) {
    const plan p = planned(source);
    EXPECT_EQ(p.mode == capture_mode::read_back, p.read_back != nullptr);
    // Either its commit is held, or it is marked ahead.
    EXPECT_NE(p.mode == capture_mode::read_back, p.may_commit_inside);
    return p.read_back != nullptr;
  }
  static std::string response(std::size_t columns, char format = 0) {
    std::string bytes;
    wire::encode(wire::copy_in_response{{format, std::vector<std::int16_t>(columns, format)}}, bytes);
    return bytes.substr(5);
  }
  bool finds_keys(const std::string& body, std::size_t limit = 100) {
    copy_in copy;
    const auto number = copy.expect(planned(), limit);
    EXPECT_TRUE(copy.expected());
    copy.begin(body);
    EXPECT_TRUE(copy.begun());
    copy.read("7\tx\n8");
    copy.read("\ty\n");
    const auto found = copy.finish();
    if (found) {
      EXPECT_THAT(found->second.keys, ElementsAre("{7,8}"));
    }
    copy.end(number + 1);
    EXPECT_TRUE(copy.expected());
    copy.end(number);
    EXPECT_FALSE(copy.expected());
    return found.has_value();
  }

  catalog::relation relation_ = testing::keyed_table(oid_t{100}, "t");
  resolved_name target_ = readable();
};

TEST_F(copy_in_test, keys_are_read_where_the_data_are_what_the_table_says) {
  EXPECT_TRUE(finds_keys(response(2)));
  EXPECT_FALSE(finds_keys(response(3)));  // altered past us
  EXPECT_FALSE(finds_keys(response(2, 1)));
  EXPECT_FALSE(finds_keys("nonsense"));
  EXPECT_FALSE(finds_keys(response(2), 3));
}

TEST_F(copy_in_test, the_query_names_the_table_as_the_client_does) {
  const plan p = planned();
  ASSERT_TRUE(p.read_back);
  EXPECT_THAT(p.read_back->sql, HasSubstr(" FROM ONLY \"t\" AS pgtandem_row"));
  EXPECT_THAT(p.read_back->sql, HasSubstr("unnest(CAST($1 AS integer[])"));
  EXPECT_THAT(p.read_back->keys, SizeIs(1));
  EXPECT_EQ(p.target_oid, oid_t{100});
}

TEST_F(copy_in_test, columns_of_the_data) {
  EXPECT_TRUE(is_read_back({.format = {}, .columns = {"v", "id"}}));
  EXPECT_EQ(planned({.format = {}, .columns = {"v", "id"}}).read_back->keys.at(0).field, 1U);
  EXPECT_FALSE(is_read_back({.format = {}, .columns = {"v"}}));
  EXPECT_FALSE(is_read_back({.format = {}, .columns = {"id", "unheard"}}));
}

TEST_F(copy_in_test, a_partition_may_have_other_columns_than_its_root) {
  relation_.leaves = {oid_t{101}};
  target_.oid = oid_t{101};
  EXPECT_FALSE(is_read_back());
  EXPECT_TRUE(is_read_back({.format = {}, .columns = {"id", "v"}}));
}

TEST_F(copy_in_test, types_of_keys) {
  for (const std::string_view type : {"bigint", "character varying(5)", "numeric(3,1)", "uuid",
                                      "timestamp(3) with time zone", "date", "boolean"}) {
    relation_.columns[0].type = type;
    EXPECT_TRUE(is_read_back()) << type;
  }
  EXPECT_FALSE(is_read_back({.format = {.layout = copy::layout::binary}, .columns = {}}));
  for (const std::string_view type : {"real", "citext", "public.uuid", "interval", "\"char\"", "integer[]"}) {
    relation_.columns[0].type = type;
    EXPECT_FALSE(is_read_back()) << type;
  }
  relation_.columns[0].type = "public.domain";
  relation_.columns[0].base_type = "integer";
  EXPECT_FALSE(is_read_back());
}

TEST_F(copy_in_test, what_may_change_or_hide_rows) {
  target_.may_select = false;
  EXPECT_FALSE(is_read_back());
  target_ = readable();
  target_.row_security = true;
  EXPECT_FALSE(is_read_back());
  target_ = readable();
  target_.kind = 'v';
  EXPECT_FALSE(is_read_back());
  target_ = readable(200);  // not mirrored
  EXPECT_FALSE(is_read_back());
  target_ = readable();
  EXPECT_TRUE(is_read_back());
  relation_.has_user_triggers = true;
  EXPECT_FALSE(is_read_back());
}

}  // namespace
}  // namespace pgtandem::proxy
