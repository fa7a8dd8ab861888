// Stands between the log and the target while tables are altered: what was captured of a table is applied
// only while the table still has the shape that pgtandem knows, and nothing is while an altered table is in
// the way (`on_ddl: halt`).
//
// Legacy is asked for the shapes of a batch's tables after the batch was read: what they are then, they were
// when its records were prepared, for a transaction's locks keep others from altering what it wrote. Where
// legacy does not answer, the last known shapes count. learn() comes from the thread that looks at the
// catalogs, examine() from the relay's; waiting_for() is thread-safe.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "outbox/log/log.h"
#include "protocol/catalog/shape.h"
#include "proxy/daemon/catalog_watch.h"
#include "proxy/daemon/mirrored_file.h"

namespace pgtandem::proxy {

struct ddl_gate_options {
  std::string database;  // as configured, for log lines
  std::string legacy;    // conninfo
  // Look at the catalogs soon; learn() follows. Thread-safe.
  std::function<void()> look_again;
};

class ddl_gate {
 public:
  explicit ddl_gate(ddl_gate_options options);

  // After each look: the tables, and why nothing may be applied for now.
  void learn(const catalog_view& view, const known_tables& known, const std::vector<std::string>& in_the_way);
  // An outbox::record_examiner.
  [[nodiscard]] bool examine(std::vector<outbox::stored_record>& records, bool refused,
                             const std::stop_token& stop);
  // Empty: nothing is in the way.
  [[nodiscard]] std::string waiting_for() const;

 private:
  struct table {
    oid_t oid;
    std::vector<std::string> shape;
    seq_t valid_after;
  };

  [[nodiscard]] bool shapes_hold(const std::vector<outbox::stored_record>& records);
  void pass_over(std::vector<outbox::stored_record>& records) const;

  const ddl_gate_options options_;
  catalog::alteration_probe probe_;  // of the relay's thread

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable_any learnt_;
  std::uint64_t looks_ = 0;
  std::map<change::table_name, table> tables_;
  std::string waiting_for_;
};

}  // namespace pgtandem::proxy
