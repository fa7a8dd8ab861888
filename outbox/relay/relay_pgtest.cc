// Records on their way from the log to the target, with legacy and target crashing under them.
#include "outbox/relay/relay.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fmt/format.h>

#include <filesystem>
#include <future>
#include <thread>

#include "protocol/client/connection.h"
#include "tests/support/pg_cluster.h"

namespace pgtandem::outbox {
namespace {

class relay_test : public testing::Test {
 protected:
  // Legacy keeps what is committed in memory until something flushes it.
  relay_test()
      : legacy_({.fsync = false,
                 .settings = {{"wal_writer_delay", "10s"}, {"synchronous_commit", "off"}},
                 .hba = {}}),
        life_(std::make_unique<legacy_life>(legacy_.conninfo("postgres"))) {
    std::string pattern = (std::filesystem::temp_directory_path() / "pgtandem-relay-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    open_log();
    legacy_.execute("postgres", "SET synchronous_commit = on; CREATE TABLE t(id int PRIMARY KEY, v text)");
    target_.execute("postgres", "CREATE TABLE t(id int PRIMARY KEY, v text)");
  }
  ~relay_test() override {
    relay_.reset();
    log_.reset();
    std::filesystem::remove_all(directory_);
  }

  void open_log() {
    log_ = log::open({directory_ + "/outbox", 0});
    partition_ = log_->partition_of("app");
  }
  void start_relay() {
    relay_ = std::make_unique<relay>(
        *log_, *life_, applier_options{target_.conninfo("postgres"), log_->id(), partition_, "app"});
    relay_->start();
  }
  seq_t prepare(int id, const std::string& v) {
    change::record r;
    r.partition = partition_;
    r.incarnation = life_->current();
    r.tables = {{"public", "t"}};
    r.changes = {{0, change::op::upsert, fmt::format(R"({{"id":{}}})", id),
                  fmt::format(R"({{"id":{},"v":"{}"}})", id, v)}};
    std::promise<prepare_result> done;
    log_->prepare(std::move(r), [&](prepare_result result) { done.set_value(std::move(result)); });
    const auto result = done.get_future().get();
    EXPECT_EQ(result.error, "");
    return result.seq.value();
  }
  // As a session does it: the record first, then the commit, then what became of it.
  seq_t commit(int id, const std::string& v) {
    client::connection c(legacy_.conninfo("postgres"));
    c.query_simple("BEGIN");
    c.query("INSERT INTO t VALUES ($1::int, $2) ON CONFLICT (id) DO UPDATE SET v = EXCLUDED.v",
            {std::to_string(id), v});
    const auto seq = prepare(id, v);
    c.query_simple("COMMIT");
    log_->decide(seq, decision::committed);
    return seq;
  }
  void wait_applied(seq_t seq) {
    while (relay_->state().applied < seq && !relay_->state().applier.halted) std::this_thread::yield();
    EXPECT_EQ(relay_->state().applier.error, "");
  }
  std::string rows(test_support::pg_cluster& server) {
    client::connection c(server.conninfo("postgres"));
    return std::string(c.query_simple("SELECT string_agg(id || '=' || v, ' ' ORDER BY id) FROM t").at(0, 0));
  }

  test_support::pg_cluster legacy_;
  test_support::pg_cluster target_;
  std::string directory_;
  partition_t partition_;
  std::unique_ptr<legacy_life> life_;
  std::unique_ptr<log> log_;
  std::unique_ptr<relay> relay_;
};

TEST_F(relay_test, carries_committed_records_in_order_and_trims_them) {
  start_relay();
  for (int i = 0; i < 30; ++i) commit(i % 7, fmt::format("v{}", i));
  const auto aborted = prepare(99, "aborted");
  log_->decide(aborted, decision::aborted);
  const auto last = commit(8, "last");
  wait_applied(last);
  EXPECT_EQ(rows(target_), rows(legacy_));
  EXPECT_EQ(log_->proven(partition_), last);
  while (log_->trimmed(partition_) < last) std::this_thread::yield();
  EXPECT_EQ(log_->decision_of(aborted), decision::superseded);  // nobody can tell any more
}

TEST_F(relay_test, an_undecided_record_holds_what_is_behind_it) {
  start_relay();
  wait_applied(commit(1, "a"));
  const auto open = prepare(2, "open");
  const auto behind = commit(3, "b");
  const auto applied = relay_->state().applied;
  EXPECT_LT(applied, open);
  EXPECT_EQ(rows(target_), "1=a");
  log_->decide(open, decision::committed);
  wait_applied(behind);
  EXPECT_EQ(rows(target_), "1=a 2=open 3=b");
}

// Acknowledged by legacy, lost by it before anybody proved the flush: the target must never see it.
TEST_F(relay_test, what_legacy_lost_in_a_crash_does_not_reach_the_target) {
  start_relay();
  wait_applied(commit(1, "kept"));
  relay_.reset();
  const auto lost = commit(1, "phantom");
  const auto also_lost = commit(2, "phantom");
  legacy_.crash();
  legacy_.start();
  ASSERT_EQ(rows(legacy_), "1=kept") << "legacy was expected to lose the transaction";
  start_relay();
  wait_applied(commit(3, "after"));
  EXPECT_EQ(rows(target_), "1=kept 3=after");
  const auto marks = log_->marks(partition_);
  ASSERT_EQ(marks.size(), 2U);
  for (const auto& m : marks) {
    EXPECT_TRUE(m.ripe);
    EXPECT_EQ(m.mark.scope, change::mark_scope::keys);
  }
  EXPECT_EQ(marks[0].writer.value_or(lost), lost);
  EXPECT_EQ(marks[1].writer.value_or(also_lost), also_lost);
}

// The crash may come at any moment while the relay runs: in the end the target has nothing that legacy has
// not.
TEST_F(relay_test, crashes_of_legacy_under_a_running_relay_leave_no_phantom) {
  start_relay();
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 10 * round; ++i) commit(100 * round + i, "x");
    legacy_.crash();
    legacy_.start();
  }
  const auto last = commit(1000, "last");
  wait_applied(last);
  client::connection l(legacy_.conninfo("postgres"));
  client::connection t(target_.conninfo("postgres"));
  const auto on_target = t.query_simple("SELECT id FROM t");
  for (int i = 0; i < on_target.rows(); ++i) {
    EXPECT_EQ(l.query("SELECT FROM t WHERE id = $1::int", {on_target.at(i, 0)}).rows(), 1)
        << on_target.at(i, 0);
  }
  // And whatever legacy has beyond that is marked.
  const auto missing =
      l.query_simple("SELECT count(*) FROM t").u64(0, 0) - static_cast<std::uint64_t>(on_target.rows());
  EXPECT_LE(missing, log_->marks(partition_).size());
}

TEST_F(relay_test, a_target_that_is_down_or_crashes_is_waited_for) {
  target_.stop();
  start_relay();
  auto last = commit(1, "a");
  while (relay_->state().applier.retries < 2) std::this_thread::yield();
  EXPECT_FALSE(relay_->state().applier.halted);
  target_.start();
  wait_applied(last);
  for (int i = 0; i < 3; ++i) {
    commit(2, "b");
    target_.crash();
    last = commit(3 + i, "c");
    target_.start();
  }
  wait_applied(last);
  EXPECT_EQ(rows(target_), rows(legacy_));
}

TEST_F(relay_test, goes_on_where_it_stopped_after_a_restart) {
  start_relay();
  wait_applied(commit(1, "a"));
  relay_.reset();
  target_.execute("postgres", "UPDATE t SET v = 'not written again'");
  const auto last = commit(2, "b");
  log_.reset();
  open_log();
  start_relay();
  wait_applied(last);
  EXPECT_EQ(rows(target_), "1=not written again 2=b");
}

TEST_F(relay_test, a_log_that_knows_less_than_the_target_halts) {
  start_relay();
  const auto last = commit(1, "a");
  wait_applied(last);
  relay_.reset();
  target_.execute("postgres", "UPDATE pgtandem.watermark SET hwm = hwm + 1000");
  start_relay();
  while (!relay_->state().applier.halted) std::this_thread::yield();
  EXPECT_NE(relay_->state().applier.error.find("the outbox ends at"), std::string::npos);
}

TEST_F(relay_test, a_target_that_misses_what_was_trimmed_halts) {
  start_relay();
  const auto last = commit(1, "a");
  wait_applied(last);
  while (log_->trimmed(partition_) < last) std::this_thread::yield();
  relay_.reset();
  target_.execute("postgres", "UPDATE pgtandem.watermark SET hwm = 0");
  start_relay();
  while (!relay_->state().applier.halted) std::this_thread::yield();
  EXPECT_NE(relay_->state().applier.error.find("the outbox begins behind"), std::string::npos);
}

TEST_F(relay_test, stops_though_both_servers_hang) {
  start_relay();
  wait_applied(commit(1, "a"));
  const auto seq = prepare(2, "b");
  legacy_.freeze();
  target_.freeze();
  log_->decide(seq, decision::committed);
  relay_->stop();
  legacy_.thaw();
  target_.thaw();
  EXPECT_LT(relay_->state().applied, seq);
}

}  // namespace
}  // namespace pgtandem::outbox
