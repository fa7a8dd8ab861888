// Writes a run of records of which the target refused something, in the order of their execution and by
// savepoints, and finds the rows that are refused: rows that only make room too late are helped, what is
// still refused is parked.
//
// Used for one run, within the transaction that target_session::begin() opened. Throws client::pg_error for
// what is not about a row, and halt when too many rows are refused.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "outbox/applier/apply_plan.h"
#include "outbox/applier/parked_keys.h"
#include "outbox/applier/row_statements.h"
#include "outbox/applier/target_catalog.h"
#include "protocol/client/connection.h"

namespace pgtandem::outbox {

class careful_writer {
 public:
  careful_writer(client::connection& target, const target_catalog& catalog, parked_keys& parked)
      : target_(target), catalog_(catalog), parked_(parked) {}

  using place = std::pair<change::table_name, std::string>;
  // The next records of the run; `comes_later` tells whether a key is changed again behind them.
  void write(std::span<const stored_record> records, const held_back_changes& held,
             const std::function<bool(const place&)>& comes_later);
  [[nodiscard]] std::uint64_t rows_written() const { return rows_written_; }
  // The table of the last statement; nullopt: there was none.
  [[nodiscard]] const std::optional<change::table_name>& table() const { return table_; }

 private:
  // Rows [first, last) of a step; `number` is that of the first within the run.
  struct stretch {
    const apply_step* step;
    std::size_t first;
    std::size_t last;
    std::size_t number;
  };

  void note_places(const std::vector<apply_step>& plan);
  void write(const stretch& rows);
  // nullopt: written. Else why the target refuses it; nothing of it was written.
  std::optional<client::pg_error> attempt(const stretch& rows);
  std::vector<row_statement> statements_of(const stretch& rows);
  void settle(const stretch& row, client::pg_error refusal);
  [[nodiscard]] bool is_written_later(const place& at, std::size_t number) const;
  std::vector<std::string> in_the_way(const stretch& row, const client::pg_error& refusal);
  bool set_aside(const place& at, const change::row_change& maker);
  void park(const stretch& row, const client::pg_error& refusal, const std::vector<std::string>& obstacles);

  client::connection& target_;
  const target_catalog& catalog_;
  parked_keys& parked_;
  std::span<const stored_record> records_;
  const std::function<bool(const place&)>* comes_later_ = nullptr;
  std::map<place, std::size_t> last_;  // the number of each key's last change
  // Rows that made room, with what they had in columns of the target's own.
  std::map<place, std::vector<std::optional<std::string>>> aside_;
  std::optional<change::table_name> table_;
  std::uint64_t rows_written_ = 0;
};

}  // namespace pgtandem::outbox
