#include "reconciler/preflight/findings.h"

#include <fmt/format.h>

#include "protocol/catalog/image_sql.h"

namespace pgtandem::reconciler {

namespace {

constexpr int oldest_version = 12;
constexpr int newest_version = 18;

const char* name_of(server_side side) {
  return side == server_side::legacy ? "legacy" : "target";
}

void judge_rights_of_legacy(const server_facts& f, std::vector<finding>& out) {
  const std::string role = catalog::quote_identifier(f.role);
  if (!f.may_terminate) {
    out.push_back({severity::refusal, "legacy",
                   "the role may not end a backend that holds an unanswered commit",
                   fmt::format("GRANT pg_signal_backend TO {};", role)});
  }
  if (!f.may_monitor) {
    out.push_back({severity::refusal, "legacy", "the role cannot see what other sessions do",
                   fmt::format("GRANT pg_monitor TO {};", role)});
  }
}

void judge_rights_of_target(const server_facts& f, std::vector<finding>& out) {
  const std::string role = catalog::quote_identifier(f.role);
  if (!f.may_create) {
    out.push_back(
        {severity::refusal, "target", "the role may not create the schema pgtandem",
         fmt::format("GRANT CREATE ON DATABASE {} TO {};", catalog::quote_identifier(f.database), role)});
  }
  if (!f.may_replicate_role) {
    out.push_back({severity::refusal, "target", "the role may not set session_replication_role",
                   f.version >= 150000
                       ? fmt::format("GRANT SET ON PARAMETER session_replication_role TO {};", role)
                       : fmt::format("ALTER ROLE {} SUPERUSER;", role)});
  }
}

}  // namespace

std::vector<finding> judge_legacy_endpoint(const client::endpoint& legacy, bool allow_trust) {
  std::vector<finding> out;
  if (legacy.sslmode == "require" || legacy.sslmode.starts_with("verify-")) {
    out.push_back(
        {severity::refusal, "legacy",
         fmt::format("sslmode={}: the sessions' connections to legacy are not encrypted yet", legacy.sslmode),
         "reach legacy over a network that is trusted, and set sslmode=prefer or less"});
  }
  if (legacy.host.starts_with('/') && !allow_trust) {
    out.push_back({severity::refusal, "legacy",
                   "it is reached over a Unix socket, where clients would pass as local users",
                   "use a TCP address in the legacy conninfo, or set allow_trust: true"});
  }
  return out;
}

std::vector<finding> judge_server(server_side side, const server_facts& f) {
  std::vector<finding> out;
  const char* subject = name_of(side);
  const int major = f.version / 10000;
  if (major < oldest_version || major > newest_version) {
    out.push_back({severity::refusal, subject, fmt::format("it is PostgreSQL {}", major),
                   fmt::format("versions {} to {} are supported", oldest_version, newest_version)});
  }
  if (f.in_recovery) {
    out.push_back(
        {severity::refusal, subject, "it is in recovery (a standby)", "name the primary in the conninfo"});
  }
  if (f.encoding == "SQL_ASCII") {
    out.push_back({severity::refusal, subject, "its encoding is SQL_ASCII: what its text means is not known",
                   "create the database with an encoding and load it anew"});
  } else if (f.encoding != "UTF8") {
    out.push_back(
        {severity::limit, subject,
         fmt::format("its encoding is {}: text travels as UTF8, and characters that the other side lacks are"
                     " refused there",
                     f.encoding),
         "prefer UTF8 on both sides"});
  }
  side == server_side::legacy ? judge_rights_of_legacy(f, out) : judge_rights_of_target(f, out);
  return out;
}

std::vector<finding> judge_open_lines(const server_facts& legacy, bool allow_trust) {
  std::vector<finding> out;
  if (allow_trust) return out;
  if (!legacy.open_lines) {
    out.push_back(
        {severity::info, "legacy",
         "pg_hba.conf cannot be seen: clients behind the proxy come from its address, and a trust line for"
         " that address would let them in without a password",
         fmt::format(
             "look for such lines, or GRANT SELECT ON pg_catalog.pg_hba_file_rules TO {0}; GRANT EXECUTE"
             " ON FUNCTION pg_catalog.pg_hba_file_rules() TO {0};",
             catalog::quote_identifier(legacy.role))});
    return out;
  }
  for (const open_hba_line& line : *legacy.open_lines) {
    out.push_back(
        {severity::refusal, "legacy",
         fmt::format("pg_hba.conf line {} ({}) would let clients of the proxy in without a password",
                     line.number, line.text),
         "require a password there (scram-sha-256), or set allow_trust: true"});
  }
  return out;
}

std::vector<finding> judge_pair(const server_facts& legacy, const server_facts& target) {
  std::vector<finding> out;
  if (legacy.life == target.life && legacy.database == target.database) {
    out.push_back({severity::refusal, "target", "it is the same database as legacy", "name another one"});
  }
  const auto differs = [&](const char* what, const std::string& here, const std::string& there,
                           const char* remedy) {
    if (here != there)
      out.push_back(
          {severity::info, "target", fmt::format("{} is {}, on legacy {}", what, there, here), remedy});
  };
  differs("collation", legacy.collation, target.collation,
          "sort orders may differ once applications read there");
  differs("TimeZone", legacy.time_zone, target.time_zone, "set it alike before applications read there");
  differs("major version", std::to_string(legacy.version / 10000), std::to_string(target.version / 10000),
          "");
  if (legacy.sequences > 0) {
    out.push_back({severity::info, "legacy", fmt::format("{} sequences are not mirrored", legacy.sequences),
                   "set them on the target before it is written to"});
  }
  return out;
}

}  // namespace pgtandem::reconciler
