#include "protocol/client/connection.h"

#include <gtest/gtest.h>

namespace pgtandem::client {
namespace {

TEST(parse_conninfo, reads_keywords) {
  const auto e = parse_conninfo("host=/run/pg port=5433 dbname='my app' user=u sslmode=disable");
  EXPECT_EQ(e.host, "/run/pg");
  EXPECT_EQ(e.port, "5433");
  EXPECT_EQ(e.dbname, "my app");
  EXPECT_EQ(e.user, "u");
  EXPECT_EQ(e.sslmode, "disable");
}

TEST(parse_conninfo, reads_a_uri) {
  const auto e = parse_conninfo("postgresql://u:secret@db.example:6000/app?sslmode=require");
  EXPECT_EQ(e.host, "db.example");
  EXPECT_EQ(e.port, "6000");
  EXPECT_EQ(e.dbname, "app");
  EXPECT_EQ(e.sslmode, "require");
}

TEST(parse_conninfo, names_the_default_port) {
  EXPECT_EQ(parse_conninfo("host=a").port, "5432");
}

TEST(parse_conninfo, rejects_what_libpq_rejects) {
  EXPECT_THROW((void)parse_conninfo("host"), std::invalid_argument);
  EXPECT_THROW((void)parse_conninfo("no_such_option=1"), std::invalid_argument);
}

TEST(pg_error, classes_that_may_be_retried) {
  for (const char* state : {"08006", "40001", "40P01", "53300", "55P03", "57P01", "58030"}) {
    EXPECT_TRUE(pg_error("m", state, false).retryable()) << state;
  }
  for (const char* state : {"23505", "42P01", "22012", "XX000", ""}) {
    EXPECT_FALSE(pg_error("m", state, false).retryable()) << state;
  }
  EXPECT_TRUE(pg_error("m", "", true).retryable());
}

TEST(connection, names_the_server_that_is_not_there) {
  try {
    connection c("host=/nonexistent port=1");
    FAIL();
  } catch (const pg_error& e) {
    EXPECT_TRUE(e.connection_lost());
    EXPECT_NE(std::string(e.what()).find("/nonexistent"), std::string::npos);
  }
}

}  // namespace
}  // namespace pgtandem::client
