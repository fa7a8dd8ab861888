// Power failures: whatever prepare() reported is there afterwards, whatever it did not report may be.
#include <gmock/gmock.h>

#include <atomic>
#include <mutex>
#include <random>
#include <thread>

#include "outbox/log/rocks_store.h"
#include "outbox/log/test_support.h"
#include "outbox/log/unsynced_env.h"

namespace pgtandem::outbox {
namespace {

class log_crash_test : public testing::Test {
 protected:
  void open() { log_ = log::open({dir_.outbox(), 0}, open_rocks_store(dir_.outbox(), {env_.get()})); }

  // The log goes down without another byte reaching the disk, and comes up again.
  void crash() {
    files_->power_off();
    log_.reset();
    files_->drop_unsynced();
    open();
  }

  // Every record that is there, decided or not.
  std::map<seq_t, change::record> contents() {
    std::map<seq_t, change::record> all;
    const std::size_t undecided = log_->undecided(p1);
    for (std::size_t i = 0; i < undecided;) {
      for (auto& r : log_->wait_in_doubt(p1, {})) {
        all.emplace(r.seq, std::move(r.record));
        log_->decide(r.seq, decision::committed);
        ++i;
      }
    }
    if (log_->last_prepared(p1) == seq_t{}) return all;
    EXPECT_TRUE(log_->wait_decided(p1, log_->last_prepared(p1), {}));
    for (seq_t after; after < log_->last_prepared(p1);) {
      auto b = log_->read(p1, after, 1U << 20, {});
      for (auto& r : b->records) all.emplace(r.seq, std::move(r.record));
      after = b->through;
    }
    return all;
  }

  temp_dir dir_;
  std::shared_ptr<unsynced_file_system> files_ = std::make_shared<unsynced_file_system>();
  std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(files_);
  std::unique_ptr<log> log_;
};

TEST_F(log_crash_test, the_environment_loses_what_is_not_synced) {
  const auto name = dir_.outbox() + "-probe";
  std::unique_ptr<rocksdb::FSWritableFile> file;
  ASSERT_TRUE(files_->NewWritableFile(name, {}, &file, nullptr).ok());
  ASSERT_TRUE(file->Append("synced", {}, nullptr).ok());
  ASSERT_TRUE(file->Sync({}, nullptr).ok());
  std::unique_ptr<rocksdb::FSDirectory> directory;
  ASSERT_TRUE(files_->NewDirectory(std::filesystem::path{name}.parent_path(), {}, &directory, nullptr).ok());
  ASSERT_TRUE(directory->FsyncWithDirOptions({}, nullptr, {}).ok());
  ASSERT_TRUE(file->Append("not", {}, nullptr).ok());
  ASSERT_TRUE(file->Flush({}, nullptr).ok());
  files_->power_off();
  files_->drop_unsynced();
  EXPECT_EQ(std::filesystem::file_size(name), 6U);
}

TEST_F(log_crash_test, every_acknowledged_record_decision_and_mark_survives_power_failures) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random{seed};
  open();
  const std::string id = log_->id();
  std::map<seq_t, std::string> acknowledged;
  std::set<mark_id> marks;
  for (int round = 0; round < 8; ++round) {
    std::mutex mutex;
    std::atomic<bool> off = false;
    std::atomic<std::size_t> answers = 0;
    const std::size_t enough = 20 + random() % 200;
    std::map<seq_t, std::string> now;
    std::vector<std::jthread> sessions;
    for (int t = 0; t < 6; ++t)
      sessions.emplace_back([&, t] {
        for (int i = 0; !off; ++i) {
          const auto key = std::to_string(round) + "/" + std::to_string(t) + "/" + std::to_string(i);
          auto r = record_of({key});
          r.changes[0].image.append(static_cast<std::size_t>(i) * 37 % 5000, 'x');
          const auto result = try_prepare(*log_, r);
          const std::lock_guard lock{mutex};
          // What is answered after the power went says nothing.
          if (!off && result.seq) now.emplace(*result.seq, key);
          ++answers;
        }
      });
    while (answers < enough) std::this_thread::yield();
    for (const auto m : add_marks(*log_, p1, {table_mark({"public", "t" + std::to_string(round)})}, false))
      marks.insert(m);
    {
      const std::lock_guard lock{mutex};
      off = true;
    }
    files_->power_off();
    sessions.clear();
    crash();

    EXPECT_EQ(log_->id(), id);
    acknowledged.merge(now);
    const auto there = contents();
    for (const auto& [seq, key] : acknowledged) {
      const auto it = there.find(seq);
      ASSERT_NE(it, there.end()) << "acknowledged record " << seq.value << " is gone";
      EXPECT_EQ(it->second.changes.at(0).key, key);
    }
    for (const auto& m : log_->marks(p1)) EXPECT_TRUE(m.ripe);
    EXPECT_EQ(log_->marks(p1).size(), marks.size());
    // All of them are decided now, durably.
    settle(*log_, p1);
    crash();
    EXPECT_EQ(log_->undecided(p1), 0U);
    EXPECT_GE(prepare(*log_, record_of({"next"})), acknowledged.rbegin()->first);
    crash();
  }
}

TEST_F(log_crash_test, a_failed_sync_stops_the_log_and_reopening_tells_what_is_there) {
  open();
  const seq_t before = prepare(*log_, record_of({"before"}));
  files_->fail_syncs(true);
  const auto failed = try_prepare(*log_, record_of({"unknown"}));
  EXPECT_FALSE(failed.seq);
  EXPECT_TRUE(log_->failed());
  files_->fail_syncs(false);
  EXPECT_FALSE(try_prepare(*log_, record_of({"after"})).seq);
  log_.reset();
  open();
  const auto there = contents();
  EXPECT_TRUE(there.contains(before));
  for (const auto& [seq, r] : there) EXPECT_NE(r.changes.at(0).key, "after");
  EXPECT_GT(prepare(*log_, record_of({"again"})), before);
}

}  // namespace
}  // namespace pgtandem::outbox
