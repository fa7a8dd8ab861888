// The drift report as a script reads it. Keys are JSON objects already and go in as they are: a parser in
// between would spoil long numbers.
#include <fmt/format.h>

#include "reconciler/compare/drift_report.h"

namespace pgtandem::reconciler {

namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20U) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string quoted(const std::optional<std::string>& text) {
  return text ? quoted(std::string_view(*text)) : "null";
}

template <class Range, class F>
std::string array(const Range& items, F print) {
  std::string out = "[";
  for (const auto& item : items) {
    if (out.size() > 1) out += ',';
    out += print(item);
  }
  return out + "]";
}

std::string print_sentence(const std::string& s) {
  return quoted(std::string_view(s));
}

const char* name_of(row_difference::kind what) {
  switch (what) {
    case row_difference::kind::missing_on_target:
      return "missing_on_target";
    case row_difference::kind::surplus_on_target:
      return "surplus_on_target";
    case row_difference::kind::differs:
      break;
  }
  return "differs";
}

std::string print_row(const row_difference& r) {
  return fmt::format(R"({{"what":"{}","key":{},"columns":{}}})", name_of(r.what), r.key,
                     array(r.columns, [](const column_difference& c) {
                       return fmt::format(R"({{"column":{},"legacy":{},"target":{}}})",
                                          quoted(std::string_view(c.column)), quoted(c.legacy),
                                          quoted(c.target));
                     }));
}

std::string print_table(const table_report& t) {
  return fmt::format(
      R"({{"schema":{},"table":{},"legacy_rows":{},"target_rows":{},"legacy_checksum":{},"target_checksum":{},)"
      R"("differing":{},"rows":{},"undecidable":{}}})",
      quoted(std::string_view(t.table.schema)), quoted(std::string_view(t.table.name)), t.legacy_rows,
      t.target_rows, quoted(std::string_view(t.legacy_checksum)), quoted(std::string_view(t.target_checksum)),
      t.differing, array(t.rows, print_row), array(t.undecidable, print_sentence));
}

}  // namespace

std::string to_json(const drift_report& report) {
  return fmt::format("{{\"exit_code\":{},\"tables\":{},\"trouble\":{}}}\n", report.exit_code(),
                     array(report.tables, print_table), array(report.trouble, print_sentence));
}

}  // namespace pgtandem::reconciler
