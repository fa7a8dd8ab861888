#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/sql/parse.h"
#include "protocol/sql/text_lru.h"

namespace pgtandem::sql {
namespace {

TEST(statement_cache, remembers_a_text) {
  statement_cache cache;
  const auto first = cache.get("update t set a = 1; commit");
  EXPECT_EQ(first->statements.size(), 2u);
  EXPECT_EQ(cache.get("update t set a = 1; commit"), first);
  const auto other = cache.get("update t set a = 2; commit");
  EXPECT_NE(other, first);
  EXPECT_EQ(other->statements.at(1).offset, 20u);
}

TEST(statement_cache, remembers_what_the_parser_refuses) {
  statement_cache cache;
  const auto first = cache.get("bogus");
  EXPECT_FALSE(first->ok);
  EXPECT_EQ(cache.get("bogus"), first);
}

TEST(statement_cache, shares_harmless_queries_that_differ_in_literals) {
  statement_cache cache;
  const auto first = cache.get("select a from t where id = 17 and b = 'x'");
  EXPECT_EQ(first->statements.at(0).effect, effect::harmless);
  EXPECT_EQ(cache.get("select a from t where id = 1234 and b = ''"), first);
  EXPECT_NE(cache.get("select a from t where id = 1.5 and b = ''"), first);
  EXPECT_NE(cache.get("select a from u where id = 17 and b = 'x'"), first);
}

// Literals that decide what a statement does, and texts whose statements have to be found in them.
TEST(statement_cache, shares_nothing_else) {
  statement_cache cache;
  EXPECT_EQ(cache.get("explain (analyze 0) delete from t")->statements.at(0).effect, effect::harmless);
  EXPECT_EQ(cache.get("explain (analyze 1) delete from t")->statements.at(0).effect, effect::unproven);
  EXPECT_EQ(cache.get("explain (analyze 'off') delete from t")->statements.at(0).effect, effect::harmless);
  EXPECT_EQ(cache.get("explain (analyze 'on') delete from t")->statements.at(0).effect, effect::unproven);
  EXPECT_EQ(cache.get("prepare transaction 'a'")->statements.at(0).name, "a");
  EXPECT_EQ(cache.get("prepare transaction 'b'")->statements.at(0).name, "b");
  EXPECT_EQ(cache.get("select 1; commit")->statements.at(1).offset, 10u);
  EXPECT_EQ(cache.get("select 1234; commit")->statements.at(1).offset, 13u);
  EXPECT_NE(cache.get("select f(1)"), cache.get("select f(2)"));
  EXPECT_EQ(cache.get("select set_config('jit', 'off', true)")->statements.at(0).effect, effect::harmless);
  EXPECT_EQ(cache.get("select set_config('role', 'off', true)")->statements.at(0).effect, effect::unproven);
}

// Each second text would look like the first if strings and comments were cut a little wrong.
TEST(statement_cache, is_not_deceived) {
  using namespace std::string_view_literals;
  const std::pair<std::string_view, std::string_view> pairs[] = {
      {"select 1 --'x'"sv, "select 1 --'x\n, f(1) --'"sv},
      {"select 1 /*'x'*/"sv, "select 1 /*'*/, f(1) /*'*/"sv},
      {"select 1 -'x'"sv, "select 1 --'x\n, f(1) --'"sv},
      {"select E'x', 'y'"sv, "select E'\\', f(1), '\\''"sv},
      {"select e'x', 'y'"sv, "select e'\\'', f(1), 'y'"sv},
      {"select 'a''b'"sv, "select 'a', f(1), 'b'"sv},
      {"select \"a'x'b\""sv, "select \"a'\", f(1), \"'b\""sv},
      {"select \"a\"\"'x'b\", 1"sv, "select \"a\"\"'\", f(1), \"'b\", 1"sv},
      {"select $$'x'$$, 1"sv, "select $$'$$, f(1), $$'$$, 1"sv},
      {"select $t$'x'$t$, 1"sv, "select $t$'$t$, f(1), $t$'$t$, 1"sv},
      {"select U&'x' uescape '!'"sv, "select U&'x', f('!')"sv},
      {"values (1)"sv, "values (f(1))"sv},
      {"select 'x'"sv, "select \x03"sv},
      {"select 1"sv, "select \x01"sv},
      {"select 'x'"sv, "select 'x\0', f(1), '"sv},
      {"select 1; select 2"sv, "select 1; delete from t where a = 2"sv},
      {"explain (analyze 0) delete from t"sv, "explain (analyze 1) delete from t"sv},
      {"explain (analyze 'off') delete from t"sv, "explain (analyze 'on') delete from t"sv},
      {"select 1 as x from t tablesample bernoulli (5)"sv, "select 1 as x from t tablesample other (5)"sv},
  };
  for (const auto& [innocent, guilty] : pairs) {
    statement_cache cache;
    (void)cache.get(innocent);
    const auto found = cache.get(guilty);
    const bool all_harmless =
        found->ok && std::all_of(found->statements.begin(), found->statements.end(),
                                 [](const statement& one) { return one.effect == effect::harmless; });
    EXPECT_FALSE(all_harmless) << guilty;
  }
}

TEST(statement_cache, forgets_the_least_recently_used) {
  statement_cache cache(2);
  const auto a = cache.get("select a");
  const auto b = cache.get("select b");
  EXPECT_EQ(cache.get("select a"), a);
  (void)cache.get("select c");
  EXPECT_EQ(cache.get("select a"), a);
  EXPECT_NE(cache.get("select b"), b);
}

TEST(statement_cache, works_without_room_and_with_long_texts) {
  statement_cache none(0);
  EXPECT_NE(none.get("select 1"), none.get("select 1"));
  statement_cache cache;
  const std::string text = "select '" + std::string(20'000, 'x') + "'";
  EXPECT_TRUE(cache.get(text)->ok);
  EXPECT_NE(cache.get(text), cache.get(text));
}

TEST(text_lru, is_bounded_in_bytes) {
  text_lru lru(1'000'000, 100'000, 1);
  const auto value = std::make_shared<const parsed_text>();
  for (int i = 0; i < 10'000; ++i) {
    lru.insert("key " + std::to_string(i), value);
    ASSERT_LE(lru.bytes(), 100'000u);
  }
  EXPECT_GT(lru.size(), 100u);
  EXPECT_NE(lru.find("key 9999"), nullptr);
  EXPECT_EQ(lru.find("key 0"), nullptr);
  lru.insert(std::string(200'000, 'x'), value);
  EXPECT_NE(lru.find("key 9999"), nullptr);
}

// Texts made of pieces that belong to each other's neighbourhood in every wrong way: quotes, signs, numbers
// and prefixes meet. The cache has to say what the parser says, however often shapes are hit.
class random_texts {
 public:
  explicit random_texts(unsigned seed) : random_(seed) {}

  std::string next() {
    static const std::vector<std::string> pieces = {"1",
                                                    "2",
                                                    "17",
                                                    "1.5",
                                                    "1e5",
                                                    ".5",
                                                    "1.",
                                                    "'a'",
                                                    "'b'",
                                                    "''",
                                                    "'it''s'",
                                                    "'--'",
                                                    "'a\\'",
                                                    "E'a'",
                                                    "E'\\''",
                                                    "e",
                                                    "B'1'",
                                                    "b",
                                                    "x",
                                                    "U&'a'",
                                                    "U&",
                                                    "&",
                                                    "u",
                                                    "\"a\"",
                                                    "\"1\"",
                                                    "\"a'b\"",
                                                    "\"",
                                                    "'",
                                                    "$1",
                                                    "$2",
                                                    "$",
                                                    "$$",
                                                    "$$a$$",
                                                    "-",
                                                    "--",
                                                    "+",
                                                    "/",
                                                    "/*",
                                                    "*/",
                                                    "*",
                                                    "(",
                                                    ")",
                                                    ",",
                                                    ";",
                                                    " ",
                                                    " ",
                                                    " ",
                                                    "\n",
                                                    ".",
                                                    "::int",
                                                    "f",
                                                    "lower",
                                                    "f(1)",
                                                    "lower('x')",
                                                    "x1",
                                                    "t",
                                                    " as ",
                                                    " from t ",
                                                    " where ",
                                                    "=",
                                                    "<",
                                                    ":",
                                                    "[1]",
                                                    "\\",
                                                    "3000000000",
                                                    "2147483648",
                                                    " union select ",
                                                    " and ",
                                                    " delete from t ",
                                                    "delete from t where a = 1",
                                                    "select 1",
                                                    "select f(2)",
                                                    "; commit"};
    std::string text = heads_[random_() % heads_.size()];
    for (auto count = random_() % 6; count != 0; --count) text += pieces[random_() % pieces.size()];
    return text;
  }

  // The same text with other literals, or slightly damaged.
  std::string mutate(std::string text) {
    static const std::vector<std::string> literals = {"1",  "9",      "1.5",       "'a'", "'b'",
                                                      "''", "'f(1)'", "123456789", "'1'"};
    for (auto changes = 1 + random_() % 3; changes != 0 && !text.empty(); --changes) {
      const std::size_t at = random_() % text.size();
      const std::size_t literal = text.find_first_of("0123456789'", at);
      switch (random_() % 4) {
        case 0:
          text.erase(at, 1);
          break;
        case 1:
          text.insert(at, 1, "'\"-1.$\\ ;"[random_() % 9]);
          break;
        default:
          if (literal != std::string::npos) {
            const std::size_t end = text[literal] == '\'' ? text.find('\'', literal + 1) : literal;
            if (end != std::string::npos)
              text.replace(literal, end + 1 - literal, literals[random_() % literals.size()]);
          }
      }
    }
    return text;
  }

 private:
  std::mt19937 random_;
  const std::vector<std::string> heads_ = {"select ",
                                           "select 1 ",
                                           "select a from t where id = 1 and b = 'x' ",
                                           "select 'a' ",
                                           "select lower('A') || ",
                                           "values (1, 'a') ",
                                           "explain (analyze 0) delete from t ",
                                           "update t set a = 1 ",
                                           "select 1; select ",
                                           ""};
};

TEST(statement_cache, never_differs_from_the_parser) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  random_texts texts(seed);
  statement_cache cache(512);
  std::size_t shared = 0;
  for (int round = 0; round < 4'000; ++round) {
    const std::string source = texts.next();
    std::string text = source;
    for (int variant = 0; variant < 5; ++variant) {
      const auto cached = cache.get(text);
      const parsed_text parsed = parse(text);
      ASSERT_EQ(cached->ok, parsed.ok) << text;
      ASSERT_EQ(cached->statements.size(), parsed.statements.size()) << text;
      for (std::size_t i = 0; i < parsed.statements.size(); ++i) {
        ASSERT_EQ(cached->statements[i].kind, parsed.statements[i].kind) << text;
        ASSERT_EQ(cached->statements[i].effect, parsed.statements[i].effect) << text;
        ASSERT_EQ(cached->statements[i].read, parsed.statements[i].read) << text;
        if (cached->statements[i].length == 0) ++shared;
      }
      text = texts.mutate(source);
    }
  }
  EXPECT_GT(shared, 500u);  // or the test would prove nothing
}

}  // namespace
}  // namespace pgtandem::sql
