// The own query that reads, under the lock that the UPDATE itself would take, the keys of the rows to which
// an UPDATE is about to give other keys: before PostgreSQL 18 RETURNING shows the new ones alone.
//
// It runs in the same transaction just before the UPDATE, with its condition. What it finds is locked from
// then on, so the UPDATE finds all of it again; it may find more, which somebody else has committed between
// the two. The rows are the same if they are as many (transaction::end_key_change), at every isolation level.
// Pure functions.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/catalog/relation.h"
#include "protocol/sql/row_choice.h"
#include "protocol/wire/frontend/bind.h"
#include "proxy/session/capture/own_query.h"

namespace pgtandem::proxy {

struct old_keys_query {
  std::string sql;
  sql::row_choice choice;
};

// For an UPDATE of `relation`; null where it cannot be told beforehand which rows it will change.
[[nodiscard]] std::shared_ptr<const old_keys_query> make_old_keys_query(std::string_view update_text,
                                                                        const sql::dml_info& dml,
                                                                        const catalog::relation& relation,
                                                                        const resolved_name& target);

// The types to prepare it with where the client has given `types` for the UPDATE's parameters (0, or none at
// the end of the list: not given). Legacy infers the rest as it does for the UPDATE, whose condition it reads
// before the new values.
[[nodiscard]] std::vector<std::uint32_t> parameter_types(const old_keys_query& q,
                                                         std::vector<std::uint32_t> types);

// The Bind of the client's UPDATE with the parameters of this query alone. The views are into `update`'s.
// nullopt: legacy will refuse the client's.
[[nodiscard]] std::optional<wire::bind> bind_of(const old_keys_query& q, const wire::bind& update);

}  // namespace pgtandem::proxy
