// Statements that legacy has prepared, prepared once more with the rewrite that is right by now.
#include "protocol/wire/frontend/parse.h"
#include "proxy/session/session.h"

namespace pgtandem::proxy {

// In place of the client's statement, which keeps its name and its descriptions. Returns the name to bind.
std::string_view session::prepare_anew(const plan_ptr& p) {
  constexpr std::string_view name = "_pgtandem_anew";
  close_in_script('S', name);
  outstanding answer;
  answer.what = request::parse;
  answer.to = audience::script;
  answer.statement = p;
  answer.position_shift = p->source->position_shift;
  std::string bytes;
  wire::encode(wire::parse{name, p->text_to_prepare(), p->source->parameter_types}, bytes);
  server_.forward(bytes, std::move(answer));
  return name;
}

// Under the client's own name: EXECUTE describes its rows anew each time. `p` is known by that name at once,
// and no more should legacy refuse it.
void session::prepare_again(const std::string& name, const plan_ptr& p) {
  close_in_script('S', name);
  outstanding answer;
  answer.to = audience::nobody;
  answer.name = name;
  answer.previous = prepared_.store(name, p);
  if (p->source->in_sql) {
    answer.prepares = p;
    server_.ask_once(own_query::prepare_again, p->text_to_prepare(), {}, {}, std::move(answer));
  } else {
    answer.what = request::parse;
    answer.statement = p;
    answer.position_shift = p->source->position_shift;
    std::string bytes;
    wire::encode(wire::parse{name, p->text_to_prepare(), p->source->parameter_types}, bytes);
    server_.forward(bytes, std::move(answer));
  }
  end_own_exchange();
}

}  // namespace pgtandem::proxy
