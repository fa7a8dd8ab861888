// What the facts mean: refusals, limits and information, each with its remedy. Pure functions.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "protocol/client/connection.h"
#include "reconciler/preflight/preflight.h"
#include "reconciler/preflight/server_facts.h"
#include "reconciler/preflight/table_facts.h"

namespace pgtandem::reconciler {

enum class server_side { legacy, target };

// Of the conninfo alone: encryption, Unix socket.
[[nodiscard]] std::vector<finding> judge_legacy_endpoint(const client::endpoint& legacy, bool allow_trust);
// Version, recovery, encoding, rights of the own role.
[[nodiscard]] std::vector<finding> judge_server(server_side side, const server_facts& facts);
// Lines of pg_hba.conf that clients would pass because they come from the proxy's address.
[[nodiscard]] std::vector<finding> judge_open_lines(const server_facts& legacy, bool allow_trust);
// What differs between the two.
[[nodiscard]] std::vector<finding> judge_pair(const server_facts& legacy, const server_facts& target);

struct table_pair {
  catalog::relation legacy;
  table_facts legacy_facts;
  std::optional<catalog::relation> target;
  table_facts target_facts;  // only with `target`
};
// false in `mirrored`: the table is refused.
[[nodiscard]] std::vector<finding> judge_table(const table_pair& pair, bool& mirrored);
// The GRANTs that are missing on tables and schemas, one finding per side and privilege list.
[[nodiscard]] std::vector<finding> judge_rights(const std::vector<table_pair>& pairs,
                                                const server_facts& legacy, const server_facts& target);

}  // namespace pgtandem::reconciler
