// Keys whose rows the target refuses: parked, so that everything else goes on. They lie in pgtandem.parked on
// the target, and change in the transaction that moves the hwm. This is that table in memory, for one
// partition. Not thread-safe.
//
// An image is a whole row, so a parked key lacks nothing but the last change of its row. Until it is tried
// again (by a heal, by a removal or a truncate, or by the first change after its pause) images of it are
// passed over.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "outbox/log/log.h"
#include "protocol/client/connection.h"

namespace pgtandem::outbox {

struct parked_key {
  std::uint64_t id = 0;
  change::table_name table;
  std::string key;  // canonical
  seq_t seq;        // of the record whose change was refused first
  std::string sqlstate;
  std::string reason;  // the target's own words, for people
  std::string
      in_the_way;  // key of a row of the target that holds a unique value which this one needs, or empty
  std::int64_t since_unix_ms = 0;
  std::uint32_t attempts = 1;  // that failed
};

// How long a parked key is left alone after so many attempts.
[[nodiscard]] std::chrono::milliseconds parked_pause(std::uint32_t attempts);

// More are not parked one by one: then something is wrong with a table, not with rows.
inline constexpr std::size_t most_parked_keys = 10'000;

class parked_keys {
 public:
  using clock = std::chrono::steady_clock;
  using place = std::pair<change::table_name, std::string>;

  static constexpr const char* table_sql =
      "CREATE TABLE IF NOT EXISTS pgtandem.parked(outbox_id uuid, partition int, id bigint, schema_name text "
      "NOT "
      "NULL, table_name text NOT NULL, key text NOT NULL, seq bigint NOT NULL, sqlstate text NOT NULL, "
      "reason text "
      "NOT NULL, in_the_way text NOT NULL, since timestamptz NOT NULL, attempts int NOT NULL, PRIMARY KEY "
      "(outbox_id, partition, id))";

  // What the target has; forgets everything else.
  void load(client::connection& target, const std::string& outbox_id, partition_t partition,
            clock::time_point now);

  // Which changes of a run are passed over. Every other change of a parked key tries it again. `tried` begins
  // empty and goes with the run, whose records may come in pieces.
  [[nodiscard]] std::set<const change::row_change*> held_back(std::span<const stored_record> records,
                                                              clock::time_point now,
                                                              std::set<place>& tried) const;

  // For the transaction under way: nothing counts before committed().
  void begin() { staged_ = keys_; }
  void park(parked_key refused);  // once more, if it is parked already
  // The target has taken the change: its key, or with a truncate every key of the table, is owed no more.
  void release(const change::table_name& table, const change::row_change& taken);
  [[nodiscard]] std::size_t staged_size() const { return staged_.size(); }
  // What has changed since begin(), as statements for the end of the transaction. Valid until the next call.
  [[nodiscard]] std::vector<client::connection::statement> changes();
  void committed(clock::time_point now);

  [[nodiscard]] std::vector<parked_key> all() const;
  [[nodiscard]] bool empty() const { return keys_.empty(); }

 private:
  struct entry {
    parked_key parked;
    clock::time_point next_attempt;
    friend bool same(const entry& a, const entry& b) {
      return a.parked.id == b.parked.id && a.parked.attempts == b.parked.attempts;
    }
  };

  // Whatever kept its rows out, those behind it are new ones.
  void note_truncate(const change::table_name& table, std::set<place>& tried) const;

  std::string outbox_id_;
  std::string partition_;
  std::map<place, entry> keys_;
  std::map<place, entry> staged_;
  std::uint64_t last_id_ = 0;
  std::vector<std::vector<std::string>> parameters_;  // of the statements given out last
};

}  // namespace pgtandem::outbox
