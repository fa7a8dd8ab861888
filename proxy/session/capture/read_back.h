// The own query that reads the rows of a COPY FROM STDIN back by their keys, in the same transaction just
// behind it: its text is not what is stored. The keys are read out of the client's data as they pass; where
// as many rows are found as legacy says to have copied, they are those rows (transaction::end_read_back).
// Pure functions.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "protocol/catalog/relation.h"
#include "protocol/copy/format.h"
#include "protocol/copy/key_collector.h"
#include "protocol/sql/statement.h"
#include "proxy/session/capture/own_query.h"

namespace pgtandem::proxy {

struct read_back_query {
  std::string sql;  // its parameters: an array for each column of the key
  copy::format format;
  std::size_t fields = 0;             // of a row of the data
  std::vector<copy::key_place> keys;  // where in it they are
};

// Whether what is copied to this table can be told by keys at all. Null: it cannot, or not by what is known.
[[nodiscard]] std::shared_ptr<const read_back_query> make_read_back_query(const sql::copy_source& source,
                                                                          const sql::relation_ref& name,
                                                                          const catalog::relation& relation,
                                                                          const resolved_name& target);

}  // namespace pgtandem::proxy
