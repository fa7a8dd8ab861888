// Connections cut and servers gone, in the middle of everything: rows and hwm stay together, each change
// once.
#include <atomic>
#include <thread>

#include "outbox/applier/applier_fixture.h"

namespace pgtandem::outbox {
namespace {

// An always-firing trigger keeps a list of every row version written: what is applied twice stands there
// twice.
constexpr const char* audited_table = R"(
  CREATE TABLE t(id int PRIMARY KEY, v text);
  CREATE TABLE audit(v text);
  CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.audit VALUES (NEW.v); RETURN NEW; END';
  CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f(); ALTER TABLE t ENABLE ALWAYS TRIGGER x;)";

class own_cluster {
 protected:
  test_support::pg_cluster own_cluster_;
};

class trouble : private own_cluster, public applier_test {
 protected:
  trouble() : applier_test(own_cluster_) { execute(audited_table); }

  // Batches of `size` records each over 50 rows.
  static std::vector<stored_record> batch(std::uint64_t first, std::uint64_t size) {
    std::vector<stored_record> records;
    for (auto seq = first; seq < first + size; ++seq) {
      const int id = static_cast<int>(seq % 50);
      records.push_back(record_builder(seq).upsert("t", key(id), image(id, fmt::format("v{}", seq))));
    }
    return records;
  }
  // Applies batches until `enough`; returns the last seq.
  std::uint64_t apply_until(applier& a, const std::atomic<bool>& enough) {
    std::uint64_t seq = 0;
    while (!enough) {
      EXPECT_TRUE(apply(a, batch(seq + 1, 20)));
      seq += 20;
    }
    return seq;
  }
  void expect_applied_once(std::uint64_t last) {
    EXPECT_EQ(hwm(), std::to_string(last));
    EXPECT_EQ(rows("SELECT count(*), count(DISTINCT v) FROM audit"), fmt::format("{0}|{0}", last));
    EXPECT_EQ(rows("SELECT count(*) FROM t JOIN (SELECT max(substr(v, 2)::int) AS m FROM audit GROUP BY "
                   "substr(v, 2)::int % 50) x ON t.v = 'v' || m"),
              rows("SELECT count(*) FROM t"));
  }
};

TEST_F(trouble, backends_terminated_again_and_again) {
  auto a = started();
  std::atomic<bool> enough = false;
  std::jthread killer([&] {
    auto c = connect();
    // Each time only after progress, else a connection that never gets ready would be all that is tested.
    for (int kills = 0; kills < 40; ++kills) {
      const auto before = a->state().hwm;
      while (a->state().hwm <= before) std::this_thread::yield();
      while (c.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
                     "'pgtandem' AND pid "
                     "<> pg_backend_pid() AND datname = $1 AND state = 'active'",
                     {database_})
                 .rows() == 0) {
      }
    }
    enough = true;
  });
  const auto last = apply_until(*a, enough);
  killer.join();
  expect_applied_once(last);
  EXPECT_GE(a->state().retries, 30U);
  EXPECT_EQ(a->state().error, "");
}

TEST_F(trouble, a_target_that_crashes_and_comes_back) {
  auto a = started();
  std::atomic<bool> enough = false;
  std::jthread operation([&] {
    for (int i = 0; i < 4; ++i) {
      const auto before = a->state().hwm;
      while (a->state().hwm <= before) std::this_thread::yield();
      if (i % 2 == 0) {
        cluster_.crash();
      } else {
        cluster_.stop();
      }
      cluster_.start();
    }
    enough = true;
  });
  const auto last = apply_until(*a, enough);
  operation.join();
  expect_applied_once(last);
}

TEST_F(trouble, starts_when_the_target_comes_up) {
  cluster_.stop();
  applier a(options());
  std::jthread starter([&] { EXPECT_TRUE(a.start(stop_.get_token())); });
  while (a.state().retries < 2) std::this_thread::yield();
  EXPECT_FALSE(a.state().connected);
  EXPECT_NE(a.state().error, "");
  cluster_.start();
  starter.join();
  EXPECT_TRUE(a.state().connected);
  EXPECT_TRUE(apply(a, batch(1, 5)));
}

TEST_F(trouble, a_stop_ends_an_attempt_at_a_target_that_hangs) {
  auto a = started();
  EXPECT_TRUE(apply(*a, batch(1, 5)));
  cluster_.freeze();
  std::jthread stuck([&] { EXPECT_FALSE(apply(*a, batch(6, 5))); });
  stop_.request_stop();
  stuck.join();
  cluster_.thaw();
  EXPECT_FALSE(a->state().halted);
}

// The transaction of a cut connection may still run while its successor starts: it must neither be lost nor
// doubled.
TEST_F(trouble, a_transaction_that_commits_after_its_connection_was_cut) {
  auto a = started();
  EXPECT_TRUE(apply(*a, batch(1, 5)));
  auto blocker = connect();
  blocker.query_simple("BEGIN; LOCK TABLE audit");
  std::stop_source cut;
  std::jthread first([&] { EXPECT_FALSE(a->apply(batch(6, 5), seq_t{10}, cut.get_token())); });
  const auto waiting = [&] {
    return blocker.query_simple("SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'audit'::regclass")
        .rows();
  };
  while (waiting() == 0) {
  }
  cut.request_stop();
  first.join();
  std::jthread second([&] { EXPECT_TRUE(apply(*a, batch(6, 5))); });
  auto watch = connect();  // a transaction sees the activity of one moment only
  const auto behind = [&] {
    return watch
        .query_simple(
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'WITH moved%'")
        .rows();
  };
  while (behind() == 0) {
  }
  blocker.query_simple("COMMIT");
  second.join();
  expect_applied_once(10);
}

}  // namespace
}  // namespace pgtandem::outbox
