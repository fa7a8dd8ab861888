// The parts of a log put together. Thread-safe: everything shared lies in `state` behind its mutex.
#pragma once

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "outbox/log/log.h"
#include "outbox/log/log_state.h"
#include "outbox/log/recover.h"
#include "outbox/log/store.h"
#include "outbox/log/writer.h"

namespace pgtandem::outbox {

class log_impl {
 public:
  log_impl(const log_options& options, std::unique_ptr<store> s);

  static heal_window make_window(std::shared_ptr<window_state> state, seq_t opened_at);
  static std::shared_ptr<window_state> release(heal_window& window);

  // The records of these seqs, ascending. nullopt: one cannot be read, which fails the log. One that was
  // trimmed meanwhile is left out.
  [[nodiscard]] std::optional<std::vector<stored_record>> load(partition_t p, const std::vector<seq_t>& seqs);
  // Submits a request made with an answer, and waits for it. nullopt, or the error.
  template <class Request>
  std::optional<std::string> submit_and_wait(Request r);
  void fail(const std::string& why);

  const std::unique_ptr<store> files;
  const std::uint64_t min_free;
  mutable log_state state;
  const recovered identity;
  writer writes;  // last: stops first
};

template <class Request>
std::optional<std::string> log_impl::submit_and_wait(Request r) {
  std::promise<std::optional<std::string>> answered;
  auto result = answered.get_future();
  r.done = [&answered](const std::string* error) {
    answered.set_value(error == nullptr ? std::nullopt : std::optional{*error});
  };
  writes.submit(std::move(r));
  return result.get();
}

}  // namespace pgtandem::outbox
