// Compares both sides table by table: count, checksum, and the rows that differ, confirmed against a fence so
// that rows in flight are never reported. Blocking; used by the CLI.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "protocol/catalog/load.h"

namespace pgtandem::reconciler {

struct column_difference {
  std::string column;
  std::optional<std::string> legacy;  // nullopt: NULL
  std::optional<std::string> target;
};

struct row_difference {
  enum class kind { missing_on_target, surplus_on_target, differs } what = kind::differs;
  std::string key;  // canonical key, a JSON object
  std::vector<column_difference> columns;
};

struct table_report {
  change::table_name table;
  std::uint64_t legacy_rows = 0;
  std::uint64_t target_rows = 0;
  std::string legacy_checksum;
  std::string target_checksum;
  std::uint64_t differing = 0;           // confirmed
  std::vector<row_difference> rows;      // the first 100
  std::vector<std::string> undecidable;  // why nothing can be said: refused, marked, parked, an error
};

struct drift_report {
  std::vector<table_report> tables;
  std::vector<std::string> trouble;  // not of one table: no daemon, halted applier, degraded
  // 0 at least one table was compared and nothing differs, is marked, parked or refused; 1 confirmed
  // difference; 2 cannot tell.
  [[nodiscard]] int exit_code() const;
};

struct drift_options {
  std::string legacy;  // conninfo
  std::string target;
  catalog::table_filter filter;
  std::string table;  // only this one: schema.name, or name in public; empty: all
  // Waits until everything prepared before the call is applied on the target; an error sentence, or empty.
  std::function<std::string()> pass_fence;
  // Open marks of a table as sentences.
  std::function<std::vector<std::string>(const change::table_name&)> marks_of;
};

// Throws client::pg_error only if a server cannot be reached at all.
[[nodiscard]] drift_report compare(const drift_options& options);

[[nodiscard]] std::string to_text(const drift_report& report);
[[nodiscard]] std::string to_json(const drift_report& report);

}  // namespace pgtandem::reconciler
