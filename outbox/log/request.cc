#include "outbox/log/request.h"

namespace pgtandem::outbox {

namespace {

struct refusal {
  const std::string& error;

  void operator()(request::prepare& r) const { r.done({std::nullopt, error}); }
  void operator()(request::add_marks& r) const { r.done({}, log_error{error}); }
  void operator()(request::append_heal& r) const {
    heal_result result;
    result.error = error;
    r.done(std::move(result));
  }
  void operator()(request::stage& r) const { r.done(&error); }
  void operator()(request::supersede& r) const { r.done(&error); }
  void operator()(request::clear_marks& r) const { r.done(&error); }
  void operator()(request::name_partition& r) const { r.done(&error); }
  void operator()(request::trim& r) const {
    if (r.done) r.done(&error);
  }
  // Nobody waits for these; reopening finds the records undecided.
  void operator()(request::decide&) const {}
  void operator()(request::ripen&) const {}
  void operator()(request::note_heal&) const {}
  void operator()(request::drop_staging&) const {}
  void operator()(request::set_proven&) const {}
};

}  // namespace

std::size_t request_bytes(const log_request& r) {
  constexpr std::size_t small = 64;
  if (const auto* p = std::get_if<request::prepare>(&r)) return small + p->encoded.size();
  if (const auto* s = std::get_if<request::stage>(&r)) return small + s->encoded.size();
  if (const auto* h = std::get_if<request::append_heal>(&r)) return small + h->encoded.size();
  return small;
}

void refuse(log_request& r, const std::string& error) {
  std::visit(refusal{error}, r);
}

}  // namespace pgtandem::outbox
