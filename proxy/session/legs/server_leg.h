// The leg towards legacy: what is sent, and which answers are still owed. Knows nothing of policy.
// Sans-I/O, one per session.
#pragma once

#include <array>
#include <deque>
#include <optional>
#include <span>
#include <string_view>

#include "protocol/wire/frontend/bind.h"
#include "proxy/session/legs/byte_buffer.h"
#include "proxy/session/legs/outstanding.h"

namespace pgtandem::proxy {

class server_leg {
 public:
  byte_buffer in;
  byte_buffer out;

  // Sends a message as it is, owing `answer`; without one, nothing is owed (Flush, CopyData).
  void forward(std::string_view raw) { out.append(raw); }
  void forward(std::string_view raw, outstanding answer);
  // Owes an answer that the proxy gives itself when its turn comes.
  void owe(outstanding answer) { queue_.push_back(std::move(answer)); }

  // Sends one of the proxy's own queries, preparing it first where it is not (known to be) prepared.
  void ask(own_query q, std::span<const std::optional<std::string_view>> parameters, audience to,
           std::uint64_t names_generation = 0);
  // Sends a query of the proxy's own that is prepared for this once. What `ran` says besides of the answer to
  // its Execute is owed, too.
  void ask_once(own_query q, std::string_view sql, const std::vector<std::uint32_t>& parameter_types,
                wire::bind values, outstanding ran);
  // After what may have dropped prepared statements.
  void forget_own_statements() { prepared_.fill(false); }
  void on_own_parsed(own_query q) { prepared_[static_cast<std::size_t>(q)] = true; }

  void flush();
  void sync(outstanding answer);

  [[nodiscard]] bool settled() const { return queue_.empty(); }
  // A request came to nothing: what came before it is what later ones will have replaced.
  void replace_previous(const outstanding& failed);
  [[nodiscard]] outstanding* front() { return queue_.empty() ? nullptr : &queue_.front(); }
  // Takes the front out.
  outstanding pop();
  // After an error legacy skips everything up to the next Sync: takes out what will never be answered.
  // `hit_sync` tells whether that Sync has been sent already.
  std::vector<outstanding> skip_to_sync(bool& hit_sync);
  // Takes out everything: the connection is gone.
  std::vector<outstanding> abandon();
  // Whether what a statement's name means depends on a batch that has not been answered: had it failed, the
  // name would have kept its meaning. One that the batch under way has parsed itself is certain.
  [[nodiscard]] bool may_yet_rename(std::string_view name) const;
  // How many ReadyForQuery are owed.
  [[nodiscard]] std::size_t ready_owed() const { return ready_owed_; }

 private:
  // Collects the messages of one own query and owes their answers.
  struct own_messages;

  std::deque<outstanding> queue_;
  std::size_t ready_owed_ = 0;
  std::size_t naming_ = 0;  // Parses and Queries of the client among them
  std::array<bool, own_query_count> prepared_{};
};

}  // namespace pgtandem::proxy
