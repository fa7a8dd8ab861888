#include "proxy/session/legs/startup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/wire/frame.h"
#include "protocol/wire/frontend/cancel_request.h"
#include "protocol/wire/frontend/startup_packet.h"
#include "protocol/wire/frontend/startup_request.h"

namespace pgtandem::proxy {
namespace {

using ::testing::HasSubstr;

class startup_test : public ::testing::Test {
 protected:
  startup_result feed(const std::string& bytes) {
    in_.append(bytes);
    return startup_.advance(in_, out_);
  }
  static std::string packet(std::vector<std::pair<std::string_view, std::string_view>> parameters) {
    wire::startup_packet m;
    m.parameters = std::move(parameters);
    std::string bytes;
    wire::encode(m, bytes);
    return bytes;
  }
  // What legacy is sent, decoded.
  static std::vector<std::pair<std::string, std::string>> parameters_of(const std::string& bytes) {
    std::string_view rest = bytes;
    wire::frame_view f;
    EXPECT_EQ(wire::next_startup_frame(rest, f), wire::frame_status::complete);
    std::vector<std::pair<std::string, std::string>> all;
    const auto m = wire::decode_startup_packet(f.body);
    if (m)
      for (const auto& p : m->parameters) all.emplace_back(p.first, p.second);
    return all;
  }

  startup startup_{[](const std::string& name) -> std::optional<std::string> {
                     return name == "app" ? std::optional<std::string>("legacy_app") : std::nullopt;
                   },
                   {"app"}};
  byte_buffer in_;
  byte_buffer out_;
};

TEST_F(startup_test, readdresses_the_packet_to_legacy) {
  const auto result = feed(packet(
      {{"user", "u"}, {"database", "app"}, {"options", "-c work_mem=1MB"}, {"tcp_user_timeout", "5"}}));
  const auto* connect = std::get_if<startup_connect>(&result);
  ASSERT_NE(connect, nullptr);
  EXPECT_EQ(connect->database, "app");
  EXPECT_FALSE(connect->replication);
  const auto sent = parameters_of(connect->packet);
  using pair = std::pair<std::string, std::string>;
  EXPECT_THAT(sent, ::testing::Contains(pair("database", "legacy_app")));
  EXPECT_THAT(sent, ::testing::Contains(pair("options", "-c work_mem=1MB")));
  EXPECT_THAT(sent, ::testing::Contains(pair("tcp_keepalives_idle", "30")));
  EXPECT_THAT(sent, ::testing::Contains(pair("tcp_user_timeout", "5")));
  EXPECT_THAT(sent, ::testing::Not(::testing::Contains(pair("tcp_user_timeout", "60000"))));
}

TEST_F(startup_test, waits_for_the_whole_packet) {
  const std::string bytes = packet({{"user", "app"}});
  for (std::size_t i = 0; i + 1 < bytes.size(); ++i)
    EXPECT_TRUE(std::holds_alternative<startup_need_more>(feed(bytes.substr(i, 1)))) << i;
  EXPECT_TRUE(std::holds_alternative<startup_connect>(feed(bytes.substr(bytes.size() - 1))));
}

TEST_F(startup_test, user_names_the_database_where_none_is_given) {
  EXPECT_TRUE(std::holds_alternative<startup_connect>(feed(packet({{"user", "app"}}))));
}

TEST_F(startup_test, unknown_database_is_refused_with_those_configured) {
  EXPECT_TRUE(std::holds_alternative<startup_refused>(feed(packet({{"user", "u"}, {"database", "x"}}))));
  EXPECT_THAT(std::string(out_.data()), HasSubstr("3D000"));
  EXPECT_THAT(std::string(out_.data()), HasSubstr("\"app\""));
}

TEST_F(startup_test, encryption_requests_are_answered_and_the_client_goes_on) {
  std::string ssl, gss;
  wire::encode(wire::ssl_request{}, ssl);
  wire::encode(wire::gssenc_request{}, gss);
  EXPECT_TRUE(std::holds_alternative<startup_need_more>(feed(gss)));
  EXPECT_TRUE(std::holds_alternative<startup_need_more>(feed(ssl)));
  EXPECT_EQ(out_.data(), "NN");
  EXPECT_TRUE(std::holds_alternative<startup_connect>(feed(packet({{"user", "app"}}))));
}

TEST_F(startup_test, bytes_slipped_in_behind_an_encryption_request_are_refused) {
  std::string ssl;
  wire::encode(wire::ssl_request{}, ssl);
  EXPECT_TRUE(std::holds_alternative<startup_refused>(feed(ssl + packet({{"user", "app"}}))));
  EXPECT_THAT(std::string(out_.data()), ::testing::StartsWith("NE"));
  EXPECT_THAT(std::string(out_.data()), HasSubstr("received unencrypted data after SSL request"));
}

TEST_F(startup_test, bytes_slipped_in_behind_a_request_for_gssapi_are_refused) {
  std::string gss;
  wire::encode(wire::gssenc_request{}, gss);
  EXPECT_TRUE(std::holds_alternative<startup_refused>(feed(gss + packet({{"user", "app"}}))));
  EXPECT_THAT(std::string(out_.data()),
              HasSubstr("received unencrypted data after GSSAPI encryption request"));
}

TEST_F(startup_test, encryption_may_be_asked_for_once) {
  std::string ssl;
  wire::encode(wire::ssl_request{}, ssl);
  EXPECT_TRUE(std::holds_alternative<startup_need_more>(feed(ssl)));
  EXPECT_TRUE(std::holds_alternative<startup_refused>(feed(ssl)));
  EXPECT_THAT(std::string(out_.data()), HasSubstr("unsupported frontend protocol 1234.5679"));
}

TEST_F(startup_test, tls_without_a_request_is_closed_without_a_word) {
  EXPECT_TRUE(std::holds_alternative<startup_refused>(feed(std::string("\x16\x03\x01\x02\0\x01\0\x01", 8))));
  EXPECT_EQ(out_.data(), "");
}

TEST_F(startup_test, cancel_request_names_its_backend) {
  std::string bytes;
  wire::encode(wire::cancel_request{4711, "key!"}, bytes);
  const auto result = feed(bytes);
  const auto* cancel = std::get_if<startup_cancel>(&result);
  ASSERT_NE(cancel, nullptr);
  EXPECT_EQ(cancel->pid, 4711U);
  EXPECT_EQ(cancel->key, "key!");
}

TEST_F(startup_test, walsenders_of_a_database_pass_and_physical_ones_do_not) {
  const auto logical = feed(packet({{"user", "u"}, {"database", "app"}, {"replication", "database"}}));
  ASSERT_TRUE(std::holds_alternative<startup_connect>(logical));
  EXPECT_TRUE(std::get<startup_connect>(logical).replication);
  EXPECT_TRUE(std::holds_alternative<startup_refused>(
      feed(packet({{"user", "u"}, {"database", "app"}, {"replication", "on"}}))));
}

TEST_F(startup_test, a_wild_length_is_refused) {
  EXPECT_TRUE(std::holds_alternative<startup_refused>(feed(std::string("\x7f\xff\xff\xff\0\0\0\0", 8))));
}

}  // namespace
}  // namespace pgtandem::proxy
