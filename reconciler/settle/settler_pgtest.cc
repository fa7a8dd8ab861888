// The settler against real backends that hold a commit nobody will ever answer.
#include "reconciler/settle/settler.h"

#include <fmt/format.h>

#include "reconciler/server/pair_fixture.h"
#include "tests/support/pg_cluster.h"

namespace pgtandem::reconciler {
namespace {

class settler_on_server : public pair_fixture {
 protected:
  settler_on_server() : holder_(legacy_conninfo_) {
    legacy_->query_simple("CREATE TABLE t (id int PRIMARY KEY, v text)");
  }
  ~settler_on_server() override { settler_.reset(); }

  void start(const std::string& conninfo) {
    settler_ = std::make_unique<settler>(*log_, *life_, conninfo, partition_);
    settler_->start();
  }
  // The holder's open transaction has written key 1, its record is prepared. `known`: with its xid.
  seq_t hold(bool known) {
    holder_.query_simple("BEGIN; INSERT INTO t VALUES (1, 'never answered')");
    const auto xid = holder_.query_simple("SELECT txid_current()").u64(0, 0);
    const seq_t seq =
        prepare("t", {{0, change::op::upsert, R"({"id":1})", R"({"id":1,"v":"never answered"})"}},
                static_cast<std::uint32_t>(holder_.backend_pid()), xid_t(known ? xid : 0));
    log_->report_in_doubt(seq);
    return seq;
  }
  void expect_superseded_and_marked(seq_t seq) {
    ASSERT_TRUE(eventually([&] { return log_->decision_of(seq) == outbox::decision::superseded; }));
    const auto marks = log_->marks(partition_);
    ASSERT_EQ(marks.size(), 1U);
    EXPECT_TRUE(marks[0].ripe);
    EXPECT_EQ(marks[0].mark.keys, std::vector<std::string>{R"({"id":1})"});
  }
  [[nodiscard]] bool holder_is_gone() {
    try {
      holder_.query_simple("SELECT 1");
      return false;
    } catch (const client::pg_error& e) {
      return e.connection_lost();
    }
  }

  client::connection holder_;
  std::unique_ptr<settler> settler_;
};

TEST_F(settler_on_server, ends_the_backend_that_holds_the_commit) {
  const seq_t seq = hold(true);
  start(legacy_conninfo_);
  expect_superseded_and_marked(seq);
  EXPECT_TRUE(holder_is_gone());
  EXPECT_EQ(on_legacy("SELECT count(*) FROM t"), "0");
  EXPECT_EQ(settler_->error(), "");
}

TEST_F(settler_on_server, ends_a_backend_whose_xid_is_not_known) {
  const seq_t seq = hold(false);
  start(legacy_conninfo_);
  expect_superseded_and_marked(seq);
  EXPECT_TRUE(holder_is_gone());
}

TEST_F(settler_on_server, spares_a_backend_that_is_done_with_the_transaction) {
  const seq_t seq = hold(true);
  holder_.query_simple("COMMIT; BEGIN; INSERT INTO t VALUES (2, 'another transaction')");
  start(legacy_conninfo_);
  expect_superseded_and_marked(seq);
  EXPECT_FALSE(holder_is_gone());
}

TEST_F(settler_on_server, spares_an_idle_backend_when_the_xid_is_not_known) {
  const seq_t seq = hold(false);
  holder_.query_simple("COMMIT");
  start(legacy_conninfo_);
  expect_superseded_and_marked(seq);
  EXPECT_FALSE(holder_is_gone());
}

TEST_F(settler_on_server, waits_for_a_backend_that_it_may_not_end_and_settles_others_meanwhile) {
  legacy_->query_simple(
      "DO $$BEGIN CREATE ROLE pgtandem_weak LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END$$");
  const auto superuser = legacy_conninfo_.find("user=postgres");
  ASSERT_NE(superuser, std::string::npos);
  std::string weak = legacy_conninfo_;
  weak.replace(superuser, 13, "user=pgtandem_weak");
  const seq_t held = hold(true);
  start(weak);
  ASSERT_TRUE(
      eventually([&] { return settler_->error().find("may not be terminated") != std::string::npos; }));
  const seq_t gone = prepare("t", {}, 0, xid_t(1));
  log_->report_in_doubt(gone);
  ASSERT_TRUE(eventually([&] { return log_->decision_of(gone) == outbox::decision::superseded; }));
  EXPECT_EQ(log_->decision_of(held), outbox::decision::undecided);
  EXPECT_FALSE(holder_is_gone());
  holder_.query_simple("ROLLBACK");
  expect_superseded_and_marked(held);
  ASSERT_TRUE(eventually([&] { return settler_->error().empty(); }));
}

TEST_F(settler_on_server, waits_for_a_server_that_is_down) {
  test_support::pg_cluster own;
  own.create_database("app");
  own.stop();
  const seq_t seq = prepare("t", {{0, change::op::remove, R"({"id":1})", ""}}, 4711, xid_t(99));
  log_->report_in_doubt(seq);
  start(own.conninfo("app"));
  ASSERT_TRUE(eventually([&] { return !settler_->error().empty(); }));
  EXPECT_EQ(log_->decision_of(seq), outbox::decision::undecided);
  own.start();
  expect_superseded_and_marked(seq);
  settler_.reset();
}

}  // namespace
}  // namespace pgtandem::reconciler
