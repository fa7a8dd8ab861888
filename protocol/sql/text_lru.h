// Parsed texts by key, the least recently used thrown out first; bounded in entries and in bytes. Private to
// this folder. Owns its keys and a share of its values. Not thread-safe.
#pragma once

#define XXH_INLINE_ALL  // libpg_query exports functions of the same names
#include <xxhash.h>

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "protocol/sql/statement.h"

namespace pgtandem::sql {

class text_lru {
 public:
  using value = std::shared_ptr<const parsed_text>;

  // `seed` should be random: clients choose the keys.
  text_lru(std::size_t max_entries, std::size_t max_bytes, std::uint64_t seed)
      : max_entries_(max_entries), max_bytes_(max_bytes), index_(0, hash{seed}) {}

  [[nodiscard]] value find(std::string_view key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->parsed;
  }

  // The key must not be there yet. What is larger than the whole bound is not kept.
  void insert(std::string_view key, value parsed) {
    const std::size_t bytes = sizeof(entry) + key.size() + size_of(*parsed);
    if (bytes > max_bytes_ || max_entries_ == 0) return;
    entries_.push_front({std::string(key), std::move(parsed), bytes});
    index_.emplace(entries_.front().key, entries_.begin());
    bytes_ += bytes;
    while (entries_.size() > max_entries_ || bytes_ > max_bytes_) drop_last();
  }

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  struct entry {
    std::string key;
    value parsed;
    std::size_t bytes;
  };
  struct hash {
    std::uint64_t seed;
    std::size_t operator()(std::string_view key) const {
      return XXH3_64bits_withSeed(key.data(), key.size(), seed);
    }
  };

  // Near enough to bound memory.
  static std::size_t size_of(const parsed_text& parsed) {
    std::size_t bytes = sizeof(parsed_text);
    for (const statement& one : parsed.statements) {
      bytes += sizeof(statement) + one.name.size();
      bytes += (one.read.size() + one.written.size()) * (sizeof(relation_ref) + 32);
      if (one.dml) bytes += one.dml->assigned.size() * (sizeof(std::string) + 32);
    }
    return bytes;
  }

  void drop_last() {
    bytes_ -= entries_.back().bytes;
    index_.erase(entries_.back().key);
    entries_.pop_back();
  }

  std::size_t max_entries_;
  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::list<entry> entries_;  // most recently used first; the index points into it
  std::unordered_map<std::string_view, std::list<entry>::iterator, hash> index_;
};

}  // namespace pgtandem::sql
