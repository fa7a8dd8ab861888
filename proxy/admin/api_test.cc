#include "proxy/admin/api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/admin/admin_json.h"
#include "proxy/admin/fake_source_testing.h"

namespace pgtandem::proxy {
namespace {

using testing::HasSubstr;

class api : public testing::Test {
 protected:
  api_response ask(const char* method, const char* target, const char* body = "") {
    return answer({method, target, {"127.0.0.1:6580"}, false, body}, source_);
  }
  fake_source source_;
};

TEST_F(api, status) {
  const api_response r = ask("GET", "/status");
  EXPECT_EQ(r.status, 200U);
  EXPECT_EQ(r.body, to_json(full_status()));
}

TEST_F(api, health) {
  EXPECT_EQ(ask("GET", "/health").status, 200U);
  EXPECT_EQ(ask("GET", "/health").body, R"({"healthy":true})");
  source_.why_not_ = "the applier has halted";
  EXPECT_EQ(ask("GET", "/health").status, 503U);
  EXPECT_EQ(ask("GET", "/health").body, R"({"error":"the applier has halted"})");
}

TEST_F(api, fence) {
  const api_response r = ask("POST", "/fence?database=app");
  EXPECT_EQ(r.status, 200U);
  EXPECT_EQ(r.body, R"({"seq":120,"marks":[7,9]})");
  EXPECT_EQ(source_.fenced_, "app");
  EXPECT_EQ(ask("POST", "/fence?database=other").status, 404U);
  EXPECT_EQ(ask("POST", "/fence").status, 400U);
}

TEST_F(api, heal) {
  const api_response r = ask("POST", "/heal", R"({"database":"app","table":"t","keys":["1"]})");
  EXPECT_EQ(r.status, 200U);
  EXPECT_EQ(heal_reply_from_json(r.body).marks, (std::vector<std::uint64_t>{11}));
  EXPECT_EQ(source_.healed_.table, "t");
  source_.heal_.error = "no table t";
  const api_response refused = ask("POST", "/heal", R"({"database":"app","table":"t","all":true})");
  EXPECT_EQ(refused.status, 409U);
  EXPECT_EQ(refused.body, R"({"error":"no table t"})");
}

TEST_F(api, parked_retry) {
  const api_response r = ask("POST", "/parked/retry", R"({"database":"app"})");
  EXPECT_EQ(r.status, 200U);
  EXPECT_EQ(retry_reply_from_json(r.body).keys, 2U);
  EXPECT_EQ(source_.retried_, "app");
  EXPECT_EQ(ask("POST", "/parked/retry", "{}").status, 400U);
  source_.retry_.error = "no such database";
  EXPECT_EQ(ask("POST", "/parked/retry", R"({"database":"b"})").status, 409U);
}

TEST_F(api, bad_bodies) {
  for (const char* body : {"", "{", "[]", R"({"database":"app"})", R"({"database":"app","table":"t"})",
                           R"({"database":"app","table":"t","all":true,"keys":["1"]})",
                           R"({"database":"app","table":"t","all":false,"keys":[]})"}) {
    const api_response r = ask("POST", "/heal", body);
    EXPECT_EQ(r.status, 400U) << body;
    EXPECT_NE(error_from_json(r.body), "") << body;
  }
  EXPECT_EQ(source_.healed_.table, "");
}

TEST_F(api, unknown_paths_and_wrong_methods) {
  for (const char* target : {"/", "", "/statu", "/status/", "//status", "/STATUS"})
    EXPECT_EQ(ask("GET", target).status, 404U) << target;
  EXPECT_EQ(ask("POST", "/status").status, 405U);
  EXPECT_EQ(ask("POST", "/status").allow, "GET");
  EXPECT_EQ(ask("GET", "/heal").status, 405U);
  EXPECT_EQ(ask("GET", "/heal").allow, "POST");
  EXPECT_EQ(ask("GET", "/fence?database=app").status, 405U);
  EXPECT_EQ(source_.fenced_, "");
}

TEST_F(api, what_the_source_throws_is_an_error_500) {
  source_.broken_ = true;
  EXPECT_EQ(ask("GET", "/status").status, 500U);
  EXPECT_EQ(ask("GET", "/status").body, R"({"error":"the outbox is closed"})");
}

TEST_F(api, a_rebound_name_is_refused) {
  for (const std::vector<std::string>& hosts : {std::vector<std::string>{},
                                                {"evil.example:6580"},
                                                {"localhost.evil.example"},
                                                {"127.0.0.1.evil.example"},
                                                {"10.0.0.1"},
                                                {"127.0.0.1", "127.0.0.1"},
                                                {""},
                                                {"127.0.0.1:x"},
                                                {"0.0.0.0:6580"}})
    EXPECT_EQ(answer({"GET", "/status", hosts, false, ""}, source_).status, 403U);
  for (const char* host : {"localhost", "LocalHost:1", "127.0.0.1", "127.0.0.1:6580", "[::1]", "[::1]:6580"})
    EXPECT_EQ(answer({"GET", "/status", {host}, false, ""}, source_).status, 200U) << host;
}

TEST_F(api, a_web_page_cannot_post) {
  const api_response r = answer({"POST", "/fence?database=app", {"localhost"}, true, ""}, source_);
  EXPECT_EQ(r.status, 403U);
  EXPECT_THAT(r.body, HasSubstr("Origin"));
  EXPECT_EQ(source_.fenced_, "");
}

}  // namespace
}  // namespace pgtandem::proxy
