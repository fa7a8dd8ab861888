#include "proxy/session/planner/proven_cursors.h"

#include <gtest/gtest.h>

namespace pgtandem::proxy {
namespace {

using sql::statement_kind;

plan of(statement_kind kind, std::string name, capture_mode mode = capture_mode::harmless) {
  return {
      .mode = mode, .kind = kind, .name = std::move(name), .changes_names = false, .changes_lexing = false};
}

class proven_cursors_test : public ::testing::Test {
 protected:
  proven_cursors_test() {
    cursors_.note_sent(of(statement_kind::declare_cursor, "c"));
    cursors_.note_sent(of(statement_kind::declare_cursor, "d"));
  }
  // Which of the two are left behind it.
  std::string left(const plan& p) {
    cursors_.note_sent(p);
    return left();
  }
  std::string left() {
    return std::string(cursors_.contains("c") ? "c" : "") + (cursors_.contains("d") ? "d" : "");
  }
  proven_cursors cursors_;
};

TEST_F(proven_cursors_test, hold_while_what_is_sent_is_proven) {
  EXPECT_EQ(left(of(statement_kind::select, "")), "cd");
  EXPECT_EQ(left(of(statement_kind::fetch, "c")), "cd");
  EXPECT_EQ(left(of(statement_kind::update, "", capture_mode::image)), "cd");
  EXPECT_EQ(left(of(statement_kind::savepoint, "c")), "cd");
  EXPECT_FALSE(cursors_.contains("e"));
}

TEST_F(proven_cursors_test, are_closed_by_name) {
  EXPECT_EQ(left(of(statement_kind::close_cursor, "e")), "cd");
  EXPECT_EQ(left(of(statement_kind::close_cursor, "c")), "d");
  EXPECT_EQ(left(of(statement_kind::close_cursor, "")), "");
}

TEST_F(proven_cursors_test, are_closed_by_the_protocol) {
  cursors_.forget("c");
  cursors_.forget("e");
  EXPECT_EQ(left(), "d");
  cursors_.forget_all();
  EXPECT_EQ(left(), "");
}

TEST_F(proven_cursors_test, end_at_whatever_may_open_others) {
  EXPECT_EQ(left(of(statement_kind::declare_cursor, "e", capture_mode::unproven)), "");
  EXPECT_FALSE(cursors_.contains("e"));
}

TEST_F(proven_cursors_test, portals_are_among_them) {
  const plan select = of(statement_kind::select, "");
  cursors_.note_bound("p", &select);
  EXPECT_TRUE(cursors_.contains("p"));
  EXPECT_EQ(left(), "cd");
}

TEST_F(proven_cursors_test, end_at_a_portal_of_anything_else) {
  for (const plan& other :
       {of(statement_kind::select, "", capture_mode::unproven),
        of(statement_kind::update, "", capture_mode::image), of(statement_kind::execute, "")}) {
    cursors_.note_sent(of(statement_kind::declare_cursor, "c"));
    cursors_.note_bound("c", &other);
    EXPECT_EQ(left(), "");
  }
  cursors_.note_sent(of(statement_kind::declare_cursor, "c"));
  cursors_.note_bound("p", nullptr);
  EXPECT_EQ(left(), "");
}

TEST_F(proven_cursors_test, end_at_cascades) {
  plan p = of(statement_kind::remove, "", capture_mode::image);
  p.also_unproven = true;
  EXPECT_EQ(left(p), "");
}

TEST_F(proven_cursors_test, end_where_bytes_may_become_another_name) {
  plan p = of(statement_kind::set, "");
  p.changes_lexing = true;
  EXPECT_EQ(left(p), "");
}

TEST_F(proven_cursors_test, end_at_a_rollback_to_a_savepoint) {
  EXPECT_EQ(left(of(statement_kind::rollback_to, "s")), "");
}

}  // namespace
}  // namespace pgtandem::proxy
