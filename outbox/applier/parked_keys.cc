#include "outbox/applier/parked_keys.h"

#include <algorithm>

namespace pgtandem::outbox {

namespace {

constexpr const char* load_sql =
    "SELECT id, schema_name, table_name, key, seq, sqlstate, reason, in_the_way, (extract(epoch FROM "
    "since) * 1000)::bigint, attempts FROM pgtandem.parked WHERE outbox_id = $1::uuid AND partition = "
    "$2::int";
constexpr const char* delete_sql =
    "DELETE FROM pgtandem.parked WHERE outbox_id = $1::uuid AND partition = $2::int AND id = $3::bigint";
constexpr const char* insert_sql =
    "INSERT INTO pgtandem.parked VALUES ($1::uuid, $2::int, $3::bigint, $4, $5, $6, $7::bigint, $8, $9, "
    "$10, to_timestamp($11::bigint / 1000.0), $12::int)";

std::int64_t unix_ms_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

std::chrono::milliseconds parked_pause(std::uint32_t attempts) {
  constexpr std::uint64_t first = 1000;
  constexpr std::uint64_t last = 300'000;
  const std::uint64_t doubled = first << std::min(attempts == 0 ? 0U : attempts - 1, 16U);
  return std::chrono::milliseconds(std::min(doubled, last));
}

void parked_keys::load(client::connection& target, const std::string& outbox_id, partition_t partition,
                       clock::time_point now) {
  outbox_id_ = outbox_id;
  partition_ = std::to_string(partition.value);
  keys_.clear();
  const auto r = target.query(load_sql, {outbox_id_, partition_});
  for (int i = 0; i < r.rows(); ++i) {
    entry e;
    e.parked.id = r.u64(i, 0);
    e.parked.table = {std::string(r.at(i, 1)), std::string(r.at(i, 2))};
    e.parked.key = r.at(i, 3);
    e.parked.seq = seq_t{r.u64(i, 4)};
    e.parked.sqlstate = r.at(i, 5);
    e.parked.reason = r.at(i, 6);
    e.parked.in_the_way = r.at(i, 7);
    e.parked.since_unix_ms = static_cast<std::int64_t>(r.u64(i, 8));
    e.parked.attempts = static_cast<std::uint32_t>(r.u64(i, 9));
    e.next_attempt = now + parked_pause(e.parked.attempts);
    last_id_ = std::max(last_id_, e.parked.id);
    place at{e.parked.table, e.parked.key};
    keys_.emplace(std::move(at), std::move(e));
  }
}

void parked_keys::note_truncate(const change::table_name& table, std::set<place>& tried) const {
  for (auto it = keys_.lower_bound({table, {}}); it != keys_.end() && it->first.first == table; ++it)
    tried.insert(it->first);
}

std::set<const change::row_change*> parked_keys::held_back(std::span<const stored_record> records,
                                                           clock::time_point now,
                                                           std::set<place>& tried) const {
  std::set<const change::row_change*> held;
  if (keys_.empty()) return held;
  for (const auto& r : records) {
    for (const auto& c : r.record.changes) {
      const auto& table = r.record.tables[c.table];
      if (c.op == change::op::truncate) {
        note_truncate(table, tried);
        continue;
      }
      const auto it = keys_.find({table, c.key});
      if (it == keys_.end()) continue;
      // What follows an attempt is newer than what that wrote.
      const bool tries = r.record.kind == change::record_kind::heal || c.op == change::op::remove ||
                         it->second.next_attempt <= now || tried.contains(it->first);
      if (tries)
        tried.insert(it->first);
      else
        held.insert(&c);
    }
  }
  return held;
}

void parked_keys::park(parked_key refused) {
  place at{refused.table, refused.key};
  const auto before = keys_.find(at);
  if (before == keys_.end()) {
    refused.id = ++last_id_;
    refused.since_unix_ms = unix_ms_now();
  } else {
    refused.id = before->second.parked.id;
    refused.seq = before->second.parked.seq;
    refused.since_unix_ms = before->second.parked.since_unix_ms;
    refused.attempts = before->second.parked.attempts + 1;
  }
  staged_.insert_or_assign(std::move(at), entry{std::move(refused), {}});
}

void parked_keys::release(const change::table_name& table, const change::row_change& taken) {
  if (staged_.empty()) return;
  if (taken.op == change::op::truncate)
    std::erase_if(staged_, [&](const auto& parked) { return parked.first.first == table; });
  else
    staged_.erase({table, taken.key});
}

std::vector<client::connection::statement> parked_keys::changes() {
  parameters_.clear();
  std::vector<const char*> sql;
  for (const auto& [at, e] : keys_) {
    const auto now = staged_.find(at);
    if (now != staged_.end() && same(now->second, e)) continue;
    parameters_.push_back({outbox_id_, partition_, std::to_string(e.parked.id)});
    sql.push_back(delete_sql);
  }
  for (const auto& [at, e] : staged_) {
    const auto before = keys_.find(at);
    if (before != keys_.end() && same(before->second, e)) continue;
    const parked_key& p = e.parked;
    parameters_.push_back({outbox_id_, partition_, std::to_string(p.id), p.table.schema, p.table.name, p.key,
                           std::to_string(p.seq.value), p.sqlstate, p.reason, p.in_the_way,
                           std::to_string(p.since_unix_ms), std::to_string(p.attempts)});
    sql.push_back(insert_sql);
  }
  std::vector<client::connection::statement> out;
  for (std::size_t i = 0; i < sql.size(); ++i)
    out.push_back({sql[i], {parameters_[i].begin(), parameters_[i].end()}});
  return out;
}

void parked_keys::committed(clock::time_point now) {
  for (auto& [at, e] : staged_) {
    const auto before = keys_.find(at);
    if (before == keys_.end() || !same(before->second, e))
      e.next_attempt = now + parked_pause(e.parked.attempts);
  }
  keys_ = std::exchange(staged_, {});
}

std::vector<parked_key> parked_keys::all() const {
  std::vector<parked_key> out;
  for (const auto& [at, e] : keys_) out.push_back(e.parked);
  return out;
}

}  // namespace pgtandem::outbox
