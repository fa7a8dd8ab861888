// The preflight's report as a person reads it: what stands in the way first.
#include <fmt/format.h>

#include "reconciler/preflight/preflight.h"

namespace pgtandem::reconciler {

namespace {

constexpr severity order[] = {severity::refusal, severity::limit, severity::info};

const char* name_of(severity level) {
  switch (level) {
    case severity::refusal:
      return "refused";
    case severity::limit:
      return "limit";
    case severity::info:
      break;
  }
  return "info";
}

}  // namespace

std::string to_text(const preflight_report& report, const std::string& database) {
  std::string text = fmt::format("database {}\n", database);
  for (const severity level : order) {
    for (const finding& f : report.findings) {
      if (f.level != level) continue;
      text += fmt::format("{:<8} {}: {}\n", name_of(level), f.subject, f.problem);
      if (!f.remedy.empty()) text += fmt::format("{:<8}   -> {}\n", "", f.remedy);
    }
  }
  const std::size_t tables = report.mirrored.size();
  return text + fmt::format("{} {} can be mirrored{}\n", tables, tables == 1 ? "table" : "tables",
                            report.ok() ? "" : ", but something is refused");
}

}  // namespace pgtandem::reconciler
