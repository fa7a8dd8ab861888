#include "proxy/config/values.h"

#include <gtest/gtest.h>

namespace pgtandem::proxy {
namespace {

using std::chrono::milliseconds;

TEST(values, sizes) {
  EXPECT_EQ(parse_size("2GiB"), 2ULL << 30);
  EXPECT_EQ(parse_size("512MiB"), 512ULL << 20);
  EXPECT_EQ(parse_size("64KiB"), 64ULL << 10);
  EXPECT_EQ(parse_size("1TiB"), 1ULL << 40);
  EXPECT_EQ(parse_size("4096"), 4096U);
  EXPECT_EQ(parse_size("0"), 0U);
  EXPECT_EQ(parse_size("18446744073709551615"), ~0ULL);
  for (const char* wrong : {"", "GiB", "-1", "1.5GiB", "2 GiB", "2GB", "2gib", "2GiBs",
                            "18446744073709551616", "17179869184GiB", "16777216TiB", "+1"})
    EXPECT_EQ(parse_size(wrong), std::nullopt) << wrong;
}

TEST(values, durations) {
  EXPECT_EQ(parse_duration("30s"), milliseconds(30'000));
  EXPECT_EQ(parse_duration("500ms"), milliseconds(500));
  EXPECT_EQ(parse_duration("5m"), milliseconds(300'000));
  EXPECT_EQ(parse_duration("2h"), milliseconds(7'200'000));
  EXPECT_EQ(parse_duration("0s"), milliseconds(0));
  for (const char* wrong : {"", "s", "30", "-1s", "1.5s", "30 s", "30sec", "9000h", "99999999999999999999ms",
                            "18446744073709551s"})
    EXPECT_EQ(parse_duration(wrong), std::nullopt) << wrong;
}

listen_address good(std::string_view text) {
  auto r = parse_listen_address(text);
  EXPECT_TRUE(std::holds_alternative<listen_address>(r)) << text;
  return std::holds_alternative<listen_address>(r) ? std::get<listen_address>(r) : listen_address{};
}

TEST(values, addresses) {
  EXPECT_EQ(good("127.0.0.1:6543").port, 6543);
  EXPECT_EQ(good("localhost:0").host, "127.0.0.1");
  EXPECT_EQ(good("[::1]:65535").host, "::1");
  EXPECT_EQ(to_string(good("[::1]:65535")), "[::1]:65535");
  EXPECT_EQ(to_string(good("0.0.0.0:1")), "0.0.0.0:1");
  for (const char* wrong : {"", ":", "6543", ":6543", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
                            "127.0.0.1:-1", "127.0.0.1:6543x", "::1:6543", "[127.0.0.1]:1", "[localhost]:1",
                            "[]:1", "db.example:1", "*:6543", "[::1]", "127.0.0.1 :1"})
    EXPECT_TRUE(std::holds_alternative<address_error>(parse_listen_address(wrong))) << wrong;
}

TEST(values, loopback) {
  for (const char* yes : {"127.0.0.1:1", "127.1.2.3:1", "[::1]:1", "localhost:1"})
    EXPECT_TRUE(is_loopback(good(yes)));
  for (const char* no : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "[::2]:1", "[fe80::1]:1"})
    EXPECT_FALSE(is_loopback(good(no))) << no;
}

TEST(values, collisions) {
  auto hit = [](const char* a, const char* b) {
    return collide(good(a), good(b)) && collide(good(b), good(a));
  };
  EXPECT_TRUE(hit("127.0.0.1:1", "localhost:1"));
  EXPECT_TRUE(hit("0.0.0.0:1", "127.0.0.1:1"));
  EXPECT_TRUE(hit("[::]:1", "127.0.0.1:1"));  // a dual-stack socket takes both
  EXPECT_TRUE(hit("[0:0::1]:1", "[::1]:1"));
  EXPECT_FALSE(hit("127.0.0.1:1", "127.0.0.1:2"));
  EXPECT_FALSE(hit("127.0.0.1:0", "127.0.0.1:0"));
  EXPECT_FALSE(hit("127.0.0.1:1", "127.0.0.2:1"));
}

}  // namespace
}  // namespace pgtandem::proxy
