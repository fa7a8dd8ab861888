#include "reconciler/server/pair_fixture.h"

#include <fmt/format.h>
#include <unistd.h>

#include <future>

#include "protocol/catalog/image_sql.h"
#include "protocol/catalog/load.h"
#include "reconciler/server/key_lookup.h"
#include "reconciler/server/storage.h"
#include "tests/support/pg_cluster.h"

namespace pgtandem::reconciler {

pair_fixture::pair_fixture() {
  auto& here = test_support::shared_cluster();
  auto& there = test_support::second_shared_cluster();
  legacy_conninfo_ = here.conninfo(here.fresh_database());
  target_conninfo_ = there.conninfo(there.fresh_database());
  legacy_ = std::make_unique<client::connection>(legacy_conninfo_);
  target_ = std::make_unique<client::connection>(target_conninfo_);

  std::string name = (std::filesystem::temp_directory_path() / "pgtandem-reconciler-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  directory_ = name;
  reopen_log();
  life_ = std::make_unique<outbox::legacy_life>(legacy_conninfo_);
}

pair_fixture::~pair_fixture() {
  mirror_ = {};
  log_.reset();
  std::filesystem::remove_all(directory_);
}

void pair_fixture::on_both(const std::string& sql) {
  legacy_->query_simple(sql);
  target_->query_simple(sql);
}

std::string pair_fixture::value_of(client::connection& c, const std::string& sql) {
  const auto r = c.query_simple(sql);
  return r.rows() == 0 ? "no row" : std::string(r.at(0, 0));
}

std::string pair_fixture::contents(client::connection& c, const std::string& table) {
  return value_of(
      c, fmt::format("SELECT string_agg(row, E'\\n' ORDER BY row COLLATE \"C\") FROM (SELECT ROW(t.*)::text"
                     " AS row FROM {} t) rows",
                     table));
}

void pair_fixture::expect_equal(const std::string& table) {
  EXPECT_EQ(contents(*legacy_, table), contents(*target_, table)) << "table " << table;
}

outbox::mark_id pair_fixture::add_mark(change::mark mark) {
  std::promise<outbox::mark_id> done;
  log_->add_marks(
      partition_, {std::move(mark)}, std::nullopt,
      [&](const std::vector<outbox::mark_id>& ids, const std::optional<outbox::log_error>& error) {
        if (error) throw std::runtime_error(error->message);
        done.set_value(ids.at(0));
      });
  return done.get_future().get();
}

outbox::mark_id pair_fixture::mark_table(const std::string& table) {
  return add_mark({{"public", table}, change::mark_scope::table, {}, "test"});
}

outbox::mark_id pair_fixture::mark_keys(const std::string& table, std::vector<std::string> keys) {
  return add_mark({{"public", table}, change::mark_scope::keys, std::move(keys), "test"});
}

seq_t pair_fixture::prepare(const std::string& table, std::vector<change::row_change> changes,
                            std::uint32_t pid, xid_t xid) {
  change::record r;
  r.partition = partition_;
  r.xid = xid;
  r.backend_pid = pid;
  r.incarnation = life_->current();
  r.tables = {{"public", table}};
  r.changes = std::move(changes);
  std::promise<outbox::prepare_result> done;
  log_->prepare(std::move(r), [&](outbox::prepare_result result) { done.set_value(std::move(result)); });
  return done.get_future().get().seq.value();
}

bool pair_fixture::eventually(const std::function<bool()>& condition, std::chrono::milliseconds within) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  while (std::chrono::steady_clock::now() < deadline) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return condition();
}

void pair_fixture::start_mirror() {
  mirror_ = std::jthread([this](std::stop_token stop) { mirror(std::move(stop)); });
}

void pair_fixture::reopen_log() {
  mirror_ = {};
  applied_ = 0;
  log_.reset();
  log_ = outbox::log::open({.path = (directory_ / "outbox").string(), .min_free_bytes = 0});
  partition_ = log_->partition_of("app");
}

void pair_fixture::mirror(std::stop_token stop) {
  client::connection c(target_conninfo_);
  c.query_simple("SET session_replication_role = replica");
  c.query_simple(std::string(catalog::pin_settings_sql()));
  seq_t after{};
  while (auto batch = log_->read(partition_, after, 1 << 20, stop)) {
    for (const outbox::stored_record& r : batch->records) apply(c, r.record);
    after = batch->through;
    applied_ = after.value;
  }
}

const catalog::relation& pair_fixture::relation_of(client::connection& c, const change::table_name& table) {
  auto known = relations_.find(table);
  if (known == relations_.end()) {
    known = relations_.emplace(table, catalog::load_named_relations(c, {table}).at(0)).first;
  }
  return known->second;
}

void pair_fixture::apply(client::connection& c, const change::record& r) {
  for (const change::row_change& change : r.changes) {
    const catalog::relation& table = relation_of(c, r.tables.at(change.table));
    c.query(fmt::format("DELETE FROM {} t USING {} WHERE {}", catalog::qualified_name(table.name),
                        keys_recordset(table), key_match(table, key_equalities(table, table))),
            {json_array(std::vector{change.key})});
    if (change.op == change::op::remove) continue;
    std::string names;
    std::string values;
    for (const catalog::column& column : table.columns) {
      if (column.generated) continue;
      names += (names.empty() ? "" : ", ") + catalog::quote_identifier(column.name);
      values += (values.empty() ? "" : ", ") + catalog::column_value(column, "r");
    }
    c.query(
        fmt::format(
            "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM json_to_recordset($1::json) AS r({})",
            catalog::qualified_name(table.name), names, values, catalog::recordset_columns(table, false)),
        {"[" + change.image + "]"});
  }
}

}  // namespace pgtandem::reconciler
