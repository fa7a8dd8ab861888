#include "outbox/applier/target_session.h"

#include <iterator>

#include "protocol/catalog/image_sql.h"
#include "protocol/planted_bug.h"

namespace pgtandem::outbox {

namespace {

watermark to_watermark(const client::result& r) {
  return {seq_t{r.u64(0, 0)}, epoch_t{r.u64(0, 1)}};
}

// Fails with division_by_zero where no row is hit. First in its transaction: its row lock keeps everybody
// else out who would write this partition.
constexpr const char* move_hwm =
    "WITH moved AS (UPDATE pgtandem.watermark SET hwm = $1::bigint WHERE outbox_id = $2::uuid AND partition "
    "= $3::int "
    "AND hwm = $4::bigint AND epoch = $5::bigint RETURNING 1) SELECT 1 / count(*) FROM moved";

}  // namespace

target_session::target_session(const std::string& conninfo, std::string outbox_id, partition_t partition)
    : connection_(conninfo),
      outbox_id_(std::move(outbox_id)),
      partition_number_(partition),
      partition_(std::to_string(partition.value)) {
  connection_.query_simple(std::string(catalog::pin_settings_sql()));
  connection_.query_simple(
      "SET session_replication_role = replica; SET synchronous_commit = on; SET statement_timeout = 0; "
      "SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET default_transaction_read_only "
      "= off; "
      "SET default_transaction_isolation = 'read committed'; SET default_transaction_deferrable = off; "
      "SET row_security = off; SET jit = off");
  if (connection_.server_version() >= 140000) connection_.query_simple("SET idle_session_timeout = 0");
}

void target_session::create_schema() {
  // IF NOT EXISTS asks for the right to create before it looks.
  const auto missing = [&](const char* table) {
    return connection_.query("SELECT to_regclass($1) IS NULL", {table}).boolean(0, 0);
  };
  if (connection_.query_simple("SELECT to_regnamespace('pgtandem') IS NULL").boolean(0, 0)) {
    connection_.query_simple("CREATE SCHEMA IF NOT EXISTS pgtandem");
  }
  if (missing("pgtandem.watermark")) {
    connection_.query_simple(
        "CREATE TABLE IF NOT EXISTS pgtandem.watermark(outbox_id uuid, partition int, hwm bigint NOT NULL, "
        "epoch bigint NOT NULL, PRIMARY KEY (outbox_id, partition))");
  }
  if (missing("pgtandem.parked")) connection_.query_simple(parked_keys::table_sql);
  if (missing("pgtandem.degraded")) {
    connection_.query_simple(
        "CREATE TABLE IF NOT EXISTS pgtandem.degraded(outbox_id uuid NOT NULL, since timestamptz NOT NULL, "
        "reason text NOT NULL)");
  }
}

watermark target_session::take_over() {
  return to_watermark(
      connection_.query("INSERT INTO pgtandem.watermark AS w VALUES ($1::uuid, $2::int, 0, 1) ON CONFLICT "
                        "(outbox_id, partition) DO "
                        "UPDATE SET epoch = w.epoch + 1 RETURNING hwm, epoch",
                        {outbox_id_, partition_}));
}

std::optional<watermark> target_session::read() {
  const auto r = connection_.query(
      "SELECT hwm, epoch FROM pgtandem.watermark WHERE outbox_id = $1::uuid AND partition = $2::int",
      {outbox_id_, partition_});
  if (r.rows() == 0) return std::nullopt;
  return to_watermark(r);
}

void target_session::roll_back() {
  if (connection_.alive()) connection_.query_simple("ROLLBACK");
}

void target_session::write(const watermark& from, seq_t to,
                           std::vector<client::connection::statement> statements, piece part) {
  const bool begins = part == piece::whole || part == piece::first;
  const std::string new_hwm = std::to_string(to.value);
  const std::string old_hwm = std::to_string(from.hwm.value);
  const std::string epoch = std::to_string(from.epoch.value);
  const client::connection::statement head[first_statement] = {
      {"BEGIN", {}}, {move_hwm, {new_hwm, outbox_id_, partition_, old_hwm, epoch}}};
  if (begins) statements.insert(statements.begin(), std::begin(head), std::end(head));
  if (begins && planted(planted_bug::hwm_outside_transaction)) {
    (void)connection_.query(move_hwm, head[1].params);
    statements[1] = {"SELECT 1", {}};
  }
  if (part == piece::whole || part == piece::last) statements.push_back({"COMMIT", {}});
  if (statements.empty()) return;
  try {
    connection_.pipeline(statements);
  } catch (client::pg_error& e) {
    roll_back();
    if (!begins) e.count_behind(first_statement);
    if (e.statement() == 1U && e.sqlstate() == "22012") throw watermark_moved();
    throw;
  }
}

}  // namespace pgtandem::outbox
