// FETCH and MOVE: harmless where the name can only be a cursor whose query was proven, else unproven.
#include "proxy/session/session_fixture_testing.h"

namespace pgtandem::proxy {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::string_view declare = "DECLARE c CURSOR FOR SELECT id FROM t";
constexpr std::string_view update = "UPDATE t SET v = 'x' WHERE id = 1";

class session_cursors : public session_test {
 protected:
  void queries(std::initializer_list<std::string_view> texts) {
    for (const std::string_view text : texts) query(text);
  }
  static void extended(std::string_view text, std::string& bytes) {
    wire::encode(wire::parse{"", text, {}}, bytes);
    wire::encode(wire::bind{}, bytes);
    wire::encode(wire::execute{"", 0}, bytes);
  }
  void send(const std::string& bytes) {
    session_.client_in().append(bytes);
    session_.on_client_bytes();
    run();
  }
  // Of the one record there has to be, with one image.
  std::vector<change::mark> marks() {
    if (records_.size() != 1 || records_[0].changes.size() != 1) {
      ADD_FAILURE() << "not one record with one image";
      return {};
    }
    return records_[0].marks;
  }
};

TEST_F(session_cursors, fetch_of_a_proven_cursor_is_harmless) {
  queries({"BEGIN", declare, "FETCH 2 FROM c", update, "MOVE FORWARD 3 IN c", "FETCH \"c\"", "COMMIT"});
  EXPECT_THAT(marks(), IsEmpty());
}

TEST_F(session_cursors, a_transaction_that_only_fetches_is_not_recorded) {
  queries({"BEGIN", declare, "FETCH c", "CLOSE c", "COMMIT"});
  EXPECT_THAT(records_, IsEmpty());
}

TEST_F(session_cursors, fetch_of_any_other_name_is_not) {
  queries({"BEGIN", declare, "FETCH d", update, "COMMIT"});
  EXPECT_THAT(marks(), SizeIs(1));
}

// Each is followed by FETCH c and an imaged UPDATE. None of them alone would lead to a mark.
class forgets : public session_cursors, public ::testing::WithParamInterface<std::string_view> {};

TEST_P(forgets, the_cursors_before) {
  queries({"BEGIN", "SAVEPOINT s", declare, GetParam(), "FETCH c", update, "COMMIT"});
  EXPECT_THAT(marks(), SizeIs(1));
}

INSTANTIATE_TEST_SUITE_P(session, forgets,
                         ::testing::Values("CLOSE c", "CLOSE ALL", "ROLLBACK TO s",
                                           "SET client_encoding = LATIN1"));

TEST_F(session_cursors, the_end_of_a_transaction_forgets) {
  queries(
      {"BEGIN", "DECLARE c CURSOR WITH HOLD FOR SELECT 1", "COMMIT", "BEGIN", "FETCH c", update, "COMMIT"});
  EXPECT_THAT(marks(), SizeIs(1));
}

TEST_F(session_cursors, the_end_of_a_statement_by_itself_forgets) {
  queries({"DECLARE c CURSOR WITH HOLD FOR SELECT 1", "BEGIN", "FETCH c", update, "COMMIT"});
  EXPECT_THAT(marks(), SizeIs(1));
}

class portals : public session_cursors {
 protected:
  // Binds it to a portal, which a FETCH by SQL reads.
  void fetch_portal(std::string_view statement) {
    std::string bytes;
    wire::encode(wire::parse{"", statement, {}}, bytes);
    wire::bind named;
    named.portal = "p";
    wire::encode(named, bytes);
    wire::encode(wire::sync{}, bytes);
    query("BEGIN");
    send(bytes);
    queries({"FETCH p", update, "COMMIT"});
  }
};

TEST_F(portals, are_fetched_from_harmlessly_where_proven) {
  fetch_portal("SELECT id FROM t");
  EXPECT_THAT(marks(), IsEmpty());
}

TEST_F(portals, are_not_where_they_may_write) {
  fetch_portal("SELECT writer()");
  EXPECT_THAT(marks(), SizeIs(1));
}

TEST_F(session_cursors, are_followed_in_a_pipeline_and_inside_of_one_text) {
  std::string bytes;
  for (const std::string_view text : {std::string_view("BEGIN"), declare, std::string_view("FETCH c"), update,
                                      std::string_view("MOVE c"), std::string_view("COMMIT")})
    extended(text, bytes);
  wire::encode(wire::sync{}, bytes);
  send(bytes);
  EXPECT_THAT(marks(), IsEmpty());
  records_.clear();
  query("BEGIN");
  query("DECLARE c CURSOR FOR SELECT 1; FETCH c; UPDATE t SET v = 'y' WHERE id = 1");
  query("COMMIT");
  EXPECT_THAT(marks(), IsEmpty());
}

// What a prepared FETCH fetches is decided by its Execute.
TEST_F(session_cursors, a_prepared_fetch_is_judged_each_time) {
  wire::bind bind;
  bind.statement = "f";
  const wire::execute execute{"", 0};
  queries({"BEGIN", declare});
  client(wire::parse{"f", "FETCH c", {}}, bind, execute, wire::sync{});
  queries({update, "COMMIT"});
  EXPECT_THAT(marks(), IsEmpty());
  records_.clear();
  queries({"BEGIN", update});
  client(bind, execute, wire::sync{});
  query("COMMIT");
  EXPECT_THAT(marks(), SizeIs(1));
}

}  // namespace
}  // namespace pgtandem::proxy
