#include "proxy/session/transaction/change_buffer.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace pgtandem::proxy {

namespace {

std::size_t bytes_of(const change::row_change& c) {
  return sizeof c + c.key.size() + c.image.size();
}

}  // namespace

void change_buffer::add(change::row_change c) {
  tail_bytes_ += bytes_of(c);
  tail_.push_back(std::move(c));
}

void change_buffer::cut(std::uint64_t size) {
  if (size >= this->size()) return;
  const std::uint64_t kept = size > staged_ ? size - staged_ : 0;
  while (tail_.size() > kept) {
    tail_bytes_ -= bytes_of(tail_.back());
    tail_.pop_back();
  }
  while (staged_ > size) {
    auto& last = chunks_.back();
    const auto gone = std::min(last.changes, staged_ - size);
    last.changes -= gone;
    staged_ -= gone;
    if (last.changes == 0) chunks_.pop_back();
  }
}

void change_buffer::drop_removals_of_kept_keys(std::uint64_t first, std::uint64_t count) {
  const auto place = [&](std::uint64_t at) {
    return tail_.begin() + static_cast<std::ptrdiff_t>(at > staged_ ? at - staged_ : 0);
  };
  const auto removals_end = place(first + count);
  std::set<std::string_view> kept;
  for (auto c = removals_end; c != tail_.end(); ++c) kept.insert(c->key);
  const auto dropped =
      std::stable_partition(place(first), removals_end, [&](const auto& c) { return !kept.contains(c.key); });
  for (auto c = dropped; c != removals_end; ++c) tail_bytes_ -= bytes_of(*c);
  tail_.erase(dropped, removals_end);
}

std::optional<staged_chunk> change_buffer::take_chunk(const std::function<staging_t()>& new_staging) {
  if (under_way_ || tail_bytes_ < chunk_bytes_) return std::nullopt;
  if (staging_ == staging_t{}) staging_ = new_staging();
  staged_chunk chunk{staging_, next_number_++, std::exchange(tail_, {})};
  chunks_.push_back({chunk.number, chunk.changes.size()});
  staged_ += chunk.changes.size();
  tail_bytes_ = 0;
  under_way_ = true;
  return chunk;
}

bool change_buffer::on_staged(staging_t staging, bool taken) {
  if (staging != staging_) return true;  // of a transaction that is over
  under_way_ = false;
  if (!taken) clear();
  return taken;
}

void change_buffer::move_to(change::record& r) {
  r.changes = std::move(tail_);
  if (!chunks_.empty()) {
    r.chunks = std::move(chunks_);
    r.staging = std::exchange(staging_, staging_t{});
  }
  clear();
}

void change_buffer::clear() {
  if (staging_ != staging_t{}) abandoned_.push_back(std::exchange(staging_, staging_t{}));
  tail_.clear();
  tail_.shrink_to_fit();
  tail_bytes_ = 0;
  staged_ = 0;
  chunks_.clear();
  next_number_ = 0;
  under_way_ = false;
}

std::optional<staging_t> change_buffer::take_abandoned() {
  if (abandoned_.empty()) return std::nullopt;
  const staging_t staging = abandoned_.back();
  abandoned_.pop_back();
  return staging;
}

}  // namespace pgtandem::proxy
