// Power failures: whatever prepare() reported is there afterwards, whatever it did not report may be.
#include <gmock/gmock.h>

#include <atomic>
#include <mutex>
#include <random>
#include <thread>

#include "outbox/log/key_codec.h"
#include "outbox/log/rocks_store.h"
#include "outbox/log/test_support.h"
#include "outbox/log/unsynced_env.h"

namespace pgtandem::outbox {
namespace {

class log_crash_test : public testing::Test {
 protected:
  void open() {
    log_ = log::open({dir_.outbox(), 0}, open_rocks_store(dir_.outbox(), {env_.get(), memtable_bytes_}));
  }

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
  std::uint64_t memtable_bytes_ = rocks_options{}.memtable_bytes;
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
    for (const auto& m : log_->marks(p1))
      EXPECT_EQ(m.on_legacy, legacy_writer{4711}) << "nobody has seen it end";
    EXPECT_EQ(log_->marks(p1).size(), marks.size());
    // All of them are decided now, durably.
    settle(*log_, p1);
    crash();
    EXPECT_EQ(log_->undecided(p1), 0U);
    EXPECT_GE(prepare(*log_, record_of({"next"})), acknowledged.rbegin()->first);
    crash();
  }
}

// It may lag: what it says was in the log before.
TEST_F(log_crash_test, a_note_of_a_heal_is_never_ahead_of_the_records_that_it_counts) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random{seed};
  memtable_bytes_ = 64U << 10U;
  open();
  const auto marks = add_marks(*log_, p1, {table_mark(t1)}, true);
  std::uint64_t noted = 0;
  for (int round = 0; round < 12; ++round) {
    files_->power_off_after(random() % 40);
    for (int i = 0; i < 60; ++i) {
      auto heal = record_of({std::to_string(i)});
      heal.changes[0].image.append(random() % 9000, 'x');
      const auto result = log_->append_heal(log_->open_window(p1, t1), std::move(heal));
      if (!result.seq) break;  // the power is off
      log_->note_heal(marks[0], std::to_string(result.seq->value));
    }
    crash();
    const std::string note = log_->marks(p1).at(0).heal_note;
    if (note.empty()) continue;
    EXPECT_LE(std::stoull(note), log_->last_prepared(p1).value);
    EXPECT_GE(std::stoull(note), noted);
    noted = std::stoull(note);
  }
  EXPECT_GT(noted, 0U);
}

// Chunks are not fsynced one by one; the record that names them is, and by it they are.
TEST_F(log_crash_test, a_record_that_was_acknowledged_has_its_chunks_wherever_the_write_ahead_log_was_cut) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random{seed};
  memtable_bytes_ = 64U << 10U;  // so that chunks and their record lie in different files
  open();
  std::map<seq_t, std::vector<std::string>> acknowledged;
  for (int round = 0; round < 12; ++round) {
    std::vector<std::vector<std::string>> chunks;
    std::vector<std::string> keys;
    for (std::size_t n = 1 + random() % 12; n > 0; --n) {
      auto& chunk = chunks.emplace_back();
      for (std::size_t k = 1 + random() % 4; k > 0; --k) {
        chunk.push_back(std::to_string(round) + "/" + std::to_string(n) + "/" + std::to_string(k) +
                        std::string(random() % 9000, 'x'));
        keys.push_back(chunk.back());
      }
    }
    auto r = staged_record(*log_, chunks);
    switch (random() % 4) {
      case 0:  // before its record
        break;
      case 1: {  // while it is written; what is answered after the power went says nothing
        files_->power_off_after(static_cast<unsigned>(random() % 4));
        const auto result = try_prepare(*log_, std::move(r));
        if (result.seq && !files_->off()) acknowledged.emplace(*result.seq, keys);
        break;
      }
      default:  // before the decision
        acknowledged.emplace(prepare(*log_, std::move(r)), keys);
    }
    crash();
    std::set<std::uint64_t> named;
    for (auto& [seq, record] : contents()) {
      const auto it = acknowledged.find(seq);
      const stored_record stored{seq, std::move(record)};
      const auto there = all_keys_of(*log_, stored);
      if (it == acknowledged.end())
        acknowledged.emplace(seq, there);  // it was there nevertheless, and is whole
      else
        EXPECT_EQ(there, it->second);
      EXPECT_THAT(there, testing::Not(testing::Contains("unreadable")));
      named.insert(stored.record.staging.value);
    }
    ASSERT_FALSE(log_->failed()) << log_->failure();
    EXPECT_EQ(named.size(), acknowledged.size());
    settle(*log_, p1);
    log_.reset();
    std::set<std::uint64_t> on_disk;
    ASSERT_FALSE(open_rocks_store(dir_.outbox(), {env_.get(), memtable_bytes_})
                     ->scan(family::chunks, {}, {}, [&](std::string_view key, std::string_view) {
                       on_disk.insert(staging_of(key)->value);
                       return true;
                     }));
    EXPECT_EQ(on_disk, named);
    open();
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
