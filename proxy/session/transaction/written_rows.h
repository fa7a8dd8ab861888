// Which rows a transaction has written, for marks that stand until it has ended: of each table the keys, or
// the whole table where they are not known, or are many. Sans-I/O, one per transaction.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/change/record.h"

namespace pgtandem::proxy {

class written_rows {
 public:
  // More of one table are not kept: marks lie in memory until they are healed.
  static constexpr std::size_t most_keys = 10'000;
  static constexpr std::size_t most_key_bytes = std::size_t{1} << 20;

  void add_table(const change::table_name& table);
  void add_key(const change::table_name& table, std::string_view key);
  // Takes in what is new of `others`: marks for that alone.
  [[nodiscard]] std::vector<change::mark> merge(const written_rows& others, const std::string& reason);
  void clear() { tables_.clear(); }

 private:
  struct rows {
    bool all = false;
    std::set<std::string, std::less<>> keys{};
    std::size_t key_bytes = 0;

    bool add(std::string_view key);  // false: it was there
    void add_all();
  };
  std::map<change::table_name, rows> tables_;
};

}  // namespace pgtandem::proxy
