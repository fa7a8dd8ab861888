#include "proxy/session/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/wire/backend/command_complete.h"
#include "protocol/wire/backend/error_response.h"
#include "protocol/wire/frontend/bind.h"
#include "protocol/wire/frontend/describe.h"
#include "protocol/wire/frontend/execute.h"
#include "protocol/wire/frontend/parse.h"
#include "protocol/wire/frontend/query.h"
#include "protocol/wire/frontend/sync.h"
#include "proxy/session/fake_backend_testing.h"

namespace pgtandem::proxy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::shared_ptr<const mirrored_catalog> one_table() {
  catalog::relation r;
  r.oid = oid_t{100};
  r.name = {"public", "t"};
  catalog::column id, v;
  id.name = "id";
  id.type = "integer";
  v.name = "v";
  v.type = "text";
  r.columns = {id, v};
  r.key = {{.column = 0, .form = catalog::key_form::bytewise}};
  return std::make_shared<mirrored_catalog>(std::vector{r});
}

// A client, the session under test and a model of legacy, wired together without sockets.
class session_test : public ::testing::Test {
 protected:
  session_test() {
    legacy_.on_commit = [this](const std::vector<std::string>& writes) {
      ++commits_;
      // Invariant 1: a commit that wrote is let through only behind its durable record.
      EXPECT_GT(durable_, decided_on_) << "committed without a durable record: " << writes.front();
      ++decided_on_;
    };
    run();
    answers();
  }

  template <class... Messages>
  void client(const Messages&... messages) {
    std::string bytes;
    (wire::encode(messages, bytes), ...);
    session_.client_in().append(bytes);
    session_.on_client_bytes();
    run();
  }
  void query(std::string_view text) { client(wire::query{text}); }

  // Moves bytes and performs actions until nothing moves.
  void run() {
    for (bool moved = true; moved;) {
      moved = first_;
      first_ = false;
      std::string out;
      const std::string to_legacy(session_.server_out().data());
      session_.server_out().consume(to_legacy.size());
      legacy_.receive(to_legacy, out);
      if (!out.empty() && !legacy_silent_) {
        session_.server_in().append(out);
        session_.on_server_bytes();
        moved = true;
      }
      for (action& a : session_.take_actions()) {
        moved = true;
        perform(a);
      }
      moved |= !session_.server_out().empty();
    }
  }

  void perform(action& a) {
    if (auto* p = std::get_if<prepare_action>(&a)) {
      records_.push_back(std::move(p->record));
      if (!hold_prepares_) answer_prepare();
    } else if (const auto* d = std::get_if<decide_action>(&a)) {
      decisions_.push_back(std::to_string(d->seq.value) + (d->committed ? " committed" : " aborted"));
    } else if (const auto* doubt = std::get_if<in_doubt_action>(&a)) {
      decisions_.push_back(std::to_string(doubt->seq.value) + " in doubt");
    } else if (auto* m = std::get_if<mark_action>(&a)) {
      marked_.push_back(m->marks.front().table.name);
      ++durable_;
      session_.on_marked({9}, "");
    } else if (std::holds_alternative<ripen_action>(a)) {
      decisions_.emplace_back("ripe");
    }
  }

  void answer_prepare() {
    prepare_outcome outcome;
    if (reject_) {
      outcome.what = prepare_outcome::kind::rejected;
      outcome.error = "disk full";
    } else {
      ++durable_;
      outcome.what = prepare_outcome::kind::durable;
      outcome.seq = seq_t{records_.size()};
    }
    session_.on_prepared(outcome);
  }

  // What the client has received since the last call, e.g. "D 1", "C UPDATE", "Z I", "E 22012".
  std::vector<std::string> answers() {
    std::vector<std::string> all;
    std::string_view rest = session_.client_out().data();
    const std::size_t size = rest.size();
    wire::frame_view f;
    while (wire::next_frame(rest, f) == wire::frame_status::complete) {
      std::string text(1, f.type);
      if (f.type == 'Z') text += std::string(" ") + f.body[0];
      if (f.type == 'C') text += " " + std::string(wire::decode_command_complete(f.body)->tag);
      if (f.type == 'D' || f.type == 'T') text += " " + std::to_string(f.body[1]);
      if (f.type == 'E') text += " " + std::string(*wire::decode_error_response(f.body)->field('C'));
      all.push_back(text);
    }
    session_.client_out().consume(size);
    return all;
  }

  sql::statement_cache cache_;
  std::shared_ptr<const mirrored_catalog> catalog_ = one_table();
  session session_{[this] {
    session_environment e;
    e.catalog = [this] { return catalog_; };
    e.statements = &cache_;
    e.partition = partition_t{1};
    e.incarnation = "life";
    return e;
  }()};
  testing::fake_backend legacy_;
  std::vector<change::record> records_;
  std::vector<std::string> decisions_;
  std::vector<std::string> marked_;
  int durable_ = 0;
  int decided_on_ = 0;
  int commits_ = 0;
  bool hold_prepares_ = false;
  bool reject_ = false;
  bool legacy_silent_ = false;
  bool first_ = true;
};

TEST_F(session_test, reads_pass_untouched) {
  query("SELECT 1");
  EXPECT_THAT(answers(), ElementsAre("T 1", "D 1", "C SELECT", "Z I"));
  EXPECT_THAT(legacy_.executed, ElementsAre("SELECT 1"));
  EXPECT_THAT(records_, IsEmpty());
}

TEST_F(session_test, autocommit_update_is_held_until_its_record_is_durable) {
  hold_prepares_ = true;
  query("UPDATE t SET v = 'x' WHERE id = 1");
  EXPECT_THAT(answers(), IsEmpty());
  EXPECT_EQ(commits_, 0);
  ASSERT_EQ(records_.size(), 1U);
  ASSERT_EQ(records_[0].changes.size(), 1U);
  EXPECT_EQ(records_[0].changes[0].key, R"({"id":1})");
  EXPECT_EQ(records_[0].xid, xid_t{77});
  EXPECT_THAT(records_[0].marks, IsEmpty());
  answer_prepare();
  run();
  EXPECT_THAT(answers(), ElementsAre("C UPDATE", "Z I"));
  EXPECT_EQ(commits_, 1);
  EXPECT_THAT(decisions_, ElementsAre("1 committed"));
}

TEST_F(session_test, client_gets_only_its_own_returning_columns) {
  query("INSERT INTO t (v) VALUES ('x') RETURNING id");
  EXPECT_THAT(answers(), ElementsAre("T 1", "D 1", "C INSERT", "Z I"));
  EXPECT_EQ(records_.at(0).changes.size(), 1U);
}

TEST_F(session_test, block_is_recorded_as_one_at_its_commit) {
  query("BEGIN");
  query("UPDATE t SET v = 'x' WHERE id = 1");
  query("DELETE FROM t WHERE id = 1");
  EXPECT_THAT(records_, IsEmpty());
  answers();
  query("COMMIT");
  EXPECT_THAT(answers(), ElementsAre("C COMMIT", "Z I"));
  ASSERT_EQ(records_.size(), 1U);
  EXPECT_EQ(records_[0].changes.size(), 2U);
  EXPECT_EQ(records_[0].changes[1].op, change::op::remove);
  EXPECT_THAT(decisions_, ElementsAre("1 committed"));
}

TEST_F(session_test, rolled_back_block_leaves_nothing) {
  query("BEGIN");
  query("UPDATE t SET v = 'x' WHERE id = 1");
  query("ROLLBACK");
  query("UPDATE t SET v = 'y' WHERE id = 1");
  ASSERT_EQ(records_.size(), 1U);
  EXPECT_EQ(records_[0].changes.size(), 1U);
}

TEST_F(session_test, rollback_to_savepoint_drops_its_images) {
  query("BEGIN");
  query("UPDATE t SET v = 'a' WHERE id = 1");
  query("SAVEPOINT s");
  query("UPDATE t SET v = 'b' WHERE id = 1");
  query("UPDATE t SET v = 'c' WHERE id = 1");
  query("ROLLBACK TO s");
  query("UPDATE t SET v = 'd' WHERE id = 1");
  query("RELEASE s");
  query("COMMIT");
  ASSERT_EQ(records_.size(), 1U);
  EXPECT_EQ(records_[0].changes.size(), 2U);
}

TEST_F(session_test, error_in_a_block_makes_commit_a_rollback) {
  query("BEGIN");
  query("UPDATE t SET v = 'a' WHERE id = 1");
  query("UPDATE t SET v = bad");
  answers();
  query("COMMIT");
  EXPECT_THAT(answers(), ElementsAre("C ROLLBACK", "Z I"));
  EXPECT_THAT(records_, IsEmpty());
  EXPECT_EQ(commits_, 0);
}

TEST_F(session_test, several_statements_in_one_query_commit_behind_their_record) {
  query("BEGIN; UPDATE t SET v = 'a' WHERE id = 1; COMMIT; SHOW bad");
  EXPECT_THAT(answers(), ElementsAre("C BEGIN", "C UPDATE", "C COMMIT", "E 22012", "Z I"));
  EXPECT_EQ(commits_, 1);
  EXPECT_THAT(decisions_, ElementsAre("1 committed"));
}

TEST_F(session_test, implicit_transaction_of_several_statements_is_one_record) {
  query("UPDATE t SET v = 'a' WHERE id = 1; UPDATE t SET v = 'b' WHERE id = 1");
  EXPECT_THAT(answers(), ElementsAre("C UPDATE", "C UPDATE", "Z I"));
  ASSERT_EQ(records_.size(), 1U);
  EXPECT_EQ(records_[0].changes.size(), 2U);
}

TEST_F(session_test, extended_statement_is_held_at_sync) {
  hold_prepares_ = true;
  client(wire::parse{"", "UPDATE t SET v = $1 WHERE id = 1", {}}, wire::bind{}, wire::describe{'P', ""},
         wire::execute{"", 1}, wire::sync{});
  EXPECT_THAT(answers(), ElementsAre("1", "2", "n", "C UPDATE"));
  EXPECT_EQ(commits_, 0);
  answer_prepare();
  run();
  EXPECT_THAT(answers(), ElementsAre("Z I"));
  EXPECT_EQ(commits_, 1);
}

TEST_F(session_test, named_statement_is_recognised_by_its_name) {
  client(wire::parse{"s", "UPDATE t SET v = $1 WHERE id = 1", {}}, wire::sync{});
  for (int i = 0; i < 3; ++i) {
    wire::bind bind;
    bind.statement = "s";
    client(bind, wire::execute{"", 0}, wire::sync{});
  }
  EXPECT_EQ(records_.size(), 3U);
  EXPECT_EQ(commits_, 3);
}

TEST_F(session_test, failed_named_parse_keeps_the_earlier_meaning) {
  client(wire::parse{"s", "UPDATE t SET v = $1 WHERE id = 1", {}}, wire::sync{});
  client(wire::parse{"s", "SELECT 1", {}}, wire::sync{});
  wire::bind bind;
  bind.statement = "s";
  answers();
  client(bind, wire::execute{"", 0}, wire::sync{});
  EXPECT_THAT(answers(), ElementsAre("2", "C UPDATE", "Z I"));
  EXPECT_EQ(records_.size(), 1U);
}

TEST_F(session_test, pipelined_commit_is_held_at_its_execute) {
  hold_prepares_ = true;
  client(wire::parse{"", "BEGIN", {}}, wire::bind{}, wire::execute{"", 0},
         wire::parse{"", "UPDATE t SET v = $1 WHERE id = 1", {}}, wire::bind{}, wire::execute{"", 0},
         wire::parse{"", "COMMIT", {}}, wire::bind{}, wire::execute{"", 0}, wire::sync{});
  EXPECT_EQ(commits_, 0);
  ASSERT_EQ(records_.size(), 1U);
  answer_prepare();
  run();
  EXPECT_EQ(commits_, 1);
  EXPECT_THAT(decisions_, ElementsAre("1 committed"));
}

TEST_F(session_test, several_syncs_in_flight_are_several_records) {
  std::string bytes;
  for (int i = 0; i < 3; ++i) {
    wire::encode(wire::parse{"", "UPDATE t SET v = $1 WHERE id = 1", {}}, bytes);
    wire::encode(wire::bind{}, bytes);
    wire::encode(wire::execute{"", 0}, bytes);
    wire::encode(wire::sync{}, bytes);
  }
  session_.client_in().append(bytes);
  session_.on_client_bytes();
  run();
  EXPECT_EQ(records_.size(), 3U);
  EXPECT_EQ(commits_, 3);
}

TEST_F(session_test, error_in_a_pipeline_releases_the_sync) {
  client(wire::parse{"", "UPDATE t SET v = $1 WHERE id = 1", {}}, wire::bind{}, wire::execute{"", 0},
         wire::parse{"", "SELECT bad", {}}, wire::bind{}, wire::execute{"", 0}, wire::sync{});
  EXPECT_THAT(answers(), ElementsAre("1", "2", "C UPDATE", "1", "2", "E 22012", "Z I"));
  EXPECT_EQ(commits_, 0);
  EXPECT_THAT(records_, IsEmpty());
  query("UPDATE t SET v = 'x' WHERE id = 1");
  EXPECT_EQ(records_.size(), 1U);
}

TEST_F(session_test, commit_that_fails_is_decided_aborted) {
  legacy_.fail_commits = true;
  query("UPDATE t SET v = 'x' WHERE id = 1");
  EXPECT_THAT(answers(), ElementsAre("E 23503", "Z I"));
  EXPECT_THAT(decisions_, ElementsAre("1 aborted"));
  query("BEGIN");
  query("UPDATE t SET v = 'x' WHERE id = 1");
  answers();
  query("COMMIT");
  EXPECT_THAT(answers(), ElementsAre("E 23503", "Z I"));
  EXPECT_THAT(decisions_, ElementsAre("1 aborted", "2 aborted"));
}

TEST_F(session_test, rejected_record_rolls_the_transaction_back) {
  reject_ = true;
  query("UPDATE t SET v = 'x' WHERE id = 1");
  EXPECT_THAT(answers(), ElementsAre("E 58030", "Z I"));
  query("BEGIN");
  query("UPDATE t SET v = 'x' WHERE id = 1");
  answers();
  query("COMMIT");
  EXPECT_THAT(answers(), ElementsAre("E 58030", "Z I"));
  client(wire::parse{"", "UPDATE t SET v = $1 WHERE id = 1", {}}, wire::bind{}, wire::execute{"", 0},
         wire::sync{});
  EXPECT_THAT(answers(), ElementsAre("1", "2", "C UPDATE", "E 58030", "Z I"));
  EXPECT_EQ(commits_, 0);
}

TEST_F(session_test, unproven_statement_marks_what_it_locked) {
  query("SELECT writer()");
  EXPECT_THAT(answers(), ElementsAre("T 1", "D 1", "C SELECT", "Z I"));
  ASSERT_EQ(records_.size(), 1U);
  ASSERT_EQ(records_[0].marks.size(), 1U);
  EXPECT_EQ(records_[0].marks[0].table.name, "t");
  EXPECT_EQ(commits_, 1);
}

TEST_F(session_test, unproven_statement_that_wrote_nothing_records_nothing) {
  query("SELECT reader()");
  EXPECT_THAT(answers(), ElementsAre("T 1", "D 1", "C SELECT", "Z I"));
  EXPECT_THAT(records_, IsEmpty());
}

TEST_F(session_test, what_may_commit_by_itself_is_marked_ahead) {
  query("CALL writer()");
  EXPECT_THAT(marked_, ElementsAre("t"));
  EXPECT_THAT(decisions_, ElementsAre("ripe"));
  EXPECT_EQ(commits_, 1);
}

TEST_F(session_test, lost_connection_behind_the_commit_is_in_doubt) {
  query("BEGIN");
  query("UPDATE t SET v = 'x' WHERE id = 1");
  hold_prepares_ = true;
  query("COMMIT");
  legacy_silent_ = true;
  answer_prepare();
  run();
  session_.on_server_eof();
  run();
  EXPECT_THAT(decisions_, ElementsAre("1 in doubt"));
}

TEST_F(session_test, lost_connection_before_the_commit_aborts) {
  hold_prepares_ = true;
  query("UPDATE t SET v = 'x' WHERE id = 1");
  session_.on_server_eof();
  answer_prepare();
  for (action& a : session_.take_actions()) perform(a);
  EXPECT_THAT(decisions_, ElementsAre("1 aborted"));
  EXPECT_EQ(commits_, 0);
}

TEST_F(session_test, bytes_may_arrive_one_by_one) {
  std::string bytes;
  wire::encode(wire::parse{"", "UPDATE t SET v = $1 WHERE id = 1", {}}, bytes);
  wire::encode(wire::bind{}, bytes);
  wire::encode(wire::execute{"", 0}, bytes);
  wire::encode(wire::sync{}, bytes);
  wire::encode(wire::query{"SELECT 1"}, bytes);
  for (const char c : bytes) {
    session_.client_in().append({&c, 1});
    session_.on_client_bytes();
    run();
  }
  EXPECT_THAT(answers(), ElementsAre("1", "2", "C UPDATE", "Z I", "T 1", "D 1", "C SELECT", "Z I"));
  EXPECT_EQ(records_.size(), 1U);
}

TEST_F(session_test, row_limit_is_played_by_the_session) {
  client(wire::parse{"", "INSERT INTO t (v) VALUES ('x') RETURNING id", {}}, wire::bind{},
         wire::execute{"", 1}, wire::execute{"", 1}, wire::sync{});
  EXPECT_THAT(answers(), ElementsAre("1", "2", "D 1", "s", "C INSERT", "Z I"));
  EXPECT_EQ(records_.at(0).changes.size(), 1U);
}

}  // namespace
}  // namespace pgtandem::proxy
