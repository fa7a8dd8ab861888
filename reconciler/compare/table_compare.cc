#include "reconciler/compare/table_compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <stdexcept>

#include "protocol/catalog/image_sql.h"
#include "reconciler/server/key_lookup.h"
#include "reconciler/server/storage.h"

namespace pgtandem::reconciler {

namespace {

constexpr const char* estimate_sql =
    "SELECT c.reltuples, pg_catalog.pg_relation_size(c.oid) FROM pg_catalog.pg_class c WHERE c.oid = $1::oid";

// Statistics may be missing: a row is then taken to have about 200 bytes.
double estimated_rows(client::connection& c, const change::table_name& table) {
  double rows = 0;
  for (const storage_leaf& leaf : load_leaves(c, table)) {
    const auto r = c.query(estimate_sql, {std::to_string(leaf.oid.value)});
    if (r.rows() == 0) continue;
    rows += std::max(std::stod(std::string(r.at(0, 0))), static_cast<double>(r.u64(0, 1)) / 200.0);
  }
  return rows;
}

std::string probe(client::connection& c, const hash_form& form) {
  try {
    return std::string(c.query(probe_sql(form)).at(0, 0));
  } catch (const client::pg_error& e) {
    if (e.connection_lost()) throw;
    return {};  // no such function
  }
}

template <class F>
auto both(F legacy, F target) {
  auto there = std::async(std::launch::async, std::move(target));
  auto here = legacy();
  return std::pair(std::move(here), there.get());
}

}  // namespace

hash_form agree_on_hash(client::connection& legacy, client::connection& target) {
  const auto encoding = [](client::connection& c) {
    return std::string(c.query("SHOW server_encoding").at(0, 0));
  };
  hash_form form;
  form.utf8 = encoding(legacy) != encoding(target);
  const std::string here = probe(legacy, form);
  form.md5 = here.empty() || here != probe(target, form);
  if (form.md5 && probe(legacy, form) != probe(target, form)) {
    throw std::runtime_error("the two servers do not hash the same text alike, not even by md5");
  }
  return form;
}

table_compare::table_compare(server_link& legacy, server_link& target, const drift_options& options,
                             const hash_form& form, const catalog::relation& legacy_table,
                             const catalog::relation& target_table, compare_limits limits)
    : options_(options),
      form_(form),
      limits_(limits),
      table_(legacy_table),
      legacy_{legacy, legacy_table, {}},
      target_{target, target_table, {}} {}

void table_compare::run(table_report& report) {
  buckets_ = bucket_count(estimated_rows(legacy_.server.get(), table_.name));
  legacy_.equalities = key_equalities(table_, table_);
  target_.equalities = key_equalities(table_, target_.relation);

  const std::string fence = options_.pass_fence ? options_.pass_fence() : "no fence to compare against";
  if (!fence.empty()) report.undecidable.push_back(fence);
  const std::function<bucket_sums()> read_legacy = [this] { return sums(legacy_); };
  const std::function<bucket_sums()> read_target = [this] { return sums(target_); };
  const auto [legacy, target] = both(read_legacy, read_target);
  report.legacy_rows = total_rows(legacy);
  report.target_rows = total_rows(target);
  report.legacy_checksum = total_checksum(legacy);
  report.target_checksum = total_checksum(target);
  if (!fence.empty()) return;  // nothing that differs could be confirmed

  in_flight_ = 0;
  for (const auto& group : differing_groups(legacy, target, limits_.rows_in_memory)) {
    std::vector<std::string> candidates;
    for (auto& [key, hashes] : keys_of(group)) {
      if (hashes.legacy != hashes.target) candidates.push_back(key);
    }
    std::ranges::sort(candidates);
    if (!confirm_keys(candidates, report)) {
      report.undecidable.push_back(fmt::format(
          "more than {} rows differ: the rest of the table was not looked at", limits_.confirmed_rows));
      break;
    }
  }
  if (in_flight_ > 0) {
    report.undecidable.push_back(fmt::format(
        "{} rows differ but are in flight: they changed, or a heal of the table is owed", in_flight_));
  }
}

bucket_sums table_compare::sums(side& s) const {
  const auto r = s.server.get().query(
      fmt::format("SELECT bucket, pg_catalog.count(*), pg_catalog.sum(hash)::text FROM (SELECT {} AS bucket, "
                  "{} AS hash FROM {} t) rows"
                  " GROUP BY bucket",
                  key_bucket(table_, buckets_, form_), row_hash(table_, form_), from_relation(s.relation)));
  bucket_sums sums;
  for (int i = 0; i < r.rows(); ++i) {
    sums[static_cast<std::uint32_t>(r.u64(i, 0))] = {r.u64(i, 1), std::string(r.at(i, 2))};
  }
  return sums;
}

void table_compare::fetch_keys(side& s, const std::string& bitmap, key_map& into,
                               std::string key_hashes::*member) const {
  const catalog::relation keyed = key_relation(table_);
  const auto r = s.server.get().query(
      fmt::format("SELECT {}, {}::text FROM {} t {} WHERE pg_catalog.get_bit($1::bytea, {}) = 1",
                  key_expression(keyed), row_hash(table_, form_), from_relation(s.relation),
                  join_key_row(table_), key_bucket(table_, buckets_, form_)),
      {bitmap});
  for (int i = 0; i < r.rows(); ++i) {
    auto key = key_of(r.at(i, 0), keyed);
    if (!key) throw std::runtime_error("the table was altered while it was compared");
    into[std::move(*key)].*member = r.at(i, 1);
  }
}

table_compare::key_map table_compare::keys_of(const std::vector<std::uint32_t>& group) {
  const std::string bitmap = bucket_bitmap(group, buckets_);
  key_map keys;
  fetch_keys(legacy_, bitmap, keys, &key_hashes::legacy);
  fetch_keys(target_, bitmap, keys, &key_hashes::target);
  return keys;
}

std::vector<row_state> table_compare::states(side& s, const std::vector<std::string>& keys) const {
  const std::string array = json_array(keys);
  const auto r = s.server.get().query(
      fmt::format("SELECT k.pgtandem_ord, {}::text, t.tableoid::text || ':' || t.xmin::text || t.ctid::text"
                  " FROM {} JOIN {} t ON {}",
                  row_hash(table_, form_), keys_recordset(table_), from_relation(s.relation),
                  key_match(table_, s.equalities)),
      {array});
  std::vector<row_state> found(keys.size());
  for (int i = 0; i < r.rows(); ++i) {
    found.at(r.u64(i, 0) - 1) = {true, std::string(r.at(i, 1)), std::string(r.at(i, 2))};
  }
  return found;
}

bool table_compare::confirm_keys(const std::vector<std::string>& keys, table_report& report) {
  const confirm_io io{
      [this](const auto& k) { return states(legacy_, k); },
      [this](const auto& k) { return states(target_, k); },
      [this] { return options_.marks_of && !options_.marks_of(table_.name).empty(); },
      options_.pass_fence,
  };
  for (std::size_t first = 0; first < keys.size(); first += limits_.keys_per_confirmation) {
    const auto begin = keys.begin() + static_cast<std::ptrdiff_t>(first);
    const auto count = std::min(limits_.keys_per_confirmation, keys.size() - first);
    const std::vector<std::string> batch(begin, begin + static_cast<std::ptrdiff_t>(count));
    const auto verdicts = confirm(batch, io, limits_.confirmation_rounds);
    for (const row_verdict v : verdicts) {
      if (v == row_verdict::moving) ++in_flight_;
      if (v != row_verdict::moving && v != row_verdict::equal) ++report.differing;
    }
    show(batch, verdicts, report);
    if (report.differing > limits_.confirmed_rows) return false;
  }
  return true;
}

std::vector<std::vector<std::optional<std::string>>> table_compare::shown(
    side& s, const std::vector<std::string>& keys) const {
  std::string columns;
  for (const catalog::column& c : table_.columns) columns += ", " + shown_column(c);
  const std::string array = json_array(keys);
  const auto r = s.server.get().query(
      fmt::format("SELECT k.pgtandem_ord{} FROM {} JOIN {} t ON {}", columns, keys_recordset(table_),
                  from_relation(s.relation), key_match(table_, s.equalities)),
      {array});
  std::vector<std::vector<std::optional<std::string>>> rows(keys.size());
  for (int i = 0; i < r.rows(); ++i) {
    auto& row = rows.at(r.u64(i, 0) - 1);
    row.resize(table_.columns.size());
    for (int c = 1; c < r.columns(); ++c) {
      if (!r.is_null(i, c)) row[static_cast<std::size_t>(c - 1)] = std::string(r.at(i, c));
    }
  }
  return rows;
}

void table_compare::show(const std::vector<std::string>& keys, const std::vector<row_verdict>& verdicts,
                         table_report& report) {
  std::vector<std::string> wanted;
  std::vector<row_verdict> wanted_verdicts;
  for (std::size_t i = 0; i < keys.size() && report.rows.size() + wanted.size() < limits_.shown_rows; ++i) {
    if (verdicts[i] == row_verdict::equal || verdicts[i] == row_verdict::moving) continue;
    wanted.push_back(keys[i]);
    wanted_verdicts.push_back(verdicts[i]);
  }
  if (wanted.empty()) return;
  const auto legacy = shown(legacy_, wanted);
  const auto target = shown(target_, wanted);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    row_difference row;
    row.key = wanted[i];
    row.what = wanted_verdicts[i] == row_verdict::missing_on_target ? row_difference::kind::missing_on_target
               : wanted_verdicts[i] == row_verdict::surplus_on_target
                   ? row_difference::kind::surplus_on_target
                   : row_difference::kind::differs;
    for (std::size_t c = 0; c < table_.columns.size(); ++c) {
      const auto here = legacy[i].empty() ? std::nullopt : legacy[i][c];
      const auto there = target[i].empty() ? std::nullopt : target[i][c];
      const bool one_sided = row.what != row_difference::kind::differs;
      if (one_sided || here != there) row.columns.push_back({table_.columns[c].name, here, there});
    }
    report.rows.push_back(std::move(row));
  }
}

}  // namespace pgtandem::reconciler
