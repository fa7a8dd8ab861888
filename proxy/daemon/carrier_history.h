// Which carriers (catalog/carriers.h) came to be from one look at legacy to the next without anybody having
// told: what ran before they were noticed may have written rows that nothing was captured of. Pure
// bookkeeping without I/O. Not thread-safe.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "protocol/catalog/carriers.h"

namespace pgtandem::proxy {

class carrier_history {
 public:
  // Their texts, as of when pgtandem ran the last time. Without this call whatever the first look finds is
  // taken to have been there.
  void restore(std::set<std::string> texts);

  struct news {
    std::set<change::table_name> tables;  // they may have lost rows
    bool everything = false;              // any table may
    std::vector<std::string> texts;       // of the carriers
  };
  // `announced`: whether this transaction was seen, so that all took note of what it made.
  [[nodiscard]] news compare(const catalog::carriers& now,
                             const std::function<bool(std::uint32_t xid)>& announced) const;
  // Takes these for known, once marks stand for their news. True: they are others than before.
  bool adopt(const catalog::carriers& now);
  [[nodiscard]] const std::set<std::string>& texts() const { return texts_; }

 private:
  bool restored_ = false;
  std::set<std::string> texts_;
  std::set<change::table_name> looked_at_;  // carried by code of users, so that nothing was taken for proven
};

}  // namespace pgtandem::proxy
