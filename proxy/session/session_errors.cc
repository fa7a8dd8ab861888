// What goes wrong on legacy: its errors, and the end of its connection.
#include <algorithm>
#include <array>

#include "protocol/wire/backend/error_response.h"
#include "proxy/session/legs/answer_text.h"
#include "proxy/session/session.h"

namespace pgtandem::proxy {

using namespace std::literals;

// As legacy alone would have said it.
void session::tell_error(const outstanding& o, const wire::frame_view& f) {
  if (!o.error_instead.empty()) {
    client_out_.append(o.error_instead);
  } else if (o.own == own_query::old_keys) {
    client_out_.append(as_of_statement(f, "UPDATE"));
  } else if (o.own == own_query::cascade_rows || o.own == own_query::cascade_keys) {
    client_out_.append(as_of_statement(f, "DELETE"));
  } else if (o.position_shift != 0 || (o.statement && !o.statement->edits.empty())) {
    const auto moved = wire::move_error_position(f.body, [&o](std::int64_t at) {
      // Legacy counts from 1.
      return o.position_shift + (o.statement ? sql::client_position(o.statement->edits, at - 1) + 1 : at);
    });
    client_out_.append(moved ? *moved : std::string(f.raw));
  } else if (o.what == request::bind && o.statement && o.statement->mode == capture_mode::image) {
    client_out_.append(without_our_column(f));
  } else {
    pass(f);
  }
}

void session::on_error(const wire::frame_view& f) {
  const auto m = wire::decode_error_response(f.body);
  const auto severity = m ? m->field('V') : std::nullopt;
  outstanding* front = server_.front();
  if (front == nullptr || severity == "FATAL" || severity == "PANIC") {
    pass(f);  // the connection ends; what was under way stays in doubt
    return;
  }
  const bool silent = front->to == audience::silent;
  const bool ours = front->to == audience::nobody;
  if (!silent) tell_error(*front, f);
  if (!silent) transaction_.on_error();
  planner_.note_failed(m);
  note_unfit_image(*front, m ? m->field('C').value_or("") : "");
  withheld_.clear();
  described_.clear();
  if (answers_ready(front->what)) {
    front->failed = true;
    if (front->prepares) prepared_.restore(front->name, front->prepares, front->previous);
    return;
  }
  bool hit_sync = false;
  std::vector<outstanding> skipped = server_.skip_to_sync(hit_sync);
  // The last first: what a name meant before each is given back until the first one's is reached.
  for (std::size_t i = skipped.size(); i-- > 0;) on_skipped(std::move(skipped[i]), i == 0);
  if (!hit_sync) {
    discarding_ = true;
    own_failed_ = ours;
  } else {
    server_.front()->failed = true;
    // Our own exchange failed in place of the client's message behind it, or was skipped as that one has to
    // be: the Sync that legacy has seen is not the client's.
    if (server_.front()->to == audience::nobody) (ours ? fail_frame_ : discarding_) = true;
  }
}

// A rewrite that names what is not there any more, or what the role may not read any more: something was
// altered past pgtandem.
void session::note_unfit_image(const outstanding& o, std::string_view sqlstate) {
  // The statement itself may lack a right, too; then it is asked once more in vain.
  if (sqlstate == "42501" && o.statement && is_rewritten(*o.statement)) planner_.forget_names();
  // Undefined column, function, table; a datatype that does not match or cannot be cast.
  constexpr std::array unfit{"42703"sv, "42883"sv, "42P01"sv, "42804"sv, "42846"sv};
  if (std::find(unfit.begin(), unfit.end(), sqlstate) == unfit.end()) return;
  if (!o.statement || !is_rewritten(*o.statement)) return;
  planner_.forget_names();
  for (const written_name& target : o.statement->targets())
    if (const catalog::relation* relation = planner_.catalog().find(target.oid))
      env_.altered({relation->name});
}

// `failed`: it is the one that failed; else it was never looked at.
void session::on_skipped(outstanding o, bool failed) {
  // A failing Parse has dropped the unnamed statement.
  if (o.what == request::parse && failed && o.name.empty()) o.previous = nullptr;
  server_.replace_previous(o);
  if (o.what == request::parse && o.own == own_query::none)
    prepared_.restore(o.name, o.statement, o.previous);
  if (o.what == request::bind && o.portal) prepared_.restore_portal(o.name, o.portal, o.previous_portal);
  if (o.prepares) prepared_.restore(o.name, o.prepares, o.previous);
  if (o.unnamed && !prepared_.find("")) prepared_.store("", o.unnamed);
  if (o.own == own_query::names) planner_.note_name_skipped();
  if (o.what == request::execute && o.portal && !o.from_portal) o.portal->executed = false;
  copy_.end(o.copy);
  decide(o.commit_of, false);
  end_marks(o);
}

void session::on_server_eof() {
  closed_ = true;
  blocked_ = false;
  transaction_.changes().clear();
  std::vector<std::uint64_t> orphans = std::exchange(ending_marks_, {}).marks;
  for (outstanding& o : server_.abandon()) {
    if (o.commit_of) actions_.push_back(in_doubt_action{*o.commit_of});
    orphans.insert(orphans.end(), o.ripens.begin(), o.ripens.end());
  }
  if (premark_.done) {  // of a statement that was about to be sent, or is being sent in pieces
    const auto begun = take_premark();
    orphans.insert(orphans.end(), begun.begin(), begun.end());
  }
  if (!orphans.empty()) actions_.push_back(orphan_action{std::move(orphans), backend_pid_});
  // Durable, but its commit was never sent.
  if (hold_.seq) actions_.push_back(decide_action{*hold_.seq, false});
}

}  // namespace pgtandem::proxy
