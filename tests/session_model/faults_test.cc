// Every way to a commit, again and again, with something going wrong at each step: no commit may go without
// its record, no record may stay undecided, no mark unripe, and a refusal is told once.
#include <gtest/gtest.h>

#include "protocol/wire/copy_data.h"
#include "protocol/wire/copy_done.h"
#include "protocol/wire/frontend/bind.h"
#include "protocol/wire/frontend/close.h"
#include "protocol/wire/frontend/describe.h"
#include "protocol/wire/frontend/execute.h"
#include "protocol/wire/frontend/flush.h"
#include "protocol/wire/frontend/function_call.h"
#include "protocol/wire/frontend/parse.h"
#include "protocol/wire/frontend/query.h"
#include "protocol/wire/frontend/sync.h"
#include "tests/session_model/run.h"

namespace pgtandem::model {
namespace {

template <class... Messages>
std::string bytes(const Messages&... messages) {
  std::string out;
  (wire::encode(messages, out), ...);
  return out;
}
std::string query(const char* text) {
  return bytes(wire::query{text});
}
std::string run(const char* text) {
  return bytes(wire::parse{"", text, {}}, wire::bind{}, wire::describe{'P', ""}, wire::execute{"", 0});
}
std::string sync() {
  return bytes(wire::sync{});
}

struct example {
  const char* name;
  std::vector<std::string> messages;
};

std::vector<example> scripts() {
  const char* update = "UPDATE t SET v = 'a' WHERE id = 1";
  const std::string copy = bytes(wire::copy_data{"5\tc\n"}, wire::copy_done{});
  wire::bind named;
  named.statement = "s1";
  return {
      {"autocommit", {query(update), query("SELECT id FROM t WHERE id < 3")}},
      {"returning", {query("INSERT INTO t VALUES (5, 'a') RETURNING id")}},
      {"block", {query("BEGIN"), query(update), query("DELETE FROM t WHERE id = 2"), query("COMMIT")}},
      {"rollback", {query("BEGIN"), query(update), query("ROLLBACK"), query(update)}},
      {"savepoint",
       {query("BEGIN"), query(update), query("SAVEPOINT a"), query(update), query("ROLLBACK TO a"),
        query("COMMIT")}},
      {"several", {query("BEGIN; UPDATE t SET v = 'a' WHERE id = 1; COMMIT; SELECT fail()")}},
      {"implicit_block", {query("UPDATE t SET v = 'a' WHERE id = 1; DELETE FROM t WHERE id = 2")}},
      {"failed_block", {query("BEGIN"), query(update), query("SELECT fail()"), query("COMMIT")}},
      {"commit_fails", {query("UPDATE t SET v = 'deferred' WHERE id = 1")}},
      {"unproven",
       {query("SELECT writer(1, 'a')"), query("BEGIN"), query("UPDATE g SET v = 'a' WHERE id = 1"),
        query("COMMIT")}},
      {"commits_inside", {query("CALL p(1, 'a')"), run("CALL p(2, 'b')") + sync()}},
      {"function_call", {bytes(wire::function_call{1, std::string_view("\0\0\0\0\0\0", 6)})}},
      {"extended", {run(update) + sync(), run("INSERT INTO t VALUES (5, 'a') RETURNING id") + sync()}},
      {"flushed", {run(update) + bytes(wire::flush{}), sync()}},
      {"pipelined_commit", {run("BEGIN") + run(update) + run("COMMIT") + sync()}},
      {"several_syncs", {run(update) + sync() + run(update) + sync() + run("SELECT fail()") + sync()}},
      {"error_in_pipeline", {run(update) + run("SELECT fail()") + run(update) + sync()}},
      {"named",
       {bytes(wire::parse{"s1", update, {}}, wire::sync{}),
        bytes(named, wire::execute{"", 1}, wire::sync{})}},
      {"prepared_in_sql", {query("PREPARE q AS UPDATE t SET v = 'a' WHERE id = 1"), query("EXECUTE q")}},
      {"copy", {query("COPY t FROM STDIN") + copy, query("COPY t TO STDOUT")}},
      {"copy_in_block", {query("BEGIN"), query("COPY t FROM STDIN") + copy, query("COMMIT")}},
      {"copy_extended", {run("COPY t FROM STDIN") + copy + sync()}},
      {"prepared_transaction",
       {query("BEGIN"), query(update), query("PREPARE TRANSACTION 'x'"), query("COMMIT PREPARED 'x'")}},
      {"query_behind_execute", {run(update) + query("SELECT id FROM t WHERE id < 3")}},
  };
}

std::string report(const verdict& v) {
  std::string text = v.violation;
  for (const std::string& line : v.trace) text += "\n" + line;
  return text;
}

class faults : public ::testing::TestWithParam<fault::kind> {
 protected:
  void at_every_step(std::size_t chunk_bytes);
};

void faults::at_every_step(std::size_t chunk_bytes) {
  for (const example& e : scripts()) {
    std::size_t events = 0;
    const verdict whole = run_script(e.messages, {}, chunk_bytes, events);
    ASSERT_TRUE(whole.violation.empty()) << e.name << ": " << report(whole);
    ASSERT_GT(events, 3U) << e.name;
    for (std::size_t k = 0; k < events; ++k) {
      std::size_t ignored = 0;
      const verdict v = run_script(e.messages, {GetParam(), k}, chunk_bytes, ignored);
      ASSERT_TRUE(v.violation.empty()) << e.name << " before event " << k << ": " << report(v);
    }
  }
}

TEST_P(faults, at_every_step_leave_nothing_behind) {
  at_every_step(std::size_t{1} << 20);
}

// Every row is a chunk.
TEST_P(faults, at_every_step_leave_nothing_staged_behind) {
  at_every_step(1);
}

INSTANTIATE_TEST_SUITE_P(each, faults,
                         ::testing::Values(fault::kind::legacy_lost, fault::kind::client_gone,
                                           fault::kind::outbox_refuses),
                         [](const auto& kind) {
                           return kind.param == fault::kind::legacy_lost   ? "legacy_lost"
                                  : kind.param == fault::kind::client_gone ? "client_gone"
                                                                           : "outbox_refuses";
                         });

}  // namespace
}  // namespace pgtandem::model
