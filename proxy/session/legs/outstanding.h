// Requests that legacy has not answered yet, in the order they were sent. Plain data.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocol/types.h"
#include "proxy/session/capture/own_query.h"
#include "proxy/session/capture/plan.h"

namespace pgtandem::proxy {

using plan_ptr = std::shared_ptr<const plan>;

// A bound portal. When its statement is imaged, legacy runs it to the end at the first Execute; rows beyond
// the client's row limit wait here, and later Executes are answered from them.
struct portal {
  plan_ptr statement{};
  std::string bind{};            // its Bind's body, where old keys will be read with its parameters
  bool executed = false;         // at send time: a first Execute of an imaged statement has been sent
  std::deque<std::string> rows;  // whole DataRow messages not yet given to the client
  std::string complete{};        // CommandComplete message, once legacy has sent it
};

enum class request : std::uint8_t { parse, bind, describe, execute, close, sync, query, function_call };

// Who hears the answers.
enum class audience : std::uint8_t {
  client,  // as they are, images taken out
  script,  // as answers to a simple Query: rows, tags and errors, but no ParseComplete and the like
  nobody,  // the proxy's own request; errors still reach the client, whose statement cannot go on
  silent,  // the proxy's own request, errors too are swallowed
};

struct outstanding {
  request what = request::sync;
  audience to = audience::client;
  own_query own = own_query::none;
  plan_ptr statement{};                              // parse, bind, describe, execute; null: nothing is known
  std::shared_ptr<std::vector<plan>> statements{};   // query: the plans of its statements; null: none matters
  std::size_t completed = 0;                         // query: CommandCompletes so far
  bool strips = false;                               // query: the rows under way end in our column
  std::shared_ptr<proxy::portal> portal{};           // bind, execute
  std::shared_ptr<proxy::portal> previous_portal{};  // bind: what the portal's name meant before
  std::int32_t max_rows = 0;                         // execute: the client's limit
  std::int32_t rows_given = 0;                       // execute: rows passed on so far
  bool from_portal = false;                          // execute: answered from portal->rows, nothing was sent
  std::string error_instead{};          // what the client is told where legacy's error would not do
  std::string answered_before_ready{};  // sync: told to the client once what it commits is committed
  std::uint64_t copy = 0;               // execute: the copy-in that it may start; 0: none
  bool withhold = false;                // execute: its tag waits for ReadyForQuery
  bool failed = false;
  std::int32_t position_shift = 0;      // characters of the client's text before this statement
  std::optional<seq_t> commit_of{};     // answers whether this record's transaction committed
  bool may_prepare = false;             // it may run PREPARE TRANSACTION, for all that is known of its text
  std::vector<std::uint64_t> ripens{};  // marks whose writer ends with this request's transaction
  std::string name{};                   // parse, close: of the statement; bind, close: of the portal
  bool closes_portal = false;           // close: `name` is a portal's
  bool drops_unnamed_portal = false;    // query, sync of a script
  std::uint64_t sent_at = 0;            // prepared_statements::now() when it was sent
  plan_ptr prepares{};                  // execute, query: SQL's PREPARE gives `name` this meaning
  plan_ptr previous{};                  // parse: what the name meant before
  plan_ptr unnamed{};                   // query: what the empty name meant before
  std::uint64_t names_generation = 0;   // own names query
};

[[nodiscard]] inline bool answers_ready(request r) {
  return r == request::sync || r == request::query || r == request::function_call;
}

}  // namespace pgtandem::proxy
