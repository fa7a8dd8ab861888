// Names by which transactions are, or are about to be, prepared for two-phase commit whose marks have been
// made, as far as they need any: whoever commits one of them has nothing more to mark. Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "proxy/daemon/running_transactions.h"

namespace pgtandem::proxy {

class prepared_names {
 public:
  // Of a name and a transaction id as pg_locks shows it: whether it has defined things, tables or functions.
  using entries = std::map<std::pair<std::string, std::string>, bool>;

  // The transaction has its id already.
  void add(const std::string& gid, xid_t xid, bool defines);
  [[nodiscard]] bool contains(std::string_view gid) const;
  // True also where nothing is known of it.
  [[nodiscard]] bool may_define(std::string_view gid) const;
  [[nodiscard]] entries all() const;
  [[nodiscard]] bool empty() const;
  // Of those that were there `before` legacy was looked at.
  void forget_ended(const entries& before, const running_transactions& now);

 private:
  mutable std::mutex mutex_;
  entries names_;
};

}  // namespace pgtandem::proxy
