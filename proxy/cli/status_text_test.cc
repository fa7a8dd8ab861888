#include "proxy/cli/status_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/admin/fake_source_testing.h"

namespace pgtandem::proxy {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(status_text, bytes) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(1536), "1.5 KiB");
  EXPECT_EQ(human_bytes(2ULL << 30), "2.0 GiB");
  EXPECT_EQ(human_bytes(~0ULL), "16777216.0 TiB");
}

TEST(status_text, tells_what_matters) {
  daemon_status s = full_status();
  s.databases.resize(1);
  s.databases[0].prepared = 120;
  EXPECT_EQ(to_text(s),
            "pgtandem 0.1.0, serving; outbox 0b0e-id, 11.5 GiB\n"
            "\n"
            "database app: 3 behind (prepared 120, applied 117), target connected\n"
            "  trouble: connection refused \"x\" \n\xC3\xA9\n"
            "  sessions 8, transactions 50012, images 81233, marks made 4, undecided 1\n"
            "  mirrored tables: 2\n"
            "  refused public.c: no usable key; rules\n"
            "  mark public.a (3 keys): commit in doubt, to be healed, since 2023-11-14 22:13:20 UTC; and 5 "
            "later ones\n"
            "  parked public.b {\"id\":5}: violates check constraint [23514], 2 attempts, since 2023-11-14 "
            "22:13:20 UTC\n"
            "  heal public.b: 100 rows read, 4 written, running (90 of about 1000, the first 40 before a "
            "restart); lock time-out\n");
}

TEST(status_text, a_pass_that_was_not_interrupted_says_nothing_of_restarts) {
  daemon_status s = full_status();
  s.databases[0].heals[0].pass_resumed = 0;
  EXPECT_THAT(to_text(s), HasSubstr("running (90 of about 1000); lock"));
}

TEST(status_text, long_lists_are_cut) {
  daemon_status s;
  s.databases.resize(1);
  s.databases[0].refused.resize(23, {"public.t", {"no usable key"}});
  EXPECT_THAT(to_text(s), HasSubstr("refused and 3 more"));
}

TEST(status_text, complaints) {
  daemon_status s;
  s.databases.resize(2);
  s.databases[1].name = "b";
  EXPECT_TRUE(complaints(s).empty());
  s.databases[1].error = "a lost connection alone is no complaint";
  EXPECT_TRUE(complaints(s).empty());
  s.databases[1].halted = true;
  s.databases[1].degraded = true;
  EXPECT_EQ(complaints(s).size(), 2U);
  s.databases[0].parked = full_status().databases[0].parked;
  ASSERT_EQ(complaints(s).size(), 3U);
  EXPECT_THAT(complaints(s)[0], HasSubstr("1 rows are parked"));
  EXPECT_THAT(to_text(s), HasSubstr("HALTED"));
  EXPECT_THAT(to_text(s), HasSubstr("DEGRADED"));
}

}  // namespace
}  // namespace pgtandem::proxy
