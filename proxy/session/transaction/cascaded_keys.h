// What foreign keys have made of a transaction's statements in other tables: the keys of the rows where they
// were read ahead (cascade_reads.h), else whole tables. Sans-I/O, one per transaction.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/change/record.h"
#include "protocol/wire/backend/data_row.h"
#include "proxy/session/capture/mirrored_catalog.h"
#include "proxy/session/capture/plan.h"

namespace pgtandem::proxy {

class cascaded_keys {
 public:
  // The row of the own query that locks what is about to go; `images` were there before.
  void note_rows(const wire::data_row& row, std::uint64_t images);
  // A key that one of those behind it finds.
  void add(std::optional<std::string_view> captured, const mirrored_catalog& catalog);
  // The statement of this plan has completed; nullopt: how many images there are now is not known.
  void end(const plan& p, std::optional<std::uint64_t> images);
  // The statement has come to nothing.
  void forget_reading() { reading_.reset(); }
  void clear();

  // Tables of which any row may have been written.
  [[nodiscard]] const std::set<change::table_name>& whole() const { return whole_; }
  // Those of which no others than these rows were: perhaps none.
  [[nodiscard]] const std::map<change::table_name, std::set<std::string>>& keys() const { return keys_; }
  // Marks for the keys of tables that are not marked as a whole.
  void add_marks(const std::set<change::table_name>& but, std::vector<change::mark>& marks) const;

 private:
  struct reading {
    std::uint64_t rows = 0;
    std::uint64_t images = 0;
    bool complete = true;
    std::vector<std::pair<change::table_name, std::string>> keys{};
  };
  std::optional<reading> reading_;
  std::set<change::table_name> whole_;
  std::map<change::table_name, std::set<std::string>> keys_;
};

}  // namespace pgtandem::proxy
