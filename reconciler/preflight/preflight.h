// Can these servers and tables be mirrored? Every refusal, limit and missing GRANT, with what to do.
// Blocking; changes nothing on either server.
#pragma once

#include <string>
#include <vector>

#include "protocol/catalog/load.h"

namespace pgtandem::reconciler {

enum class severity { info, limit, refusal };

struct finding {
  severity level = severity::info;
  std::string subject;  // "legacy", "target", or schema.table
  std::string problem;
  std::string remedy;  // what to do, e.g. a GRANT statement; may be empty for info
};

struct preflight_options {
  std::string database;  // as configured
  std::string legacy;
  std::string target;
  catalog::table_filter filter;
  bool allow_trust = false;
};

struct preflight_report {
  std::vector<finding> findings;
  std::vector<catalog::relation> mirrored;  // tables that can be mirrored
  [[nodiscard]] bool ok() const;            // no refusal
};

// Unreachable servers are findings, not exceptions.
[[nodiscard]] preflight_report check(const preflight_options& options);
[[nodiscard]] std::string to_text(const preflight_report& report, const std::string& database);

}  // namespace pgtandem::reconciler
