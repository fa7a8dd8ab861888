#include "protocol/catalog/carriers.h"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/change/display.h"

namespace pgtandem::catalog {
namespace {

// Internal triggers are those of foreign keys, and of deferrable unique keys, which write nothing.
constexpr std::string_view carriers_sql = R"(
WITH action(letter, word) AS (
  VALUES ('c', 'cascade'), ('n', 'set null'), ('d', 'set default'), ('r', 'restrict'), ('a', 'no action')
), found(what, name, relation, other, detail, xid) AS (
  SELECT CASE WHEN t.tgdeferrable THEN 'd' ELSE 't' END, t.tgname, t.tgrelid, NULL::oid, NULL, t.xmin
    FROM pg_trigger t WHERE NOT t.tgisinternal AND t.tgenabled <> 'D'
  UNION ALL
  SELECT 'r', w.rulename, w.ev_class, NULL, NULL, w.xmin FROM pg_rewrite w WHERE w.ev_type <> '1'
  UNION ALL
  SELECT 'f', f.conname, f.confrelid, f.conrelid, format('on delete %s, on update %s', d.word, u.word), f.xmin
    FROM pg_constraint f JOIN action d ON d.letter = f.confdeltype JOIN action u ON u.letter = f.confupdtype
   WHERE f.contype = 'f' AND f.conparentid = 0 AND (f.confdeltype IN ('c', 'n', 'd') OR f.confupdtype IN ('c', 'n', 'd'))
  UNION ALL
  SELECT 'c', NULL, i.inhparent, i.inhrelid, NULL, i.xmin
    FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent WHERE p.relkind = 'r'
  UNION ALL
  SELECT 'p', p.polname, p.polrelid, NULL, NULL, p.xmin
    FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE c.relrowsecurity
  UNION ALL
  SELECT 's', NULL, c.oid, NULL, CASE WHEN c.relforcerowsecurity THEN 'forced' END, c.xmin
    FROM pg_class c WHERE c.relrowsecurity
)
SELECT f.what, f.name, n.nspname, c.relname, m.nspname, o.relname, f.detail, f.xid
  FROM found f
  JOIN pg_class k ON k.oid = f.relation AND k.relkind IN ('r', 'p') AND k.relpersistence <> 't'
  JOIN pg_class c ON c.oid = coalesce(pg_partition_root(k.oid), k.oid)
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_class o ON o.oid = coalesce(pg_partition_root(f.other), f.other)
  LEFT JOIN pg_namespace m ON m.oid = o.relnamespace)";

std::string text_of(const carrier& c, std::string_view name, std::string_view detail) {
  const std::string on = change::display(c.on);
  const std::string to = c.to ? change::display(*c.to) : "";
  const std::string details = detail.empty() ? "" : fmt::format(", {}", detail);
  switch (c.what) {
    case carrier::sort::trigger:
      return fmt::format("trigger {} on {}", name, on);
    case carrier::sort::deferred_trigger:
      return fmt::format("deferrable trigger {} on {}", name, on);
    case carrier::sort::rule:
      return fmt::format("rule {} on {}", name, on);
    case carrier::sort::foreign_key:
      return fmt::format("foreign key {} of {} to {}{}", name, to, on, details);
    case carrier::sort::child:
      return fmt::format("inheritance of {} from {}", to, on);
    case carrier::sort::policy:
      return fmt::format("policy {} on {}", name, on);
    case carrier::sort::row_security:
      return fmt::format("row security of {}{}", on, details);
  }
  return {};
}

}  // namespace

bool runs_code(const carrier& c) {
  return c.what == carrier::sort::trigger || c.what == carrier::sort::deferred_trigger ||
         c.what == carrier::sort::rule;
}

carriers load_carriers(client::connection& c) {
  const auto rows = c.query(std::string(carriers_sql));
  carriers all;
  for (int i = 0; i < rows.rows(); ++i) {
    carrier found;
    found.what = static_cast<carrier::sort>(rows.at(i, 0).front());
    found.on = {std::string(rows.at(i, 2)), std::string(rows.at(i, 3))};
    if (!rows.is_null(i, 5)) found.to = {std::string(rows.at(i, 4)), std::string(rows.at(i, 5))};
    found.text = text_of(found, rows.at(i, 1), rows.at(i, 6));
    found.xid = static_cast<std::uint32_t>(rows.u64(i, 7));
    all.push_back(std::move(found));
  }
  return all;
}

std::set<std::string> texts_of(const carriers& all) {
  std::set<std::string> texts;
  for (const carrier& c : all) texts.insert(c.text);
  return texts;
}

std::optional<std::set<change::table_name>> reached(const carrier& by, const carriers& all) {
  if (runs_code(by)) return std::nullopt;
  if (!by.to) return std::set{by.on};
  std::set<change::table_name> tables{*by.to};
  std::vector<change::table_name> rest{*by.to};
  while (!rest.empty()) {
    const change::table_name table = std::move(rest.back());
    rest.pop_back();
    for (const carrier& c : all) {
      if (c.on != table) continue;
      if (runs_code(c)) return std::nullopt;
      if (c.to && tables.insert(*c.to).second) rest.push_back(*c.to);
    }
  }
  return tables;
}

}  // namespace pgtandem::catalog
