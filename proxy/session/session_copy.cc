// COPY FROM STDIN: its data pass, and its rows are read back behind them. As a simple Query that can be read
// back it runs in extended messages, so that there is a Sync to hold.
#include <algorithm>

#include "protocol/wire/frontend/bind.h"
#include "proxy/session/session.h"

namespace pgtandem::proxy {

namespace ft = wire::frontend_type;

// Its Query is taken now; the rest of the script runs when the data have ended.
session::step session::start_copy(std::string_view text, const sql::statement& s, const plan_ptr& p) {
  auto one = std::make_shared<sql::parsed_text>();
  one->statements.push_back(s);
  script_ = script{.text = std::string(text), .parsed = std::move(one), .next = 1, .copies = true};
  open_batch();
  close_in_script('S', "");
  prepared_.erase("", prepared_.now());
  note_sent(*p);
  send_script_statement(p, text.substr(s.offset, s.length), s.offset, true, std::nullopt);
  return step::consumed;
}

bool session::handle_copy_in(const wire::frame_view& f, step& result) {
  if (!copy_.expected()) return false;
  result = step::consumed;
  const bool data = f.type == ft::copy_data || f.type == ft::copy_done || f.type == ft::copy_fail;
  if (!data && f.type != ft::flush && f.type != ft::sync) {
    if (f.type == ft::terminate) return false;
    // In copy-in legacy ends the connection over it. Where it has failed already it skips it, and the message
    // is looked at when that is known.
    if (!copy_.begun())
      server_.flush();
    else if (copy_.note_intrusion())
      server_.forward(f.raw);
    result = step::blocked;
    return true;
  }
  if (!copy_.begun() && (f.type == ft::sync || data)) {
    // Whether legacy swallows this Sync depends on whether it has entered copy-in.
    server_.flush();
    result = step::blocked;
    return true;
  }
  // In copy-in legacy ignores Flush and Sync.
  server_.forward(f.raw);
  if (f.type == ft::copy_data) copy_.read(f.body);
  if (f.type == ft::copy_done) read_copied_back();
  if (f.type == ft::copy_done || f.type == ft::copy_fail) copy_.end();
  return true;
}

// Behind CopyDone, in the same batch: where COPY fails it is skipped. Where nothing is asked, COPY's
// completion says that rows are missing.
void session::read_copied_back() {
  const auto copied = copy_.finish();
  if (!copied) return;
  const auto& [query, rows] = *copied;
  wire::bind values;
  values.parameters.assign(rows.keys.begin(), rows.keys.end());
  server_.ask_once(own_query::copied_rows, query->sql, {}, values, {.to = audience::script});
}

// A CopyData message of which not all has come. No memory is asked for it.
void session::begin_client_stream(const wire::frame_header& header) {
  constexpr std::size_t header_size = 5;
  server_.forward(client_in_.data().substr(0, header_size));
  client_in_.consume(header_size);
  client_stream_ = header.message_size() - header_size;
}

void session::pass_client_stream() {
  const std::string_view rest = client_in_.data();
  const std::string_view piece = rest.substr(0, std::min(client_stream_, rest.size()));
  copy_.read(piece);
  server_.forward(piece);
  client_stream_ -= piece.size();
  client_in_.consume(piece.size());
}

}  // namespace pgtandem::proxy
