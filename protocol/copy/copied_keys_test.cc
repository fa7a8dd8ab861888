#include "protocol/copy/copied_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pgtandem::copy {
namespace {

using namespace std::literals;
using ::testing::ElementsAre;

const format csv{.layout = layout::csv, .delimiter = ',', .null = ""};

// The first of two fields is the key. Read whole and byte by byte: pieces end anywhere.
std::optional<copied_rows> read(const format& f, std::string_view data, std::size_t limit = 1000,
                                std::size_t fields = 2, std::vector<key_place> keys = {{0}}) {
  copied_keys whole(f, fields, keys, limit);
  whole.read(data);
  auto found = whole.finish();
  copied_keys pieces(f, fields, keys, limit);
  for (std::size_t i = 0; i < data.size(); ++i) pieces.read(data.substr(i, 1));
  const auto again = pieces.finish();
  EXPECT_EQ(found.has_value(), again.has_value());
  if (found && again) {
    EXPECT_EQ(found->rows, again->rows);
    EXPECT_EQ(found->keys, again->keys);
  }
  return found;
}

std::string keys_of(const format& f, std::string_view data) {
  const auto found = read(f, data);
  return found ? std::to_string(found->rows) + " " + found->keys.at(0) : "not known";
}

TEST(copied_keys, rows_of_text) {
  EXPECT_EQ(keys_of({}, "1\tx\n-22\ty\n"), "2 {1,-22}");
  EXPECT_EQ(keys_of({}, "1\tx\n2\ty"), "2 {1,2}");  // the last needs no end
  EXPECT_EQ(keys_of({}, "1\tx\r\n2\ty\r\n"), "2 {1,2}");
  EXPECT_EQ(keys_of({}, ""), "0 {}");
  EXPECT_EQ(keys_of({.delimiter = '|'}, "a\tb|x\n"), "1 {\"a\tb\"}");
  EXPECT_EQ(keys_of({.header = true}, "id\tv\n1\tx\n"), "1 {1}");
  EXPECT_EQ(keys_of({}, "NULL\tx\n\ty\n"), R"(2 {"NULL",""})");
}

TEST(copied_keys, escapes_of_text) {
  EXPECT_EQ(keys_of({}, R"(a\tb\\c"d)"
                        "\tx\n"),
            "1 {\"a\tb\\\\c\\\"d\"}");
  EXPECT_EQ(keys_of({}, "\\x41\\x4z\\101\\60z\\q\\xg\tx\n"), "1 {\"A\x04zA0zqxg\"}");
  EXPECT_EQ(keys_of({}, "a\\\nb\\\tc\tx\n"), "1 {\"a\nb\tc\"}");
  EXPECT_EQ(keys_of({}, "1\tx\\\n\\r\\xff\n2\ty\n"), "2 {1,2}");
  EXPECT_EQ(keys_of({}, "\\xff\tx\n"), "not known");  // a byte in the server's encoding
  EXPECT_EQ(keys_of({}, "\\0\tx\n"), "not known");
}

TEST(copied_keys, the_end_marker_of_text) {
  EXPECT_EQ(keys_of({}, "1\tx\n\\.\n\n\n2\ty\n"), "1 {1}");
  EXPECT_EQ(keys_of({}, "1\t\\.\n"), "not known");
}

TEST(copied_keys, what_may_be_read_otherwise_is_not_known) {
  EXPECT_EQ(keys_of({}, "1\tx\r2\ty\r"), "not known");
  EXPECT_EQ(keys_of({}, "\\N\tx\n"), "not known");
  EXPECT_EQ(keys_of({}, "1\n"), "not known");
  EXPECT_EQ(keys_of({}, "1\tx\ty\n"), "not known");
  EXPECT_EQ(keys_of({.null = "7"}, "7\tx\n"), "not known");
  EXPECT_EQ(keys_of({.null = "7"}, "77\t7\n"), "1 {77}");
}

TEST(copied_keys, rows_of_csv) {
  EXPECT_EQ(keys_of(csv, "1,x\n2,\n"), "2 {1,2}");
  EXPECT_EQ(keys_of(csv, "\"a,\nb\"\"c\",\"x\r\ny\"\r\nd\"e\"f,\r\n"), "2 {\"a,\nb\\\"c\",def}");
  EXPECT_EQ(keys_of(csv, "\"\",x\n"), R"(1 {""})");  // in quotes it is not NULL
  EXPECT_EQ(keys_of(csv, ",x\n"), "not known");
  EXPECT_EQ(keys_of(csv, "\"open,x\n"), "not known");
  format f = csv;
  f.header = true;
  EXPECT_EQ(keys_of(f, "\"i\nd\",v\n1,x"), "1 {1}");
  f = csv;
  f.delimiter = ';', f.quote = '\'', f.escape = '\\';
  EXPECT_EQ(keys_of(f, R"('a\'b\\c\d';'x\';y')"
                       "\n"),
            R"(1 {"a'b\\c\\d"})");
}

TEST(copied_keys, a_backslash_that_begins_a_line_of_csv) {
  EXPECT_EQ(keys_of(csv, "\\a,x\n\\,y\n"), R"(2 {"\\a","\\"})");
  EXPECT_EQ(keys_of(csv, "\\.\n"), "not known");
  EXPECT_EQ(keys_of(csv, "a,\\.\n"), "1 {a}");
}

std::string binary_row(std::initializer_list<std::optional<std::string_view>> fields) {
  std::string row{'\0', static_cast<char>(fields.size())};
  for (const auto& f : fields) {
    row += f ? std::string{'\0', '\0', '\0', static_cast<char>(f->size())} : "\xff\xff\xff\xff"s;
    row += f.value_or("");
  }
  return row;
}

TEST(copied_keys, rows_of_binary) {
  const format binary{.layout = layout::binary};
  const std::string begin = "PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\3ext"s;
  const std::string row = binary_row({"\xff\xff\xff\xfe"sv, "x", std::nullopt, "a\"b", ""});
  const std::vector<key_place> keys{{3, key_type::text}, {0, key_type::integer}};
  const auto found = read(binary, begin + row + row + "\xff\xff", 1000, 5, keys);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->rows, 2U);
  EXPECT_THAT(found->keys, ElementsAre(R"({"a\"b","a\"b"})", "{-2,-2}"));
  EXPECT_FALSE(read(binary, begin + row, 1000, 4, keys));
  EXPECT_FALSE(read(binary, begin + row.substr(0, 9), 1000, 5, keys));
  EXPECT_FALSE(read(binary, begin + binary_row({"\1\2\3"}) + "\xff\xff", 1000, 1, {{0, key_type::integer}}));
  const auto uuid = read(binary, begin + binary_row({"0123456789abcdef"}), 1000, 1, {{0, key_type::uuid}});
  ASSERT_TRUE(uuid);
  EXPECT_THAT(uuid->keys, ElementsAre("{30313233343536373839616263646566}"));
}

TEST(copied_keys, beyond_the_limit_they_are_not_known) {
  EXPECT_TRUE(read({}, "1234\tx\n5678\ty\n", 10));
  EXPECT_FALSE(read({}, "1234\tx\n5678\ty\n", 9));
  EXPECT_FALSE(read({}, "12345678901\tx\n", 9));
  EXPECT_TRUE(read({}, "1\t" + std::string(1000, 'x') + "\n", 9));
}

}  // namespace
}  // namespace pgtandem::copy
