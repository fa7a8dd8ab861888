// Where statements begin and end, and that no text can bring the process down.
#include "protocol/sql/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <thread>
#include <vector>

namespace pgtandem::sql {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> cut(std::string_view text) {
  std::vector<std::string> result;
  const parsed_text parsed = parse(text);
  EXPECT_TRUE(parsed.ok) << text;
  for (const statement& one : parsed.statements) result.emplace_back(text.substr(one.offset, one.length));
  return result;
}

TEST(parse, nothing_is_no_statement) {
  for (const std::string_view text :
       {"", " \n\t", ";", " ; ;; ", "-- comment", "/* a /* b */ */", "/* a */ ; -- b"}) {
    const parsed_text parsed = parse(text);
    EXPECT_TRUE(parsed.ok) << text;
    EXPECT_THAT(parsed.statements, IsEmpty()) << text;
  }
}

TEST(parse, finds_where_statements_begin_and_end) {
  EXPECT_THAT(cut("select 1"), ElementsAre("select 1"));
  EXPECT_THAT(cut(" \r\n select 1 ; "), ElementsAre("select 1"));
  EXPECT_THAT(cut("select 1;select 2"), ElementsAre("select 1", "select 2"));
  EXPECT_THAT(cut("begin; ; ;update t set a = ';' ; commit;"),
              ElementsAre("begin", "update t set a = ';'", "commit"));
  EXPECT_THAT(cut(";;select 1"), ElementsAre("select 1"));
  EXPECT_THAT(cut("/* a; */ select 1 -- b;\n; -- c\n /* d /* ; */ */ select 2 /* e */"),
              ElementsAre("select 1 -- b;", "select 2 /* e */"));
  EXPECT_THAT(cut("--x\rselect 1"), ElementsAre("select 1"));
  EXPECT_THAT(cut("select 'ä'; select 'ö'"), ElementsAre("select 'ä'", "select 'ö'"));
  EXPECT_THAT(cut("create rule r as on insert to t do (select 1; select 2); select 3"),
              ElementsAre("create rule r as on insert to t do (select 1; select 2)", "select 3"));
}

TEST(parse, says_so_when_it_does_not_know_a_text) {
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {"selec 1"sv, "select 'x"sv, "select 1; bogus"sv, "select $$"sv, "/* open"sv, "select 1\0"sv,
        "select 1\0; delete from t"sv, "\0"sv, "select E'\\xff'"sv, "select U&'\\zz'"sv}) {
    const parsed_text parsed = parse(text);
    EXPECT_FALSE(parsed.ok) << text;
    EXPECT_THAT(parsed.statements, IsEmpty());
  }
}

TEST(parse, takes_bytes_that_are_not_utf8) {
  EXPECT_THAT(cut("select '\xff\xfe' as \xe4; select 2"),
              ElementsAre("select '\xff\xfe' as \xe4", "select 2"));
}

std::string repeat(std::string_view before, std::string_view piece, std::size_t count,
                   std::string_view after = "") {
  std::string text(before);
  for (std::size_t i = 0; i < count; ++i) text += piece;
  text += after;
  return text;
}

TEST(parse, survives_trees_of_any_depth) {
  for (const std::size_t depth : {100u, 1'000u, 10'000u, 50'000u}) {
    for (const std::string& text :
         {repeat("select 1", "+1", depth),
          repeat("select ", "(", depth, "1" + std::string(depth, ')')),
          repeat("select array", "[", depth, "1" + std::string(depth, ']')),
          repeat("select ", "- ", depth, "1"),
          repeat("select ", "@ ", depth, "1"),
          repeat("select ", "not ", depth, "a"),
          repeat("select a", "::a", depth),
          repeat("select a", ".and+a", depth),
          repeat("select 1", " union all select 1, 2", depth),
          repeat("select ", "(select ", depth, "1" + std::string(depth, ')')),
          repeat("select 1 from a", " join a on true", depth),
          repeat("select ", "f(", depth, "1" + std::string(depth, ')')),
          repeat("select ", "case when ", depth, "1" + repeat("", " then 1 end", depth)),
          repeat("select ", "case when @ @ @ ", depth, "1" + repeat("", " then 1 end", depth)),
          repeat("select ", "a between 1 and not ", depth, "1"),
          repeat("select a", " is null", depth),
          repeat("select a", " at time zone 'x'", depth),
          repeat("select a", " collate \"C\"", depth),
          repeat("select a", "||a", depth),
          repeat("select +", "-+", depth, "1"),
          repeat("select a", "[a", depth, std::string(depth, ']')),
          repeat("", "explain ", depth, "select 1"),
          repeat("select ", "1union select ", depth, "1")}) {
      const parsed_text parsed = parse(text);
      if (depth == 50'000) {
        EXPECT_FALSE(parsed.ok) << text.substr(0, 40);
      }
    }
  }
  EXPECT_TRUE(parse(repeat("select 1", "+1", 700)).ok);
  EXPECT_TRUE(parse(repeat("select 1", " union all select 1, 2", 1'000)).ok);
}

TEST(parse, takes_wide_statements) {
  const parsed_text rows =
      parse(repeat("insert into t (a, b) values (0, 'x')", ",(12345,'abcdefghij')", 50'000));
  ASSERT_TRUE(rows.ok);
  EXPECT_EQ(rows.statements.at(0).effect, effect::dml);
  EXPECT_TRUE(parse(repeat("select 1 from t where a = 0", " or a = 1 and b = 2", 10'000)).ok);
  EXPECT_TRUE(parse(repeat("update t set a = case id", " when 1 then 2 + 3", 10'000, " end")).ok);
  EXPECT_TRUE(parse(repeat("select 1 from t where a in (0", ",1", 30'000, ")")).ok);
  EXPECT_EQ(parse(repeat("", "select 1;", 20'000)).statements.size(), 20'000u);
  EXPECT_TRUE(parse("insert into t values ('" + std::string(10'000'000, 'x') + "')").ok);
  EXPECT_TRUE(parse("insert into t values ('" + std::string(20'000'000, 'x') + "')").ok);
  EXPECT_FALSE(parse("insert into t values (1) /*" + std::string(20'000'000, 'x') + "*/").ok);
}

TEST(parse, works_in_many_threads) {
  const std::vector<std::string> texts = {"select 1", "update t set a = 1", "bogus", "select f(); commit",
                                          "insert into t values (1)"};
  std::vector<std::thread> threads;
  std::vector<int> wrong(8, 0);
  for (std::size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i < 500; ++i) {
        const std::size_t which = (i + t) % texts.size();
        const parsed_text parsed = parse(texts[which]);
        if (parsed.ok != (which != 2)) ++wrong[t];
        if (which == 1 && !parsed.statements.at(0).dml) ++wrong[t];
        if (which == 3 && parsed.statements.size() != 2) ++wrong[t];
      }
    });
  }
  for (std::thread& one : threads) one.join();
  EXPECT_THAT(wrong, testing::Each(0));
}

// Whatever the text: no crash, and every range lies inside it.
TEST(parse, survives_mutilated_texts) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const std::string source =
      "with q as (select distinct a, b::text[] from s.t where x like E'a\\'b' and y = $1) insert into \"T\" "
      "as t (a, b) "
      "select case when a between 1 and 2.5e3 then U&'d\\0061t' end, f(a) over (order by b) from q /* c */ "
      "on conflict "
      "(a) do update set b = $tag$x$tag$ returning t.*; begin -- d\n; update t set (a, b[1]) = (1, 2) from "
      "u; commit;";
  const std::string junk =
      "'\"$;()[]/*-+\\,. \n\x80"
      "a1E";
  for (int round = 0; round < 5'000; ++round) {
    std::string text = source;
    for (int changes = static_cast<int>(random() % 6); changes >= 0; --changes) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text.erase(at, random() % 20);
          break;
        case 1:
          text.insert(at, 1, junk[random() % junk.size()]);
          break;
        default:
          text.insert(at, text.substr(random() % text.size(), random() % 30));
      }
      if (text.empty()) text = ";";
    }
    const parsed_text parsed = parse(text);
    for (const statement& one : parsed.statements) {
      ASSERT_LE(one.offset + one.length, text.size()) << text;
      ASSERT_GT(one.length, 0u) << text;
      // Cut out and parsed alone it is the same statement.
      const parsed_text alone = parse(std::string_view(text).substr(one.offset, one.length));
      ASSERT_TRUE(alone.ok) << text;
      ASSERT_EQ(alone.statements.size(), 1u) << text;
      EXPECT_EQ(alone.statements[0].kind, one.kind) << text;
      EXPECT_EQ(alone.statements[0].effect, one.effect) << text;
      EXPECT_EQ(alone.statements[0].offset, 0u) << text;
    }
  }
}

}  // namespace
}  // namespace pgtandem::sql
