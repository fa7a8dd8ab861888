// What the log's tests share: a directory of their own, short records, calls that wait for their answer.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include "outbox/log/log.h"

namespace pgtandem::outbox {

class temp_dir {
 public:
  temp_dir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "pgtandem-log-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = pattern;
  }
  ~temp_dir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  temp_dir(const temp_dir&) = delete;
  temp_dir& operator=(const temp_dir&) = delete;
  [[nodiscard]] std::string outbox() const { return path_ + "/outbox"; }

 private:
  std::string path_;
};

inline constexpr partition_t p1{1};
inline constexpr partition_t p2{2};
inline const change::table_name t1{"public", "t1"};
inline const change::table_name t2{"public", "t2"};

[[nodiscard]] inline change::record record_of(std::vector<std::string> keys,
                                              const change::table_name& table = t1, partition_t p = p1) {
  change::record r;
  r.partition = p;
  r.incarnation = "life 1";
  r.tables = {table};
  for (auto& k : keys) r.changes.push_back({0, change::op::upsert, k, "image of " + k});
  return r;
}

[[nodiscard]] inline change::mark table_mark(const change::table_name& table, std::string reason = "test") {
  return {table, change::mark_scope::table, {}, std::move(reason)};
}

[[nodiscard]] inline prepare_result try_prepare(log& l, change::record r) {
  std::promise<prepare_result> answered;
  l.prepare(std::move(r), [&](prepare_result result) { answered.set_value(std::move(result)); });
  return answered.get_future().get();
}

[[nodiscard]] inline seq_t prepare(log& l, change::record r) {
  const auto result = try_prepare(l, std::move(r));
  EXPECT_TRUE(result.seq) << result.error;
  return result.seq.value_or(seq_t{});
}

inline std::vector<mark_id> add_marks(log& l, partition_t p, std::vector<change::mark> marks, bool ripe) {
  std::promise<std::vector<mark_id>> answered;
  const auto writer = ripe ? std::nullopt : std::optional(legacy_writer{4711});
  l.add_marks(p, std::move(marks), writer, [&](std::vector<mark_id> ids, std::optional<log_error> error) {
    EXPECT_FALSE(error) << error->message;
    answered.set_value(std::move(ids));
  });
  return answered.get_future().get();
}

[[nodiscard]] inline std::vector<change::row_change> changes_of(const std::vector<std::string>& keys) {
  return record_of(keys).changes;
}

// Nothing: the chunk is staged.
[[nodiscard]] inline std::string try_stage(log& l, staging_t staging, std::uint32_t number,
                                           const std::vector<std::string>& keys) {
  std::promise<std::string> answered;
  l.stage(staging, number, changes_of(keys),
          [&](std::optional<log_error> error) { answered.set_value(error ? error->message : ""); });
  return answered.get_future().get();
}

// A record that stands behind these staged chunks, all of which count.
[[nodiscard]] inline change::record staged_record(log& l, const std::vector<std::vector<std::string>>& chunks,
                                                  const std::vector<std::string>& rest = {}) {
  change::record r = record_of(rest);
  r.staging = l.new_staging();
  for (const auto& keys : chunks) {
    const auto number = static_cast<std::uint32_t>(r.chunks.size());
    EXPECT_EQ(try_stage(l, r.staging, number, keys), "");
    r.chunks.push_back({number, keys.size()});
  }
  return r;
}

// The keys of a record, those of its chunks first.
[[nodiscard]] inline std::vector<std::string> all_keys_of(log& l, const stored_record& r) {
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < r.record.chunks.size(); ++i) {
    const auto changes = l.read_chunk(r, i);
    if (!changes) return {"unreadable"};
    for (const auto& c : *changes) keys.push_back(c.key);
  }
  for (const auto& c : r.record.changes) keys.push_back(c.key);
  return keys;
}

// Everything submitted before is durable and published.
inline void settle(log& l, partition_t p) {
  add_marks(l, p, {}, true);
}

// decide() does not wait; this does.
inline void decide(log& l, partition_t p, seq_t seq, decision d) {
  l.decide(seq, d);
  settle(l, p);
  EXPECT_EQ(l.decision_of(seq), d);
}

inline seq_t commit(log& l, change::record r) {
  const auto p = r.partition;
  const seq_t seq = prepare(l, std::move(r));
  decide(l, p, seq, decision::committed);
  return seq;
}

[[nodiscard]] inline std::vector<std::uint64_t> seqs_of(const std::vector<stored_record>& records) {
  std::vector<std::uint64_t> seqs;
  for (const auto& r : records) seqs.push_back(r.seq.value);
  return seqs;
}

[[nodiscard]] inline std::vector<std::string> keys_of(const change::record& r) {
  std::vector<std::string> keys;
  for (const auto& c : r.changes) keys.push_back(c.key);
  return keys;
}

// A stop token that has fired: what would block returns at once.
[[nodiscard]] inline std::stop_token stopped() {
  std::stop_source source;
  source.request_stop();
  return source.get_token();
}

}  // namespace pgtandem::outbox
