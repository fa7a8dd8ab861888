#include "proxy/session/transaction/transaction.h"

#include <gtest/gtest.h>

namespace pgtandem::proxy {
namespace {

using sql::statement_kind;

mirrored_catalog two_tables(bool deferrable = false) {
  std::vector<catalog::relation> all;
  for (const std::uint32_t oid : {100U, 200U}) {
    catalog::relation r;
    r.oid = oid_t{oid};
    r.name = {"public", oid == 100 ? "a" : "b"};
    r.leaves = oid == 200 ? std::vector{oid_t{201}} : std::vector<oid_t>{};
    catalog::column id;
    id.name = "id";
    id.type = "integer";
    r.columns = {id};
    r.key = {{.column = 0, .form = catalog::key_form::bytewise}};
    r.has_deferrable_triggers = deferrable && oid == 100;
    all.push_back(std::move(r));
  }
  return mirrored_catalog(std::move(all));
}

plan of(statement_kind kind, std::string name = {}) {
  plan p;
  p.mode = capture_mode::harmless;
  p.kind = kind;
  p.name = std::move(name);
  return p;
}

witness wrote(std::vector<oid_t> locked = {}) {
  return {.xid = xid_t{7}, .lsn = lsn_t{9}, .write_locked = std::move(locked), .prepared_as = {}};
}

class transaction_test : public ::testing::Test {
 protected:
  void image(int id, std::uint32_t oid = 100) {
    EXPECT_TRUE(t_.add_image("J" + std::to_string(oid) + " {\"id\":" + std::to_string(id) + "}",
                             statement_kind::insert, catalog_));
  }
  std::vector<std::string> keys() {
    std::vector<std::string> all;
    for (const auto& c : t_.take_record(wrote(), catalog_).changes) all.push_back(c.key);
    return all;
  }
  mirrored_catalog catalog_ = two_tables();
  transaction t_{1 << 20};
};

TEST_F(transaction_test, images_from_before_an_end_that_was_not_understood_are_lost) {
  for (const char* tag : {"COMMIT", "ROLLBACK", "PREPARE TRANSACTION"}) {
    image(1);
    t_.on_complete(of(statement_kind::other), tag);
    const auto r = t_.take_record(wrote(), catalog_);
    EXPECT_TRUE(r.changes.empty()) << tag;
    EXPECT_EQ(r.marks.size(), 1U) << tag;
    t_.on_ready('I');
  }
}

TEST_F(transaction_test, copied_rows_are_unproven_until_as_many_have_been_read_back) {
  plan copy = of(statement_kind::copy_from);
  copy.mode = capture_mode::read_back;
  for (const std::uint64_t found : {1U, 2U, 3U}) {
    EXPECT_FALSE(t_.dirty());
    t_.on_complete(copy, "COPY 2");
    EXPECT_TRUE(t_.unproven());
    t_.end_read_back(found);
    EXPECT_EQ(t_.unproven(), found != 2) << found;
    t_.on_ready('I');
  }
  t_.on_complete(copy, "COPY 0");
  EXPECT_FALSE(t_.unproven());
  t_.on_complete(copy, "COPY");
  EXPECT_TRUE(t_.unproven());
}

TEST_F(transaction_test, rollback_to_drops_what_came_after_the_innermost_of_that_name) {
  image(1);
  t_.on_complete(of(statement_kind::savepoint, "s"), "SAVEPOINT");
  image(2);
  t_.on_complete(of(statement_kind::savepoint, "s"), "SAVEPOINT");
  image(3);
  t_.on_complete(of(statement_kind::rollback_to, "s"), "ROLLBACK");
  image(4);
  t_.on_complete(of(statement_kind::rollback_to, "s"), "ROLLBACK");
  EXPECT_EQ(keys(), (std::vector<std::string>{R"({"id":1})", R"({"id":2})"}));
}

TEST_F(transaction_test, release_keeps_images_and_uncovers_the_outer_name) {
  t_.on_complete(of(statement_kind::savepoint, "s"), "SAVEPOINT");
  image(1);
  t_.on_complete(of(statement_kind::savepoint, "s"), "SAVEPOINT");
  image(2);
  t_.on_complete(of(statement_kind::release, "s"), "RELEASE");
  image(3);
  t_.on_complete(of(statement_kind::rollback_to, "s"), "ROLLBACK");
  EXPECT_TRUE(keys().empty());
}

TEST_F(transaction_test, partition_leaves_are_their_root) {
  image(1, 201);
  const auto r = t_.take_record(wrote(), catalog_);
  ASSERT_EQ(r.tables.size(), 1U);
  EXPECT_EQ(r.tables[0].name, "b");
}

TEST_F(transaction_test, rows_of_other_tables_are_left_out) {
  image(1, 999);
  EXPECT_TRUE(keys().empty());
}

TEST_F(transaction_test, null_image_calls_for_the_locks_and_marks_the_table) {
  EXPECT_FALSE(t_.unproven());
  EXPECT_TRUE(t_.add_image(std::nullopt, statement_kind::update, catalog_));
  EXPECT_TRUE(t_.unproven());
  const auto r = t_.take_record(wrote({oid_t{100}}), catalog_);
  ASSERT_EQ(r.marks.size(), 1U);
  EXPECT_EQ(r.marks[0].table.name, "a");
}

TEST_F(transaction_test, what_is_not_an_image_is_told) {
  EXPECT_FALSE(t_.add_image("hello", statement_kind::update, catalog_));
  EXPECT_FALSE(t_.add_image("B***", statement_kind::update, catalog_));
}

TEST_F(transaction_test, imaged_and_locked_by_something_unproven_is_marked_too) {
  image(1);
  t_.on_complete(plan{}, "SELECT 1");
  const auto r = t_.take_record(wrote({oid_t{100}, oid_t{201}, oid_t{555}}), catalog_);
  EXPECT_EQ(r.changes.size(), 1U);
  EXPECT_EQ(r.marks.size(), 2U);
}

TEST_F(transaction_test, a_watched_statement_marks_what_is_locked_and_neither_imaged_nor_named) {
  plan imaged;
  imaged.mode = capture_mode::image;
  imaged.target_oid = oid_t{201};
  t_.on_complete(imaged, "UPDATE 0");  // found no row, and holds the lock of a writer all the same
  plan truncate;
  truncate.mode = capture_mode::noted;
  truncate.watched = true;
  truncate.truncated = {{"public", "b"}};
  t_.on_complete(truncate, "TRUNCATE TABLE");
  EXPECT_TRUE(t_.unproven());
  const auto r = t_.take_record(wrote({oid_t{100}, oid_t{201}}), catalog_);
  EXPECT_EQ(r.changes.size(), 1U);
  ASSERT_EQ(r.marks.size(), 1U);
  EXPECT_EQ(r.marks[0].table.name, "a");
}

TEST_F(transaction_test, what_foreign_keys_may_have_written_is_marked_beside_its_images) {
  plan removal;
  removal.mode = capture_mode::image;
  removal.target_oid = oid_t{100};
  removal.watched = true;
  removal.cascades_to = {{"public", "b"}};
  image(1);
  image(2, 201);
  t_.on_complete(removal, "DELETE 1");
  const auto r = t_.take_record(wrote({oid_t{100}, oid_t{201}}), catalog_);
  EXPECT_EQ(r.changes.size(), 2U);
  ASSERT_EQ(r.marks.size(), 1U);
  EXPECT_EQ(r.marks[0].table.name, "b");
  image(2, 201);
  t_.on_complete(removal, "DELETE 0");
  EXPECT_TRUE(t_.take_record(wrote({oid_t{100}}), catalog_).marks.empty()) << "nothing was carried anywhere";
}

TEST_F(transaction_test, when_the_outbox_refuses_a_part_its_tables_are_marked_instead) {
  image(1);
  image(2, 200);
  t_.lose_changes();
  t_.changes().clear();
  image(3);
  const auto r = t_.take_record(wrote(), catalog_);
  EXPECT_TRUE(r.changes.empty());
  ASSERT_EQ(r.marks.size(), 2U);
  EXPECT_EQ(r.marks[0].table.name, "a");
  EXPECT_EQ(r.marks[1].table.name, "b");
  image(4);
  EXPECT_EQ(keys().size(), 1U) << "the next transaction begins anew";
}

TEST_F(transaction_test, deferrable_triggers_may_write_anything_inside_the_commit) {
  const mirrored_catalog catalog = two_tables(true);
  image(1, 201);
  EXPECT_EQ(t_.take_record(wrote(), catalog).marks.size(), 2U);
}

TEST_F(transaction_test, the_end_of_a_transaction_forgets_everything) {
  image(1);
  t_.on_complete(plan{}, "SELECT 1");
  t_.on_ready('I');
  EXPECT_FALSE(t_.dirty());
  EXPECT_FALSE(t_.in_block());
  t_.on_ready('E');
  EXPECT_TRUE(t_.in_block());
  EXPECT_TRUE(t_.failed());
}

}  // namespace
}  // namespace pgtandem::proxy
