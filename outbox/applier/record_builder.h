// Builds records for tests, by SQL that the target would be given by legacy's images.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "outbox/log/log.h"

namespace pgtandem::outbox {

class record_builder {
 public:
  explicit record_builder(std::uint64_t seq) { out_.seq = seq_t{seq}; }
  record_builder& heal() {
    out_.record.kind = change::record_kind::heal;
    return *this;
  }
  record_builder& upsert(const std::string& table, std::string key, std::string image) {
    out_.record.changes.push_back({index_of(table), change::op::upsert, std::move(key), std::move(image)});
    return *this;
  }
  record_builder& remove(const std::string& table, std::string key) {
    out_.record.changes.push_back({index_of(table), change::op::remove, std::move(key), ""});
    return *this;
  }
  record_builder& truncate(const std::string& table) {
    out_.record.changes.push_back({index_of(table), change::op::truncate, "", ""});
    return *this;
  }
  operator stored_record() const { return out_; }  // NOLINT: reads better in lists

 private:
  std::uint32_t index_of(const std::string& table) {
    auto& tables = out_.record.tables;
    const change::table_name name{"public", table};
    const auto it = std::find(tables.begin(), tables.end(), name);
    if (it != tables.end()) return static_cast<std::uint32_t>(it - tables.begin());
    tables.push_back(name);
    return static_cast<std::uint32_t>(tables.size() - 1);
  }
  stored_record out_;
};

}  // namespace pgtandem::outbox
