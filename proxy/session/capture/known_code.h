// What is known of users' own code on legacy (catalog/user_code.h), shared by all sessions of a database.
//
// It is right as of the last look at the catalog. While a session has a transaction under way that defines
// things, and until the catalog has been looked at after its end, nothing is known: then every statement is
// taken to run such code. Definitions that bypass pgtandem are seen at the next look, and told from those
// that were announced. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <stop_token>
#include <utility>
#include <vector>

#include "protocol/catalog/user_code.h"
#include "protocol/sql/used_names.h"

namespace pgtandem::proxy {

class known_code {
 public:
  // Held by a session from the first statement that defines something to the end of its transaction.
  class definition {
   public:
    explicit definition(known_code& code);
    ~definition();
    definition(const definition&) = delete;
    definition& operator=(const definition&) = delete;
    // Legacy did not even understand the text: nothing came of it, unless something ran besides.
    void note_refused() { refused_ = true; }
    void note_run() { ran_ = true; }
    // The transaction is about to commit.
    void note_commit(xid_t xid) { code_.announce(xid); }
    [[nodiscard]] bool has_run() const { return ran_; }

   private:
    known_code& code_;
    std::uint64_t version_ = 0;  // that it made
    bool was_known_ = false;     // before it
    bool refused_ = false;
    bool ran_ = false;
  };

  // Whether a statement that is harmless but for these names may run code of users.
  [[nodiscard]] bool may_run(const sql::used_names& uses) const;
  // Whether writing this table may.
  [[nodiscard]] bool may_run_when_written(oid_t table) const;
  // Another number whenever something was defined: what names meant before is void.
  [[nodiscard]] std::uint64_t version() const { return version_; }

  // Something was defined past pgtandem: what names meant before is void, and a look is wanted.
  void redefined();
  // The transactions that defined things through pgtandem lately, without their epoch.
  [[nodiscard]] std::vector<std::uint32_t> announced() const;

  // For whoever looks at the catalog: `as_of` is version() from before the look.
  void learn(catalog::user_code code, std::uint64_t as_of);
  // Waits until a look is wanted, or this long. False: stop.
  bool wait_until_wanted(const std::stop_token& stop, std::chrono::milliseconds longest);

 private:
  void announce(xid_t xid);
  [[nodiscard]] bool known() const { return open_ == 0 && learned_version_ == version_; }

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  catalog::user_code code_;
  std::uint64_t learned_version_ = 0;
  std::atomic<std::uint64_t> version_ = 1;  // changes under the mutex
  std::size_t open_ = 0;                    // definitions under way
  std::deque<std::uint32_t> announced_;     // the latest
};

}  // namespace pgtandem::proxy
