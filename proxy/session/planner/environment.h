// What a session needs of its surroundings; all of it outlives the session.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "protocol/change/record.h"
#include "protocol/sql/parse.h"
#include "proxy/session/capture/known_code.h"
#include "proxy/session/capture/mirrored_catalog.h"

namespace pgtandem::proxy {

struct session_environment {
  std::function<std::shared_ptr<const mirrored_catalog>()> catalog;  // the newest
  // These may just have been altered: `catalog` does not vouch for them until they have been looked at.
  std::function<void(const std::vector<change::table_name>&)> altered = [](const auto&) {};
  sql::statement_cache* statements = nullptr;  // of this thread
  known_code* code = nullptr;                  // null: users have none
  // Whether marks stand for what was prepared for two-phase commit by this name, until that has ended.
  std::function<bool(std::string_view)> marked_until_it_ends = [](std::string_view) { return false; };
  // Whether that may have defined things.
  std::function<bool(std::string_view)> defines_when_committed = [](std::string_view) { return true; };
  partition_t partition;
  bool raw = false;                                // replication: nothing is looked into
  std::size_t chunk_bytes = std::size_t{8} << 20;  // of a transaction's changes; more of them are staged
  std::function<staging_t()> new_staging{};        // a place in the outbox for them
};

}  // namespace pgtandem::proxy
