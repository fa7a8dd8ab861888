// How COPY FROM STDIN reads its data.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/sql/parse.h"

namespace pgtandem::sql {
namespace {

using copy::format;
using copy::layout;
using testing::ElementsAre;

std::shared_ptr<const copy_source> source(std::string_view text) {
  const parsed_text parsed = parse(text);
  EXPECT_TRUE(parsed.ok) << text;
  return parsed.statements.at(0).copied;
}

format format_of(std::string_view text) {
  const auto found = source(text);
  EXPECT_TRUE(found) << text;
  return found ? found->format : format{};
}

TEST(copy_options, formats) {
  EXPECT_EQ(format_of("COPY t FROM STDIN"), format{});
  EXPECT_EQ(format_of("copy t from stdin (format text, delimiter '|', null '', header)"),
            (format{.delimiter = '|', .null = "", .header = true}));
  const format csv{.layout = layout::csv, .delimiter = ',', .null = ""};
  EXPECT_EQ(format_of("COPY t FROM STDIN (FORMAT csv)"), csv);
  EXPECT_EQ(format_of("COPY t FROM STDIN (FORMAT csv, HEADER off)"), csv);
  EXPECT_EQ(format_of("COPY t FROM STDIN CSV"), csv);
  format quoted{
      .layout = layout::csv, .delimiter = ';', .null = "nil", .header = true, .quote = '\'', .escape = '\''};
  EXPECT_EQ(format_of("COPY t FROM STDIN (DELIMITER ';', NULL 'nil', QUOTE '''', HEADER match, FORMAT csv)"),
            quoted);
  EXPECT_EQ(format_of("COPY t FROM STDIN WITH DELIMITER AS ';' NULL AS 'nil' CSV HEADER QUOTE AS ''''"),
            quoted);
  quoted.escape = '\\';
  EXPECT_EQ(format_of(R"(COPY t FROM STDIN DELIMITERS ';' WITH NULL 'nil' CSV HEADER QUOTE '''' ESCAPE '\')"),
            quoted);
  EXPECT_EQ(format_of("COPY BINARY t FROM STDIN").layout, layout::binary);
  EXPECT_EQ(format_of("COPY t FROM STDIN (FORMAT 'binary')").layout, layout::binary);
}

TEST(copy_options, columns) {
  EXPECT_THAT(source("COPY t FROM STDIN")->columns, ElementsAre());
  EXPECT_THAT(source(R"(COPY s.t (A, "B") FROM STDIN)")->columns, ElementsAre("a", "B"));
}

TEST(copy_options, what_is_not_known) {
  for (const std::string_view text : {
           "COPY t FROM '/tmp/x'",
           "COPY t FROM PROGRAM 'cat'",
           "COPY t FROM STDIN WHERE a > 1",
           "COPY t FROM STDIN (FREEZE)",
           "COPY t FROM STDIN (ENCODING 'latin1')",
           "COPY t FROM STDIN (FORMAT csv, FORCE_NOT_NULL (a))",
           "COPY t FROM STDIN (FORMAT csv, FORCE_NULL (a))",
           "COPY t FROM STDIN (ON_ERROR ignore)",
           "COPY t FROM STDIN (DEFAULT 'd')",
           "COPY t FROM STDIN (FORMAT other)",
           "COPY t FROM STDIN (DELIMITER '||')",
           "COPY t FROM STDIN (HEADER maybe)",
       })
    EXPECT_FALSE(source(text)) << text;
}

}  // namespace
}  // namespace pgtandem::sql
