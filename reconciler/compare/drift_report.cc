#include "reconciler/compare/drift_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "protocol/catalog/image_sql.h"
#include "reconciler/compare/table_compare.h"
#include "reconciler/server/server_link.h"
#include "reconciler/server/storage.h"

namespace pgtandem::reconciler {

namespace {

change::table_name parse_table(const std::string& text) {
  const auto dot = text.find('.');
  if (dot == std::string::npos) return {"public", text};
  return {text.substr(0, dot), text.substr(dot + 1)};
}

// What keeps the table from being compared at all; empty if nothing does.
std::vector<std::string> obstacles(const catalog::relation& legacy, const catalog::relation* target) {
  std::vector<std::string> all;
  for (const std::string& refusal : legacy.refusals) all.push_back("not mirrored: " + refusal);
  if (legacy.key.empty() && all.empty()) all.emplace_back("not mirrored: no usable key");
  if (!all.empty()) return all;
  if (!target) return {"the target has no such table, or not within reach of pgtandem's role"};
  return catalog::incompatibilities(legacy, target);
}

const catalog::relation* find(const std::vector<catalog::relation>& all, const change::table_name& name) {
  const auto it = std::ranges::find(all, name, &catalog::relation::name);
  return it == all.end() ? nullptr : &*it;
}

}  // namespace

int drift_report::exit_code() const {
  if (std::ranges::any_of(tables, [](const table_report& t) { return t.differing > 0; })) return 1;
  const bool certain =
      !tables.empty() && trouble.empty() &&
      std::ranges::all_of(tables, [](const table_report& t) { return t.undecidable.empty(); });
  return certain ? 0 : 2;
}

drift_report compare(const drift_options& options) {
  server_link legacy(options.legacy);
  server_link target(options.target);
  legacy.get();
  target.get();

  drift_report report;
  hash_form form;
  try {
    form = agree_on_hash(legacy.get(), target.get());
  } catch (const std::exception& e) {
    report.trouble.emplace_back(e.what());
    return report;
  }

  const auto legacy_tables = catalog::load_relations(legacy.get(), options.filter);
  const auto target_tables = catalog::load_relations(target.get(), options.filter);
  for (const catalog::relation& table : legacy_tables) {
    if (!options.table.empty() && table.name != parse_table(options.table)) continue;
    table_report t;
    t.table = table.name;
    const catalog::relation* other = find(target_tables, table.name);
    t.undecidable = obstacles(table, other);
    if (t.undecidable.empty()) {
      try {
        table_compare(legacy, target, options, form, table, *other).run(t);
      } catch (const std::exception& e) {
        t.undecidable.emplace_back(e.what());
      }
      if (options.marks_of)
        std::ranges::copy(options.marks_of(table.name), std::back_inserter(t.undecidable));
    }
    report.tables.push_back(std::move(t));
  }
  if (report.tables.empty()) {
    report.trouble.push_back(
        options.table.empty()
            ? "legacy has no table that the configuration includes"
            : fmt::format("{} is not a table that the configuration includes", options.table));
  }
  return report;
}

}  // namespace pgtandem::reconciler
