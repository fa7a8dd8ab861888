// One connection to the target as the applier needs it, and the place of a partition there: hwm and epoch in
// pgtandem.watermark. Blocking, throws client::pg_error; not thread-safe except abandon().
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "outbox/applier/parked_keys.h"
#include "protocol/client/connection.h"
#include "protocol/types.h"

namespace pgtandem::outbox {

struct watermark {
  seq_t hwm;
  epoch_t epoch;
};

// A transaction is written in one pipeline, or in several if it is large.
enum class piece { whole, first, middle, last };

// Another owner, or somebody's hand, has moved the watermark: nothing of the transaction was written.
class watermark_moved : public std::exception {};

class target_session {
 public:
  // Connects; triggers of the target do not fire in this session, and what it commits is flushed.
  target_session(const std::string& conninfo, std::string outbox_id, partition_t partition);

  // Creates schema pgtandem and its tables where missing.
  void create_schema();
  // Takes the partition over: nobody with an older epoch can write any more. Durable.
  watermark take_over();
  // nullopt: nobody ever took the partition over on this target.
  std::optional<watermark> read();
  // Runs the statements and moves the hwm in one transaction, in one round trip, or in one for each piece.
  // Throws watermark_moved if it is not where `from` says; whatever is thrown, nothing was written. In a
  // pg_error statement() first_statement is the first of `statements`.
  void write(const watermark& from, seq_t to, std::vector<client::connection::statement> statements,
             piece part = piece::whole);
  // Ends a transaction of which the last piece will not come.
  void roll_back();
  static constexpr std::size_t first_statement = 2;
  // What is parked of this partition.
  void load_parked(parked_keys& into, parked_keys::clock::time_point now) {
    into.load(connection_, outbox_id_, partition_number_, now);
  }

  client::connection& connection() { return connection_; }
  void abandon() { connection_.abandon(); }

 private:
  client::connection connection_;
  std::string outbox_id_;
  partition_t partition_number_;
  std::string partition_;
};

}  // namespace pgtandem::outbox
