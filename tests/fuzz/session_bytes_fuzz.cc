// A session whose client and legacy send anything at all: it answers, gives up or waits, but neither crashes
// nor keeps more than it was sent.
#include "protocol/wire/backend/ready_for_query.h"
#include "proxy/session/session.h"
#include "tests/fuzz/fuzz.h"

namespace pgtandem::fuzz {
namespace {

std::shared_ptr<const proxy::mirrored_catalog> catalog() {
  static const auto one = [] {
    catalog::relation r;
    r.oid = oid_t{100};
    r.name = {"public", "t"};
    catalog::column id;
    id.name = "id";
    id.type = "integer";
    r.columns = {id};
    r.key = {{.column = 0, .form = catalog::key_form::bytewise}};
    return std::make_shared<const proxy::mirrored_catalog>(std::vector{r});
  }();
  return one;
}

class driver {
 public:
  driver() {
    std::string ready;
    wire::encode(wire::ready_for_query{'I'}, ready);
    legacy_sends(ready);
  }

  void run(input& in) {
    while (!in.empty() && !session_.broken() && !session_.closed()) {
      switch (in.below(3)) {
        case 0:
          session_.client_in().append(remember(in.text()));
          session_.on_client_bytes();
          break;
        case 1:
          legacy_sends(in.text());
          break;
        default:
          answer(in.below(3));
          break;
      }
      perform();
    }
    session_.on_client_eof();
    session_.on_server_eof();
    perform();
    answer(0);
    perform();
    require(!session_.awaits_outbox() || !prepares_.empty() || marks_ > 0,
            "what is waited for was asked for");
  }

 private:
  std::string_view remember(std::string_view bytes) {
    sent_ += bytes.size();
    return bytes;
  }
  void legacy_sends(std::string_view bytes) {
    session_.server_in().append(remember(bytes));
    session_.on_server_bytes();
  }

  void perform() {
    for (const proxy::action& a : session_.take_actions()) {
      if (const auto* p = std::get_if<proxy::prepare_action>(&a)) prepares_.push_back(p->record);
      if (std::holds_alternative<proxy::mark_action>(a)) ++marks_;
    }
    // Own questions and rewritten texts are longer than what asked for them, but not without bound.
    constexpr std::size_t most_per_byte = 1024, base = 64 * 1024;
    require(session_.server_out().size() + session_.client_out().size() <= base + sent_ * most_per_byte,
            "what is sent is bounded by what came");
  }

  void answer(std::size_t fate) {
    if (!prepares_.empty()) {
      prepares_.pop_back();
      session_.on_prepared({static_cast<proxy::prepare_outcome::kind>(fate), seq_t{++seq_}, "refused"});
    } else if (marks_ > 0) {
      --marks_;
      session_.on_marked(fate == 0 ? std::vector<std::uint64_t>{++seq_} : std::vector<std::uint64_t>{},
                         fate == 0 ? "" : "refused");
    }
  }

  sql::statement_cache cache_{16};
  proxy::session session_{{.catalog = catalog, .statements = &cache_, .partition = partition_t{1}}};
  std::vector<change::record> prepares_;
  std::size_t marks_ = 0;
  std::uint64_t seq_ = 0;
  std::size_t sent_ = 0;
};

}  // namespace
}  // namespace pgtandem::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pgtandem::fuzz::input in(data, size);
  pgtandem::fuzz::driver d;
  d.run(in);
  return 0;
}
