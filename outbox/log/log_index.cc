#include "outbox/log/log_index.h"

#include <algorithm>

namespace pgtandem::outbox {

std::size_t log_index::lane::above(seq_t seq) const {
  const auto it = std::upper_bound(entries.begin(), entries.end(), seq,
                                   [](seq_t s, const entry& e) { return s < e.seq; });
  return static_cast<std::size_t>(it - entries.begin());
}

const log_index::lane* log_index::lane_of(partition_t p) const {
  const auto it = lanes_.find(p);
  return it == lanes_.end() ? nullptr : &it->second;
}

std::uint32_t log_index::intern(std::string_view incarnation) {
  if (const auto it = incarnation_ids_.find(incarnation); it != incarnation_ids_.end()) return it->second;
  const auto id = static_cast<std::uint32_t>(incarnations_.size());
  incarnation_ids_.emplace(incarnations_.emplace_back(incarnation), id);
  return id;
}

void log_index::add(partition_t p, seq_t seq, decision state, std::string_view incarnation,
                    std::uint64_t bytes, staging_t staging) {
  lane& l = lanes_[p];
  if (staging != staging_t{}) l.stagings.emplace(seq, staging);
  l.entries.push_back({seq, bytes, intern(incarnation), state});
  if (state == decision::undecided)
    ++l.undecided;
  else if (l.prefix + 1 == l.entries.size())
    ++l.prefix;
}

std::pair<const log_index::lane*, std::size_t> log_index::locate(seq_t seq, partition_t* p) const {
  for (const auto& [partition, l] : lanes_) {
    const std::size_t i = l.above(seq);
    if (i == 0 || l.entries[i - 1].seq != seq) continue;
    if (p != nullptr) *p = partition;
    return {&l, i - 1};
  }
  return {nullptr, 0};
}

std::optional<log_index::found> log_index::find(seq_t seq) const {
  partition_t p;
  const auto [l, i] = locate(seq, &p);
  if (l == nullptr) return std::nullopt;
  const entry& e = l->entries[i];
  const auto staged = l->stagings.find(seq);
  return found{p, e.state, e.bytes, incarnations_[e.incarnation],
               staged == l->stagings.end() ? staging_t{} : staged->second};
}

std::vector<staging_t> log_index::stagings_up_to(partition_t p, seq_t through) const {
  std::vector<staging_t> all;
  const lane* l = lane_of(p);
  if (l == nullptr) return all;
  for (auto it = l->stagings.begin(); it != l->stagings.end() && it->first <= through; ++it)
    all.push_back(it->second);
  return all;
}

bool log_index::decide(seq_t seq, decision to) {
  partition_t p;
  const auto [where, i] = locate(seq, &p);
  if (where == nullptr || !may_become(where->entries[i].state, to)) return false;
  lane& l = lanes_[p];
  if (l.entries[i].state == decision::undecided) --l.undecided;
  l.entries[i].state = to;
  while (l.prefix < l.entries.size() && l.entries[l.prefix].state != decision::undecided) ++l.prefix;
  return true;
}

seq_t log_index::last(partition_t p) const {
  const lane* l = lane_of(p);
  if (l == nullptr) return {};
  return l->entries.empty() ? l->low : l->entries.back().seq;
}

seq_t log_index::low(partition_t p) const {
  const lane* l = lane_of(p);
  return l == nullptr ? seq_t{} : l->low;
}

seq_t log_index::decided_through(partition_t p) const {
  const lane* l = lane_of(p);
  if (l == nullptr) return {};
  return l->prefix == 0 ? l->low : l->entries[l->prefix - 1].seq;
}

bool log_index::decided_up_to(partition_t p, seq_t through) const {
  const lane* l = lane_of(p);
  return l == nullptr || l->prefix == l->entries.size() || l->entries[l->prefix].seq > through;
}

std::size_t log_index::undecided(partition_t p) const {
  const lane* l = lane_of(p);
  return l == nullptr ? 0 : l->undecided;
}

std::vector<seq_t> log_index::undecided_seqs(partition_t p) const {
  std::vector<seq_t> seqs;
  const lane* l = lane_of(p);
  for (std::size_t i = l == nullptr ? 0 : l->prefix; l != nullptr && i < l->entries.size(); ++i)
    if (l->entries[i].state == decision::undecided) seqs.push_back(l->entries[i].seq);
  return seqs;
}

std::vector<partition_t> log_index::partitions() const {
  std::vector<partition_t> all;
  for (const auto& [p, l] : lanes_) all.push_back(p);
  return all;
}

std::optional<log_index::stretch> log_index::decided_after(partition_t p, seq_t after,
                                                           std::uint64_t max_bytes) const {
  const lane* l = lane_of(p);
  if (l == nullptr) return std::nullopt;
  stretch out{{}, after};
  std::uint64_t bytes = 0;
  for (std::size_t i = l->above(after); i < l->prefix; ++i) {
    const entry& e = l->entries[i];
    if (e.state == decision::committed) {
      if (!out.committed.empty() && bytes + e.bytes > max_bytes) break;
      bytes += e.bytes;
      out.committed.push_back(e.seq);
    }
    out.through = e.seq;
  }
  if (out.through == after) return std::nullopt;
  return out;
}

std::vector<seq_t> log_index::stale(partition_t p, seq_t after, seq_t through,
                                    std::string_view incarnation) const {
  std::vector<seq_t> seqs;
  const lane* l = lane_of(p);
  if (l == nullptr) return seqs;
  for (std::size_t i = l->above(after); i < l->prefix && l->entries[i].seq <= through; ++i) {
    const entry& e = l->entries[i];
    if (e.state == decision::committed && incarnations_[e.incarnation] != incarnation) seqs.push_back(e.seq);
  }
  return seqs;
}

log_index::trimmed log_index::trim(partition_t p, seq_t through) {
  lane& l = lanes_[p];
  trimmed gone;
  while (l.prefix > 0 && l.entries.front().seq <= through) {
    ++gone.records;
    gone.bytes += l.entries.front().bytes;
    l.low = l.entries.front().seq;
    l.entries.pop_front();
    --l.prefix;
  }
  l.stagings.erase(l.stagings.begin(), l.stagings.upper_bound(l.low));
  const bool held = !l.entries.empty() && l.entries.front().seq <= through;
  if (!held) l.low = std::max(l.low, through);
  return gone;
}

}  // namespace pgtandem::outbox
