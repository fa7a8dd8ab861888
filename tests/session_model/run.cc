#include "tests/session_model/run.h"

#include "protocol/wire/backend/error_response.h"
#include "protocol/wire/frame.h"
#include "proxy/session/capture/catalog_testing.h"
#include "proxy/session/session.h"
#include "tests/session_model/backend.h"
#include "tests/session_model/outbox.h"
#include "tests/session_model/script.h"
#include "tests/session_model/transcript.h"

namespace pgtandem::model {
namespace {

constexpr std::size_t most_messages = 40;

std::shared_ptr<const proxy::mirrored_catalog> catalog() {
  static const auto both = [] {
    using proxy::testing::keyed_table;
    std::vector relations{keyed_table(oid_t{table_t}, "t"), keyed_table(oid_t{table_g}, "g")};
    relations[1].has_user_triggers = true;
    return std::make_shared<const proxy::mirrored_catalog>(std::move(relations));
  }();
  return both;
}

class world {
 public:
  explicit world(fuzz::input choices, fault f = {}, std::optional<std::size_t> chunk_bytes = {})
      : in_(choices), script_(in_), modes_(in_.byte()), chunk_bytes_(chunk_bytes), fault_(f) {
    behind_.on_prepare = [this](std::uint64_t xid, const auto& changes) { outbox_.on_prepare(xid, changes); };
    behind_.on_commit = [this](std::uint64_t xid, const auto& changes) { outbox_.on_commit(xid, changes); };
    behind_.on_rollback = [this] { outbox_.on_rollback(); };
    if (fault_.what == fault::kind::none) carry_all();
  }

  verdict play(const std::vector<std::string>& messages, std::size_t& events) {
    piece_ = 48;
    come_to_rest();
    for (const std::string& m : messages) {
      if (over()) break;
      send(m);
      come_to_rest();
    }
    finish();
    events = events_;
    return {std::move(violation_), std::move(trace_)};
  }

  verdict run() {
    for (std::size_t n = 0; n < most_messages && !in_.empty() && !over(); ++n) {
      send(script_.next());
      if (eager())
        come_to_rest();
      else
        for (std::size_t moves = in_.below(8); moves > 0 && !over(); --moves) move();
      if (may_lose() && in_.below(24) == 23) lose();
    }
    finish();
    return {std::move(violation_), std::move(trace_)};
  }

 private:
  // Properties of a whole run.
  [[nodiscard]] bool eager() const { return (modes_ & 3) == 0; }
  [[nodiscard]] bool may_refuse() const { return (modes_ & 12) == 12; }
  [[nodiscard]] bool may_lose() const { return (modes_ & 48) == 48; }
  [[nodiscard]] bool noisy() const { return (modes_ & 64) != 0; }
  [[nodiscard]] proxy::session_environment environment() {
    return {.catalog = catalog,
            .statements = &cache_,
            .marked_until_it_ends = [this](std::string_view gid) { return outbox_.awaits(gid); },
            .partition = partition_t{1},
            .chunk_bytes = chunk_bytes_.value_or((modes_ & 128) != 0 ? 200 : std::size_t{1} << 20),
            .new_staging = [this] { return outbox_.new_staging(); }};
  }
  [[nodiscard]] bool over() const { return lost_ || !violation_.empty(); }
  // Messages of a client that is there may be compared with what legacy alone would have sent.
  [[nodiscard]] bool comparable() const { return !diverged_ && !gone_; }

  void note(const std::string& what) { trace_.push_back(what); }
  void check(bool holds, const std::string& promise) {
    if (!holds && violation_.empty()) violation_ = promise;
  }

  void send(const std::string& bytes) {
    for (const std::string& m : describe_messages(bytes, side::client)) note("client: " + m);
    from_client_ += bytes;
    direct_.receive(bytes);
    expected_ += direct_.take_output();
  }

  // False: it does not take place any more.
  bool next_event() {
    if (events_++ != fault_.before) return true;
    switch (fault_.what) {
      case fault::kind::none:
        return true;
      case fault::kind::outbox_refuses:
        refuse_next_ = true;
        return true;
      case fault::kind::client_gone:
        leave();
        return false;
      case fault::kind::legacy_lost:
        lose();
        return false;
    }
    return true;
  }

  // The end of the client's bytes; what has arrived is still dealt with.
  void leave() {
    note("the client is gone");
    gone_ = true;
    from_client_.clear();
    session_.on_client_eof();
    after_event();
  }

  // One of the things that may happen next.
  void move() {
    switch (in_.below(5)) {
      case 0:
        return carry_client(1 + in_.byte());
      case 1:
        return carry_to_legacy(1 + in_.byte());
      case 2:
        return carry_from_legacy(1 + in_.byte());
      case 3:
        return answer_outbox();
      default:
        return carry_all();
    }
  }

  void carry_client(std::size_t most) {
    const std::size_t n = std::min({most, piece_, from_client_.size()});
    if (n == 0 || !next_event()) return;
    session_.client_in().append(std::string_view(from_client_).substr(0, n));
    from_client_.erase(0, n);
    session_.on_client_bytes();
    after_event();
  }

  void carry_to_legacy(std::size_t most) {
    const std::string bytes(session_.server_out().data().substr(0, most));
    if (bytes.empty()) return;
    session_.server_out().consume(bytes.size());
    for (const std::string& m : to_legacy_.add(bytes)) note("  to legacy: " + m);
    behind_.receive(bytes);
    add_noise(behind_.take_output());
  }

  // Notices may stand between any two other messages; notifications wait until legacy is idle.
  void add_noise(std::string bytes) {
    std::string_view rest = bytes;
    wire::frame_view f;
    while (wire::next_frame(rest, f) == wire::frame_status::complete) {
      from_legacy_ += f.raw;
      if (!noisy() || in_.below(8) != 7) continue;
      wire::encode_notice(
          wire::error_report{.severity = "NOTICE", .message = noise_text + std::to_string(++noise_sent_)},
          from_legacy_);
    }
  }

  void carry_from_legacy(std::size_t most) {
    const std::size_t n = std::min({most, piece_, from_legacy_.size()});
    if (n == 0 || !next_event()) return;
    session_.server_in().append(std::string_view(from_legacy_).substr(0, n));
    from_legacy_.erase(0, n);
    session_.on_server_bytes();
    after_event();
  }

  void answer_outbox() {
    if (!outbox_.asked() || !next_event()) return;
    const std::size_t fate = std::exchange(refuse_next_, false) ? 3 : may_refuse() ? in_.below(4) : 0;
    if (outbox_.asked_for_chunk()) {  // refused, its tables are marked and nobody is told
      note(fate == 3 ? "outbox: chunk refused" : "outbox: staged");
      session_.on_staged(outbox_.answer_chunk(fate != 3), fate == 3 ? "disk full" : "");
      return after_event();
    }
    if (fate == 3) diverge();
    if (outbox_.asked_for_record()) {
      using kind = proxy::prepare_outcome::kind;
      const kind what = fate == 3 ? kind::rejected : fate == 2 ? kind::degraded : kind::durable;
      note(what == kind::durable    ? "outbox: durable"
           : what == kind::degraded ? "outbox: degraded"
                                    : "outbox: refused");
      session_.on_prepared(outbox_.answer_record(what));
    } else {
      note(fate == 3 ? "outbox: marks refused" : "outbox: marked");
      session_.on_marked(outbox_.answer_marks(fate != 3), fate == 3 ? "disk full" : "");
    }
    after_event();
  }

  void after_event() {
    for (proxy::action& a : session_.take_actions()) {
      note("  action " + describe_action(a));
      outbox_.perform(std::move(a));
    }
    const std::string out(session_.client_out().data());
    session_.client_out().consume(out.size());
    for (const std::string& m : to_client_.add(out)) note("  to client: " + m);
    check(outbox_.violation().empty(), outbox_.violation());
    check(!session_.broken(), "the session keeps to the protocol");
  }

  [[nodiscard]] bool anything_to_carry() {
    return !from_client_.empty() || !session_.server_out().empty() || !from_legacy_.empty();
  }
  void carry_all() {
    while (anything_to_carry() && !over()) {
      carry_client(from_client_.size());
      carry_to_legacy(session_.server_out().size());
      carry_from_legacy(from_legacy_.size());
    }
  }
  void come_to_rest() {
    carry_all();
    while (outbox_.asked() && !over()) {
      answer_outbox();
      carry_all();
    }
    if (!over() && comparable()) compare(false);
  }

  // A refusal makes an error that legacy alone would not have sent.
  void diverge() {
    if (comparable()) compare(false);
    diverged_ = true;
  }

  // Nothing else than legacy alone would have sent, and (at rest) nothing less.
  void compare(bool all) {
    const auto seen = without_noise(to_client_.bytes());
    const bool complete = seen.text.size() >= expected_.size() || !at_rest();
    const std::size_t common = std::min(seen.text.size(), expected_.size());
    const bool alike =
        std::string_view(seen.text).substr(0, common) == std::string_view(expected_).substr(0, common);
    if (!alike || !complete || (all && seen.text.size() != expected_.size())) {
      for (const std::string& m : describe_messages(expected_, side::server)) note("legacy alone: " + m);
      check(false, alike && complete ? "the client sees no more than legacy alone would have sent"
                   : alike           ? "the client sees all that legacy alone would have sent"
                                     : "the client sees what legacy alone would have sent");
    }
    if (all) check(seen.noise == noise_sent_, "asynchronous messages reach the client");
  }
  [[nodiscard]] bool at_rest() { return !anything_to_carry() && !outbox_.asked(); }

  void lose() {
    note("legacy is lost");
    lost_ = true;
    outbox_.on_connection_lost();
    session_.on_server_eof();
    after_event();
    while (outbox_.asked()) answer_outbox();
  }

  void finish() {
    if (!over()) {
      come_to_rest();
      if (!gone_) send(script::ending());
      come_to_rest();
    }
    if (violation_.empty() && gone_ && !lost_) {
      const auto sent = describe_messages(to_legacy_.bytes(), side::client);
      check(!sent.empty() && sent.back().starts_with("X"), "legacy is told that the client is gone");
      lose();
    }
    if (violation_.empty() && !lost_) {
      if (!diverged_) compare(true);
      check(session_.idle(), "the session is idle in the end");
      const std::size_t told = count_refusals(to_client_.bytes());
      check(told <= outbox_.refusals(), "no refusal is told twice");
      // Unless its statement was skipped meanwhile, which no script does.
      if (fault_.what == fault::kind::outbox_refuses)
        check(told == outbox_.refusals(), "a refusal is told once");
    }
    if (violation_.empty()) {
      outbox_.finish(true);
      check(outbox_.violation().empty(), outbox_.violation());
    }
  }

  fuzz::input in_;
  script script_;
  std::uint8_t modes_;
  std::optional<std::size_t> chunk_bytes_;
  sql::statement_cache cache_{64};
  proxy::session session_{environment()};
  backend direct_;
  backend behind_;
  outbox outbox_;
  std::string from_client_;
  std::string from_legacy_ = behind_.take_output();
  std::string expected_ = direct_.take_output();
  transcript to_client_{side::server};
  transcript to_legacy_{side::client};
  std::size_t noise_sent_ = 0;
  fault fault_;
  std::size_t events_ = 0;
  std::size_t piece_ = std::string::npos;  // no more at once
  bool refuse_next_ = false;
  bool gone_ = false;
  bool lost_ = false;
  bool diverged_ = false;
  std::string violation_;
  std::vector<std::string> trace_;
};

}  // namespace

verdict run_script(const std::vector<std::string>& messages, fault f, std::size_t chunk_bytes,
                   std::size_t& events) {
  return world({nullptr, 0}, f, chunk_bytes).play(messages, events);
}

verdict run_session(fuzz::input choices) {
  return world(choices).run();
}

}  // namespace pgtandem::model
