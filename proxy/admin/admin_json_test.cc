#include "proxy/admin/admin_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/admin/fake_source_testing.h"

namespace pgtandem::proxy {
namespace {

using testing::HasSubstr;

TEST(admin_json, status_comes_back_as_it_was) {
  const std::string text = to_json(full_status());
  const daemon_status back = daemon_status_from_json(text);
  EXPECT_EQ(to_json(back), text);
  EXPECT_EQ(back.outbox_bytes, 12'345'678'901ULL);
  ASSERT_EQ(back.databases.size(), 2U);
  const database_status& d = back.databases[0];
  EXPECT_EQ(d.name, "app");
  EXPECT_EQ(d.prepared, ~0ULL);
  EXPECT_TRUE(d.target_connected);
  EXPECT_EQ(d.error, full_status().databases[0].error);
  ASSERT_EQ(d.refused.size(), 1U);
  EXPECT_EQ(d.refused[0].reasons, (std::vector<std::string>{"no usable key", "rules"}));
  ASSERT_EQ(d.marks.size(), 1U);
  EXPECT_EQ(d.marks[0].created_unix_ms, 1'700'000'000'000);
  ASSERT_EQ(d.heals.size(), 1U);
  EXPECT_EQ(d.heals[0].rows_written, 4U);
  EXPECT_TRUE(d.heals[0].running);
}

// Scripts outside read these names: a change here is a change for them.
TEST(admin_json, form_of_the_status_is_stable) {
  daemon_status s = full_status();
  s.databases.resize(1);
  s.databases[0].error = "";
  EXPECT_EQ(
      to_json(s),
      R"({"version":"0.1.0","outbox_id":"0b0e-id","outbox_bytes":12345678901,"state":"serving","databases":[)"
      R"({"name":"app","prepared":18446744073709551615,"applied":117,"undecided":1,"target_connected":true,)"
      R"("halted":false,"degraded":false,"error":"","sessions":8,"transactions":50012,"images":81233,)"
      R"("marks_made":4,"mirrored":["public.a","public.b"],)"
      R"("refused":[{"table":"public.c","reasons":["no usable key","rules"]}],)"
      R"("marks":[{"id":7,"table":"public.a","scope":"keys","keys":3,"reason":"commit in doubt","ripe":true,"backend_pid":0,)"
      R"("created_unix_ms":1700000000000,"merged":5}],)"
      R"j("parked":[{"id":3,"table":"public.b","key":"{\"id\":5}","seq":90,"sqlstate":"23514",)j"
      R"("reason":"violates check constraint","in_the_way":"","since_unix_ms":1700000000000,"attempts":2}],)"
      R"("heals":[{"table":"public.b","rows_read":100,"rows_written":4,"pass_rows":90,"pass_estimate":1000,)"
      R"("pass_resumed":40,"running":true,"error":"lock time-out"}]}]})");
}

TEST(admin_json, the_other_structs_come_back) {
  const fence_reply fence = fence_reply_from_json(to_json(fence_reply{120, {7, 9}}));
  EXPECT_EQ(fence.seq, 120U);
  EXPECT_EQ(fence.marks, (std::vector<std::uint64_t>{7, 9}));
  const heal_request request =
      heal_request_from_json(to_json(heal_request{"app", "t", false, {"1", R"({"a":"x"})"}}));
  EXPECT_EQ(request.database, "app");
  EXPECT_EQ(request.table, "t");
  EXPECT_FALSE(request.all);
  EXPECT_EQ(request.keys, (std::vector<std::string>{"1", R"({"a":"x"})"}));
  const heal_reply reply = heal_reply_from_json(to_json(heal_reply{{3}, "why"}));
  EXPECT_EQ(reply.marks, (std::vector<std::uint64_t>{3}));
  EXPECT_EQ(reply.error, "why");
  EXPECT_EQ(retry_request_from_json(to_json(retry_request{"app"})).database, "app");
  EXPECT_EQ(retry_reply_from_json(to_json(retry_reply{4, ""})).keys, 4U);
  EXPECT_EQ(error_from_json(error_json("a \"b\"")), "a \"b\"");
  EXPECT_EQ(error_from_json("[]"), "");
  EXPECT_EQ(error_from_json("{"), "");
}

TEST(admin_json, text_that_is_not_utf8_stays_readable) {
  EXPECT_EQ(error_from_json(error_json("caf\xE9")), "caf\xEF\xBF\xBD");
}

std::string complaint(const char* text) {
  try {
    (void)heal_request_from_json(text);
  } catch (const admin_json_error& e) {
    return e.what();
  }
  return "";
}

TEST(admin_json, requests_are_strict) {
  EXPECT_EQ(complaint(R"({"database":"app","table":"t"})"), "");
  EXPECT_EQ(complaint(R"([])"), "the document has to be an object");
  EXPECT_EQ(complaint(R"({"table":"t"})"), "field \"database\" is missing");
  EXPECT_EQ(complaint(R"({"database":1,"table":"t"})"), "database has to be a string");
  EXPECT_EQ(complaint(R"({"database":"a","table":"t","all":1})"), "all has to be true or false");
  EXPECT_EQ(complaint(R"({"database":"a","table":"t","keys":"1"})"), "keys has to be a list");
  EXPECT_EQ(complaint(R"({"database":"a","table":"t","keys":["1",2]})"), "keys[1] has to be a string");
  EXPECT_EQ(complaint(R"({"database":"a","table":"t","al":true})"), "unknown field \"al\"");
  EXPECT_THAT(complaint(R"({"database":)"), HasSubstr("not JSON"));
}

TEST(admin_json, numbers_are_whole) {
  EXPECT_THROW((void)fence_reply_from_json(R"({"seq":-1,"marks":[]})"), admin_json_error);
  EXPECT_THROW((void)fence_reply_from_json(R"({"seq":1.5,"marks":[]})"), admin_json_error);
  EXPECT_THROW((void)fence_reply_from_json(R"({"seq":"1","marks":[]})"), admin_json_error);
  EXPECT_EQ(fence_reply_from_json(R"({"seq":1,"marks":[],"later":true})").seq, 1U);
}

}  // namespace
}  // namespace pgtandem::proxy
