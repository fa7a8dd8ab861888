#include "reconciler/preflight/preflight.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "reconciler/preflight/findings.h"
#include "reconciler/server/server_link.h"

namespace pgtandem::reconciler {

namespace {

void append(std::vector<finding>& to, std::vector<finding> more) {
  std::ranges::move(more, std::back_inserter(to));
}

std::optional<server_facts> reach(server_side side, server_link& server, std::vector<finding>& out) {
  const char* subject = side == server_side::legacy ? "legacy" : "target";
  try {
    server_facts facts = load_server_facts(server.get());
    append(out, judge_server(side, facts));
    return facts;
  } catch (const client::pg_error& e) {
    out.push_back({severity::refusal, subject, fmt::format("it cannot be asked: {}", e.what()),
                   "check the conninfo, that the server runs, and that the role may log in"});
  }
  return std::nullopt;
}

std::vector<table_pair> load_pairs(server_link& legacy, server_link& target,
                                   const catalog::table_filter& filter) {
  std::vector<table_pair> pairs;
  const auto there = catalog::load_relations(target.get(), filter);
  for (catalog::relation& table : catalog::load_relations(legacy.get(), filter)) {
    table_pair p;
    p.legacy_facts = load_table_facts(legacy.get(), table);
    const auto other = std::ranges::find(there, table.name, &catalog::relation::name);
    if (other != there.end()) {
      p.target = *other;
      p.target_facts = load_table_facts(target.get(), *other);
    }
    p.legacy = std::move(table);
    pairs.push_back(std::move(p));
  }
  return pairs;
}

void check_tables(const std::vector<table_pair>& pairs, preflight_report& report) {
  for (const table_pair& p : pairs) {
    bool mirrored = false;
    append(report.findings, judge_table(p, mirrored));
    if (mirrored) report.mirrored.push_back(p.legacy);
  }
  if (report.mirrored.empty()) {
    report.findings.push_back({severity::refusal, "legacy",
                               "no table that the configuration includes can be mirrored",
                               "see tables.include, and what is said of the tables"});
  }
}

}  // namespace

bool preflight_report::ok() const {
  return std::ranges::none_of(findings, [](const finding& f) { return f.level == severity::refusal; });
}

preflight_report check(const preflight_options& options) {
  preflight_report report;
  server_link legacy(options.legacy);
  server_link target(options.target);
  try {
    append(report.findings,
           judge_legacy_endpoint(client::parse_conninfo(options.legacy), options.allow_trust));
  } catch (const std::invalid_argument& e) {
    report.findings.push_back({severity::refusal, "legacy", e.what(), "correct the conninfo"});
    return report;
  }
  const auto legacy_facts = reach(server_side::legacy, legacy, report.findings);
  if (legacy_facts) append(report.findings, judge_open_lines(*legacy_facts, options.allow_trust));
  const auto target_facts = reach(server_side::target, target, report.findings);
  if (!legacy_facts || !target_facts) return report;
  append(report.findings, judge_pair(*legacy_facts, *target_facts));
  try {
    const auto pairs = load_pairs(legacy, target, options.filter);
    append(report.findings, judge_rights(pairs, *legacy_facts, *target_facts));
    check_tables(pairs, report);
  } catch (const client::pg_error& e) {
    report.findings.push_back({severity::refusal, "legacy or target",
                               fmt::format("the tables could not be looked at: {}", e.what()), "try again"});
  }
  return report;
}

}  // namespace pgtandem::reconciler
