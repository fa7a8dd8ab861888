// What the facts mean for single tables.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "protocol/catalog/image_sql.h"
#include "protocol/catalog/load.h"
#include "protocol/change/display.h"
#include "reconciler/preflight/findings.h"

namespace pgtandem::reconciler {

namespace {

constexpr const char* row_security_remedy =
    "as a superuser: ALTER ROLE ... BYPASSRLS; or, where it is not FORCEd, grant the role of the owner";
constexpr std::uint64_t much_toast = 64ULL << 20;

std::string names_of(const std::vector<trigger_fact>& triggers, bool always) {
  std::vector<std::string> names;
  for (const trigger_fact& t : triggers) {
    if ((t.enabled != 'O') == always) names.push_back(t.name);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

void judge_legacy_table(const table_pair& p, const std::string& subject, std::vector<finding>& out) {
  const catalog::relation& r = p.legacy;
  const auto limit = [&](std::string problem, std::string remedy) {
    out.push_back({severity::limit, subject, std::move(problem), std::move(remedy)});
  };
  if (r.has_user_triggers) {
    std::vector<std::string> names;
    for (const trigger_fact& t : p.legacy_facts.triggers) names.push_back(t.name);
    limit(fmt::format("has user triggers ({}): each write marks the table, and a heal follows",
                      fmt::join(names, ", ")),
          "expect more load on legacy; drop triggers that are not needed");
  }
  if (r.has_deferrable_triggers) {
    limit("has deferrable triggers, which write inside the commit: each write marks the table", "");
  }
  if (r.has_rules)
    limit("has rules: writes are not imaged but marked and healed", "replace rules by triggers");
  if (r.has_row_security) limit("has row security: writes of roles under a policy are marked and healed", "");
  if (!r.cascades.empty())
    limit("foreign keys of other tables cascade from here: rows changed that way are marked and healed", "");
  if (r.has_inheritance_children) {
    limit("has inheritance children: writes through the parent are marked and healed",
          "partitions do not have this limit");
  }
  if (p.legacy_facts.unlogged) {
    limit("is unlogged: a crash of legacy empties it",
          "ALTER TABLE " + catalog::qualified_name(r.name) + " SET LOGGED;");
  }
  if (p.legacy_facts.toast_bytes > much_toast) {
    out.push_back(
        {severity::info, subject,
         fmt::format("stores {} MiB of large values: an image reads all of a row's, also those that an UPDATE"
                     " leaves alone",
                     p.legacy_facts.toast_bytes >> 20),
         ""});
  }
  if (p.legacy_facts.filtered) {
    out.push_back({severity::refusal, subject, "row security hides rows of legacy from pgtandem's role",
                   row_security_remedy});
  }
}

void judge_target_table(const table_pair& p, const std::string& subject, std::vector<finding>& out) {
  const table_facts& f = p.target_facts;
  const auto limit = [&](std::string problem, std::string remedy) {
    out.push_back({severity::limit, subject, std::move(problem), std::move(remedy)});
  };
  if (const auto names = names_of(f.triggers, false); !names.empty()) {
    limit("triggers on the target do not fire for mirrored rows: " + names,
          "what they did on legacy is mirrored as rows");
  }
  if (const auto names = names_of(f.triggers, true); !names.empty()) {
    limit("triggers on the target fire for mirrored rows too: " + names,
          "ALTER TABLE ... DISABLE TRIGGER on the target");
  }
  if (!f.deferrable.empty()) {
    limit(fmt::format("deferrable constraints on the target are not checked while rows are mirrored: {}",
                      fmt::join(f.deferrable, ", ")),
          "");
  }
  for (const auto& [what, index] : f.unique) {
    if (p.legacy_facts.unique.contains(what)) continue;
    limit(fmt::format("the target's unique index {} has no counterpart on legacy: it may refuse rows", index),
          "drop it, or create it on legacy too");
  }
  if (f.filtered) {
    out.push_back({severity::refusal, subject, "row security hides rows of the target from pgtandem's role",
                   row_security_remedy});
  }
}

std::string remedy_of(const catalog::relation& r) {
  if (r.key.empty()) {
    return "ALTER TABLE " + catalog::qualified_name(r.name) + " ADD PRIMARY KEY (...); or exclude the table";
  }
  return "exclude the table, or change what is named";
}

struct missing_rights {
  std::map<std::string, std::vector<std::string>> tables;  // privilege list -> tables
  std::vector<std::string> schemas;

  void add(const catalog::relation& r, const table_facts& f, const std::string& privileges) {
    const std::string schema = catalog::quote_identifier(r.name.schema);
    if (!f.schema_usage && std::ranges::find(schemas, schema) == schemas.end()) schemas.push_back(schema);
    if (!privileges.empty()) tables[privileges].push_back(catalog::qualified_name(r.name));
  }

  void report(const char* subject, const std::string& role, std::vector<finding>& out) const {
    const std::string to = catalog::quote_identifier(role);
    if (!schemas.empty()) {
      out.push_back({severity::refusal, subject,
                     fmt::format("the role may not use {} schemas", schemas.size()),
                     fmt::format("GRANT USAGE ON SCHEMA {} TO {};", fmt::join(schemas, ", "), to)});
    }
    for (const auto& [privileges, names] : tables) {
      out.push_back(
          {severity::refusal, subject,
           fmt::format("the role lacks {} on {} tables or their partitions", privileges, names.size()),
           fmt::format("GRANT {} ON {} TO {};", privileges, fmt::join(names, ", "), to)});
    }
  }
};

}  // namespace

std::vector<finding> judge_table(const table_pair& pair, bool& mirrored) {
  std::vector<finding> out;
  const std::string subject = display(pair.legacy.name);
  mirrored = false;
  for (const std::string& refusal : pair.legacy.refusals) {
    out.push_back({severity::refusal, subject, refusal, remedy_of(pair.legacy)});
  }
  if (!out.empty()) return out;
  const catalog::relation* target = pair.target ? &*pair.target : nullptr;
  for (const std::string& problem : catalog::incompatibilities(pair.legacy, target)) {
    out.push_back({severity::refusal, subject, problem,
                   target ? "alter the target's table, or exclude it"
                          : "create it on the target (pg_dump --schema-only), or exclude it"});
  }
  if (!out.empty()) return out;
  judge_legacy_table(pair, subject, out);
  judge_target_table(pair, subject, out);
  mirrored = std::ranges::none_of(out, [](const finding& f) { return f.level == severity::refusal; });
  return out;
}

std::vector<finding> judge_rights(const std::vector<table_pair>& pairs, const server_facts& legacy,
                                  const server_facts& target) {
  missing_rights on_legacy;
  missing_rights on_target;
  for (const table_pair& p : pairs) {
    on_legacy.add(p.legacy, p.legacy_facts, p.legacy_facts.may_select ? "" : "SELECT");
    if (!p.target) continue;
    std::vector<std::string> lacks;
    if (!p.target_facts.may_select) lacks.emplace_back("SELECT");
    if (!p.target_facts.may_insert) lacks.emplace_back("INSERT");
    if (!p.target_facts.may_update) lacks.emplace_back("UPDATE");
    if (!p.target_facts.may_delete) lacks.emplace_back("DELETE");
    on_target.add(*p.target, p.target_facts, fmt::format("{}", fmt::join(lacks, ", ")));
  }
  std::vector<finding> out;
  on_legacy.report("legacy", legacy.role, out);
  on_target.report("target", target.role, out);
  return out;
}

}  // namespace pgtandem::reconciler
