// The drift report as a person reads it.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/change/display.h"
#include "reconciler/compare/drift_report.h"

namespace pgtandem::reconciler {

namespace {

constexpr std::size_t shown_value = 60;

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (int at = static_cast<int>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

// At most `shown_value` bytes, never half a UTF-8 character, on one line.
std::string shown(const std::optional<std::string>& value) {
  if (!value) return "NULL";
  std::string text = "'";
  std::size_t end = std::min(value->size(), shown_value);
  while (end < value->size() && end > 0 && (static_cast<unsigned char>((*value)[end]) & 0xc0U) == 0x80U)
    --end;
  for (const char c : value->substr(0, end)) {
    if (c == '\n') {
      text += "\\n";
    } else {
      text += static_cast<unsigned char>(c) < 0x20U || c == 0x7f ? '?' : c;
    }
  }
  text += end < value->size() ? fmt::format("...' ({} bytes)", value->size()) : "'";
  return text;
}

std::string verdict(const table_report& t) {
  if (t.differing > 0) return "DRIFT";
  return t.undecidable.empty() ? "in sync" : "cannot tell";
}

using row = std::array<std::string, 7>;

std::string layout(const std::vector<row>& rows) {
  std::array<std::size_t, 7> width{};
  for (const row& r : rows) {
    for (std::size_t c = 0; c < r.size(); ++c) width[c] = std::max(width[c], r[c].size());
  }
  std::string text;
  for (const row& r : rows) {
    std::string line;
    for (std::size_t c = 0; c < r.size(); ++c) {
      const bool number = c == 1 || c == 2 || c == 5;
      line += number ? fmt::format("{:>{}}  ", r[c], width[c]) : fmt::format("{:<{}}  ", r[c], width[c]);
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

void print_row(const row_difference& r, std::string& text) {
  switch (r.what) {
    case row_difference::kind::missing_on_target:
      text += fmt::format("  {} is missing on the target\n", r.key);
      for (const auto& c : r.columns) text += fmt::format("      {}: legacy {}\n", c.column, shown(c.legacy));
      break;
    case row_difference::kind::surplus_on_target:
      text += fmt::format("  {} is only on the target\n", r.key);
      for (const auto& c : r.columns) text += fmt::format("      {}: target {}\n", c.column, shown(c.target));
      break;
    case row_difference::kind::differs:
      text += fmt::format("  {} differs\n", r.key);
      for (const auto& c : r.columns) {
        text += fmt::format("      {}: legacy {}  target {}\n", c.column, shown(c.legacy), shown(c.target));
      }
      break;
  }
}

std::string last_line(const drift_report& report) {
  std::uint64_t rows = 0;
  std::uint64_t differing = 0;
  std::size_t drifted = 0;
  std::size_t uncertain = 0;
  for (const table_report& t : report.tables) {
    rows += t.legacy_rows;
    differing += t.differing;
    drifted += t.differing > 0 ? 1 : 0;
    uncertain += t.undecidable.empty() ? 0 : 1;
  }
  const auto tables = [](std::size_t n) {
    return fmt::format("{} {}", grouped(n), n == 1 ? "table" : "tables");
  };
  switch (report.exit_code()) {
    case 0:
      return fmt::format("in sync: {}, {} {} compared\n", tables(report.tables.size()), grouped(rows),
                         rows == 1 ? "row" : "rows");
    case 1:
      return fmt::format("DRIFT: {} {} in {}{}\n", grouped(differing),
                         differing == 1 ? "row differs" : "rows differ", tables(drifted),
                         uncertain > 0 ? "; of " + tables(uncertain) + " not all can be told" : "");
    default:
      return fmt::format("CANNOT TELL: {} of {} undecidable{}\n", grouped(uncertain),
                         tables(report.tables.size()),
                         report.trouble.empty() ? "" : ", " + report.trouble.front());
  }
}

}  // namespace

std::string to_text(const drift_report& report) {
  std::vector<row> rows;
  rows.push_back(
      {"table", "legacy rows", "target rows", "legacy checksum", "target checksum", "differing", "verdict"});
  for (const table_report& t : report.tables) {
    const bool counted = !t.legacy_checksum.empty();
    const auto or_dash = [&](const std::string& s) { return counted ? s : std::string("-"); };
    rows.push_back({display(t.table), or_dash(grouped(t.legacy_rows)), or_dash(grouped(t.target_rows)),
                    or_dash(t.legacy_checksum), or_dash(t.target_checksum), or_dash(grouped(t.differing)),
                    verdict(t)});
  }
  std::string text = layout(rows);
  for (const table_report& t : report.tables) {
    if (t.rows.empty() && t.undecidable.empty()) continue;
    text += fmt::format("\n{}.{}\n", t.table.schema, t.table.name);
    for (const std::string& why : t.undecidable) text += "  cannot tell: " + why + "\n";
    for (const row_difference& r : t.rows) print_row(r, text);
    if (!t.rows.empty() && t.rows.size() < t.differing) {
      text += fmt::format("  ... and {} more\n", grouped(t.differing - t.rows.size()));
    }
  }
  text += "\n";
  for (const std::string& trouble : report.trouble) text += "trouble: " + trouble + "\n";
  return text + last_line(report);
}

}  // namespace pgtandem::reconciler
