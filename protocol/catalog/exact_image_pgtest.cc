// Every type that is claimed to have an exact image, there and back, compared by the type's send function.
#include <map>

#include "protocol/catalog/image_fixture.h"

namespace pgtandem::catalog {
namespace {

struct type_case {
  std::string type;
  std::vector<std::string> values;  // SQL expressions; NULL is added
  column_form form = column_form::json;
  std::uint8_t needs = needs_nothing;
};

[[maybe_unused]] void PrintTo(const type_case& c, std::ostream* out) {
  *out << c.type;
}

std::string name_of(const testing::TestParamInfo<type_case>& info) {
  std::string out;
  for (const char c : info.param.type) out += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return fmt::format("{}_{}", info.index, out);
}

constexpr auto text = column_form::text;

const std::string& database() {
  static const std::string name = [] {
    auto& cluster = test_support::shared_cluster();
    auto db = cluster.fresh_database();
    cluster.execute(db, R"(
      CREATE EXTENSION hstore; CREATE EXTENSION citext; CREATE EXTENSION ltree; CREATE EXTENSION cube;
      CREATE EXTENSION seg; CREATE DOMAIN initial AS "char"; CREATE TYPE priced AS (price money, t text);
      CREATE TYPE mood AS ENUM ('so so', 'ha"ppy', 'b\ack', 'null');
      CREATE DOMAIN email AS text CHECK (VALUE <> 'x');
      CREATE DOMAIN ratio AS float8; CREATE DOMAIN ratio2 AS ratio; CREATE DOMAIN doc AS jsonb;
      CREATE DOMAIN numbers AS int[]; CREATE DOMAIN days AS date[]; CREATE DOMAIN blob AS bytea;
      CREATE DOMAIN maybe AS json; CREATE DOMAIN markup AS xml; CREATE DOMAIN code AS varchar(5);
      CREATE TYPE pair AS (a int, "b ""c" text);
      CREATE TYPE nested AS (p pair, l pair[], j jsonb, e email, m mood, b bytea);
      CREATE TYPE dated AS (at timestamptz, f float8, i interval);
      CREATE DOMAIN named_pair AS pair;
      CREATE TYPE floatrange AS RANGE (subtype = float8);
      CREATE TABLE as_row(a int, t text);)");
    return db;
  }();
  return name;
}

class exact_image : public testing::TestWithParam<type_case> {
 protected:
  void SetUp() override {
    own_.emplace(test_support::shared_cluster().conninfo(database()));
    own_->query_simple(
        "SET search_path = public; SET xmloption = content; DROP TABLE IF EXISTS source, copy");
    std::string rows = "(0, NULL)";
    for (std::size_t i = 0; i < GetParam().values.size(); ++i) {
      rows += fmt::format(", ({}, ({})::{})", i + 1, GetParam().values[i], GetParam().type);
    }
    own_->query_simple(
        fmt::format("CREATE TABLE source(id int PRIMARY KEY, {} {}); CREATE TABLE copy(LIKE source INCLUDING "
                    "ALL); INSERT INTO "
                    "source VALUES {}",
                    quote_identifier("v'\"\\"), GetParam().type, rows));
    source_ = load_one(*own_, "public", "source");
    copy_ = load_one(*own_, "public", "copy");
    own_->query_simple(std::string(pin_settings_sql()));
  }

  void expect_equal_tables() {
    const std::string send(own_->query("SELECT t.typsend::oid::regproc::text FROM pg_attribute a JOIN "
                                       "pg_type t ON t.oid = a.atttypid "
                                       "WHERE attrelid = 'public.source'::regclass AND attnum = 2")
                               .at(0, 0));
    const auto sent = [&](const std::string& side) {
      return send == "-" ? fmt::format("{}.v::text", side) : fmt::format("{}({}.v)", send, side);
    };
    const auto differing =
        own_->query_simple(fmt::format("SELECT s.id, s.v::text, d.v::text FROM public.source s(id, v) FULL "
                                       "JOIN public.copy d(id, v) USING (id) WHERE "
                                       "s.id IS NULL OR d.id IS NULL OR {} IS DISTINCT FROM {} OR s.v::text "
                                       "COLLATE \"C\" IS DISTINCT FROM d.v::text "
                                       "OR pg_column_size(s.v) IS NULL <> (pg_column_size(d.v) IS NULL)",
                                       sent("s"), sent("d")));
    for (int i = 0; i < differing.rows(); ++i) {
      ADD_FAILURE() << "row " << differing.at(i, 0) << ": " << differing.at(i, 1) << " became "
                    << differing.at(i, 2);
    }
  }

  // Captures in one form in the session, writes under pinned settings, compares. Where the session lacks what
  // the form needs there must be no image.
  void round_trip(client::connection& session, image_form form, bool exact) {
    SCOPED_TRACE(form == image_form::plain ? "plain" : "pinned");
    std::vector<std::string> images;
    for (const auto& image : capture(session, source_, form, "id")) {
      ASSERT_EQ(image.has_value(), exact);
      if (image) images.push_back(*image);
    }
    if (images.empty()) return;
    own_->query_simple("TRUNCATE public.copy");
    insert_images(*own_, copy_, images);
    expect_equal_tables();
  }

  // A session with these settings, which leave `unmet` of what types need.
  void in_session(const std::string& settings, std::uint8_t unmet) {
    SCOPED_TRACE(settings);
    client::connection session(test_support::shared_cluster().conninfo(database()));
    if (!settings.empty()) session.query_simple(settings);
    const auto all_settings = [&] {
      return std::string(
          session
              .query_simple(
                  "SELECT pg_catalog.string_agg(name || '=' || setting, ' ') FROM pg_catalog.pg_settings")
              .at(0, 0));
    };
    const auto before = all_settings();
    EXPECT_EQ(session.query_simple(fmt::format("SELECT {}", unmet_needs_sql())).u64(0, 0), unmet);
    const bool met = (unmet & (GetParam().needs | needs_utf8)) == 0;
    EXPECT_EQ(image_form_for(source_, unmet), met ? image_form::plain : image_form::pinned);
    round_trip(session, image_form::plain, met);
    round_trip(session, image_form::pinned, true);
    EXPECT_EQ(all_settings(), before);
  }

  std::optional<client::connection> own_;
  relation source_;
  relation copy_;
};

TEST_P(exact_image, survives_any_session) {
  ASSERT_EQ(source_.refusals, std::vector<std::string>());
  EXPECT_EQ(source_.columns[1].form, GetParam().form);
  EXPECT_EQ(source_.columns[1].needs, GetParam().needs);
  in_session("", needs_nothing);
  in_session(std::string(pin_settings_sql()), needs_nothing);
  in_session(std::string(hostile_settings), needs_every_text_setting);
  in_session("SET DateStyle = 'German'; SET TimeZone = 'America/St_Johns'; SET client_encoding = 'UTF8'",
             needs_iso_dates);
  in_session("SET DateStyle = 'Postgres, MDY'; SET IntervalStyle = 'iso_8601'; SET lc_monetary = 'POSIX'",
             needs_iso_dates | needs_interval_style);
  in_session("SET IntervalStyle = 'postgres_verbose'; SET extra_float_digits = 0",
             needs_interval_style | needs_float_digits);
  in_session("SET TimeZone = '<odd>-3:21'; SET extra_float_digits = 1; SET bytea_output = escape",
             needs_nothing);
  in_session("SET client_encoding = 'LATIN1'; SET DateStyle = 'SQL, DMY'; SET IntervalStyle = 'sql_standard'",
             needs_utf8 | needs_iso_dates | needs_interval_style);
}

// Text that breaks what is careless with quotes, escapes or control characters.
const std::string awkward = R"(E'a "q" \\ back \n \t \u0001 {x} [y] , é 😀 null'')')";

INSTANTIATE_TEST_SUITE_P(
    scalars, exact_image,
    testing::Values(
        type_case{"boolean", {"true", "false"}}, type_case{"smallint", {"-32768", "32767"}},
        type_case{"integer", {"0", "-2147483648"}}, type_case{"bigint", {"9223372036854775807"}},
        type_case{"oid", {"4294967295"}},
        type_case{"numeric",
                  {"1", "1.00", "'NaN'", "'Infinity'", "'-Infinity'", "1e100",
                   "12345678901234567890.12345678901234567890", "'-0.000'", "1e-50", "repeat('9', 5000)"}},
        type_case{"numeric(10,3)", {"1.5", "-0.001"}},
        type_case{"real",
                  {"0.1", "'-0'", "'NaN'", "'Infinity'", "'-Infinity'", "3.4028235e38", "1e-45", "16777217",
                   "1.17549435e-38"},
                  column_form::float4},
        type_case{"double precision",
                  {"0.1", "'-0'", "'NaN'", "'Infinity'", "1.7976931348623157e308", "5e-324",
                   "0.30000000000000004", "2.2250738585072014e-308", "123456789012345680"},
                  column_form::float8},
        type_case{"text", {awkward, "''", "'null'", "'NULL'", "repeat('long ', 100000)"}},
        type_case{"character varying(300)", {awkward}}, type_case{"character(20)", {"'a'", "''", "'  b '"}},
        type_case{"bpchar", {"'a  '", "'a'"}}, type_case{"name", {"'a b\"c'"}},
        type_case{"uuid", {"'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"}},
        type_case{"bytea",
                  {R"('\x')", R"('\x00ff5c27')", "'abc'", R"(convert_to('\x41', 'UTF8'))",
                   "decode(repeat('00ff', 100000), 'hex')"}},
        type_case{"bit(5)", {"B'10101'"}}, type_case{"bit varying", {"B''", "B'0'", "B'10000000001'"}},
        type_case{"inet", {"'10.0.0.1'", "'10.0.0.1/8'", "'::1/64'"}},
        type_case{"cidr", {"'10.0.0.0/8'", "'::/0'"}}, type_case{"macaddr", {"'08:00:2b:01:02:03'"}},
        type_case{"macaddr8", {"'08:00:2b:01:02:03:04:05'"}}, type_case{"pg_lsn", {"'16/B374D848'"}},
        type_case{"xid8", {"'18446744073709551615'"}}, type_case{"tid", {"'(1,2)'"}},
        type_case{"pg_snapshot", {"'10:20:10,14,15'"}},
        type_case{"tsvector", {"'a:1A fat:2B,4C cat:5D'", R"($$'it''s' 'back\\slash'$$)"}},
        type_case{"tsquery", {"'fat & (rat | !cat:AB*) <-> dog <3> ''o k'''", "''"}},
        type_case{"jsonpath", {R"('$.a[*] ? (@ > 1.50)')", R"('strict $."k\"ey"')"}},
        type_case{"mood", {"'so so'", R"('ha"ppy')", R"('b\ack')", "'null'"}}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    times, exact_image,
    testing::Values(type_case{"date",
                              {"'2024-02-29'", "'infinity'", "'-infinity'", "'0044-03-15 BC'",
                               "'5874897-12-31'", "'4714-11-24 BC'"}},
                    type_case{"time", {"'24:00:00'", "'00:00:00.000001'"}},
                    type_case{"time(2)", {"'12:34:56.78'"}},
                    type_case{"timetz", {"'12:34:56.789+05:30'", "'00:00:00-15:59:59'", "'24:00:00+14'"}},
                    type_case{"timestamp",
                              {"'2024-02-29 12:34:56.789012'", "'infinity'", "'-infinity'", "'0044-03-15 BC'",
                               "'294276-12-31 23:59:59.999999'", "'4714-11-24 00:00:00 BC'"}},
                    type_case{"timestamptz",
                              {"'2024-02-29 12:34:56.789012+14'", "'infinity'", "'-infinity'",
                               "'0044-03-15 00:00:00+00 BC'", "'294276-12-31 23:59:59.999999+00'",
                               "'4714-11-24 00:00:00+00 BC'", "'1880-01-01 00:00:00+00'",
                               "'2024-11-03 05:30:00+00'", "'2024-11-03 06:30:00+00'"}},
                    type_case{"timestamptz(3)", {"'2024-02-29 12:34:56.789+00'"}},
                    type_case{"interval",
                              {"'1 year 2 mons -3 days 04:05:06.789'", "'-1 mon +1 day -00:00:00.000001'",
                               "'0'", "'24:00:00'", "'1 day'", "'178000000 years'", "'-2147483648 days'",
                               "'2562047788:00:54.775807'"},
                              column_form::interval},
                    type_case{"interval day to second(3)", {"'1 day 00:00:01.5'"}, column_form::interval},
                    type_case{"money",
                              {"'12.34'::text::money", "'-92233720368547758.08'::text::money", "'0'"},
                              column_form::money}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    texts, exact_image,
    testing::Values(
        type_case{
            "json",
            {"'null'", R"('{"a": 1.0, "a" : 2,  "b":[1e400]}')", R"('"\u0041"')", "'  1 '", R"('"str"')"},
            text},
        type_case{"jsonb",
                  {"'null'", R"('{"a": 1.00, "b": [null, 12345678901234567890.5]}')", R"('"x"')", "'[]'"},
                  text},
        type_case{"xml",
                  {"'<a/>'", R"('<?xml version="1.0" encoding="UTF-8"?><a>&amp;</a>')", "'text only'",
                   R"('<!DOCTYPE a><a/>')"},
                  text},
        type_case{"int[]",
                  {"'{}'", "'{1,NULL,3}'", "'[0:2]={1,2,3}'", "'{{1,2},{3,4}}'", "'[-1:0][5:5]={{1},{2}}'"},
                  text},
        type_case{"text[]", {"ARRAY[" + awkward + ", '', 'NULL', NULL, '{}']", "'{}'"}, text},
        type_case{"numeric(10,2)[]", {"'{1.50,NaN}'"}, text},
        type_case{"uuid[]", {"'{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}'"}, text},
        type_case{"bytea[]", {R"(ARRAY['\x00ff5c'::bytea, 'a b"c', ''])"}, text},
        type_case{"json[]", {R"(ARRAY['{"a": [1,2]}'::json, 'null', NULL])"}, text},
        type_case{"jsonb[]", {R"(ARRAY['{"a": "q\"q"}'::jsonb, 'null', NULL])"}, text},
        type_case{"mood[]", {R"(ARRAY['so so', 'ha"ppy', 'null', NULL]::mood[])"}, text},
        type_case{"timetz[]", {"'{12:00:00+05:30,24:00:00-08}'"}, text},
        type_case{"inet[]", {"'{10.0.0.1/8}'"}, text},
        type_case{"date[]",
                  {"'{}'", "'{2024-02-29,NULL,infinity,-infinity,0044-03-15 BC}'",
                   "'[0:1]={2024-01-01,2024-01-02}'", "'{{2024-01-01},{NULL}}'"},
                  text},
        type_case{"timestamp[]", {"'[3:4]={2024-01-01 00:00:00.5,infinity}'"}, text},
        type_case{"timestamptz[]",
                  {"'{}'", "'[0:0][2:3]={{2024-01-01 00:00:00.5+00,0044-03-15 00:00:00+00 BC}}'"},
                  text},
        type_case{"int4range", {"'[1,5)'", "'empty'", "'(,)'"}, text},
        type_case{"numrange", {"'[1.0,5.00]'", "'(,1]'"}, text},
        type_case{"int8multirange", {"'{[1,2),[5,9)}'", "'{}'"}, text},
        type_case{"int4range[]", {"'{\"[1,5)\",empty}'"}, text}, type_case{"int2vector", {"'1 2 3'"}, text},
        type_case{"oidvector", {"'1 2 3'", "''"}, text},
        type_case{"hstore", {R"('a=>1, "b c"=>NULL, q=>"\"x\""')", "''"}, text},
        type_case{"hstore[]", {R"(ARRAY['a=>1'::hstore])"}, text}, type_case{"citext", {"'MiXed'"}, text},
        type_case{"ltree", {"'Top.Science'"}, text}, type_case{"lquery", {"'Top.*{0,2}.sport*@'"}, text}),
    name_of);

// Values that are not characters by themselves have to reach the image without passing through JSON.
INSTANTIATE_TEST_SUITE_P(single_bytes, exact_image,
                         testing::Values(type_case{"\"char\"",
                                                   {"'a'", "''", "'\"'", "'\\'", "(-1)::\"char\"",
                                                    "(-128)::\"char\"", "127::\"char\"", "10::\"char\""},
                                                   column_form::char_code},
                                         type_case{
                                             "initial", {"'x'", "(-61)::\"char\""}, column_form::char_code}),
                         name_of);

INSTANTIATE_TEST_SUITE_P(
    composites_and_domains, exact_image,
    testing::Values(type_case{"email", {awkward}}, type_case{"code", {"'abc'"}},
                    type_case{"blob", {R"('\x00ff')"}},
                    type_case{"ratio2", {"0.1", "'-0'", "'NaN'"}, column_form::float8},
                    type_case{"doc", {"'null'", R"('{"a": 1.0}')"}, text},
                    type_case{"maybe", {"'null'", "' [1 ,2]'"}, text},
                    type_case{"markup", {R"('<?xml version="1.0" encoding="UTF-8"?><a/>')"}, text},
                    type_case{"numbers", {"'[0:1]={1,NULL}'", "'{}'"}, text},
                    type_case{"days", {"'[0:1]={2024-01-01,NULL}'"}, text},
                    type_case{"email[]", {"ARRAY['a', " + awkward + "]"}, text},
                    type_case{"pair", {"ROW(1, " + awkward + ")", "ROW(NULL, NULL)", "ROW(NULL, '')"}, text},
                    type_case{"named_pair", {"ROW(1, 'x')", "ROW(NULL, NULL)"}, text},
                    type_case{"pair[]", {"ARRAY[ROW(1, " + awkward + ")::pair, NULL]"}, text},
                    type_case{"nested",
                              {"ROW(ROW(1, " + awkward +
                               R"(), ARRAY[ROW(2, 'z')::pair], 'null', 'e', 'null', '\x0102'))"},
                              text},
                    type_case{"as_row", {"ROW(1, " + awkward + ")"}, text}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    text_that_depends_on_settings, exact_image,
    testing::Values(
        type_case{"double precision[]",
                  {"'[0:2]={0.1,-0,NaN}'", "'{5e-324,1.7976931348623157e308}'"},
                  text,
                  needs_float_digits},
        type_case{"real[]", {"'{0.1,1e-45}'"}, text, needs_float_digits},
        type_case{"ratio[]", {"'{0.1}'"}, text, needs_float_digits},
        type_case{"point", {"'(0.1,0.30000000000000004)'", "'(NaN,Infinity)'"}, text, needs_float_digits},
        type_case{"line", {"'{0.1,2,3}'"}, text, needs_float_digits},
        type_case{"lseg", {"'[(0.1,0),(1,1)]'"}, text, needs_float_digits},
        type_case{"box", {"'(0.1,0),(1,1)'"}, text, needs_float_digits},
        type_case{"box[]", {"'{(1,1),(0,0);(2,2),(1,1)}'"}, text, needs_float_digits},
        type_case{"path", {"'[(0.1,0),(1,1)]'", "'((0.1,0),(1,1))'"}, text, needs_float_digits},
        type_case{"polygon", {"'((0.1,0),(1,1),(2,0))'"}, text, needs_float_digits},
        type_case{"circle", {"'<(0.1,0),3.3>'"}, text, needs_float_digits},
        type_case{"floatrange", {"'[0.1,0.30000000000000004)'"}, text, needs_float_digits},
        type_case{
            "interval[]", {"'{1 mon -1 day +00:00:00.000001,24:00:00,1 day}'"}, text, needs_interval_style},
        type_case{"daterange",
                  {"'[2024-01-02,2024-05-06)'", "'[0044-03-15 BC,infinity)'", "'(,)'"},
                  text,
                  needs_iso_dates},
        type_case{"tsrange", {"'[2024-01-02 03:04:05.678901,)'"}, text, needs_iso_dates},
        type_case{
            "tstzrange", {"'[1880-01-01 00:00:00+00,2024-01-02 03:04:05.678901+00)'"}, text, needs_iso_dates},
        type_case{
            "tstzmultirange", {"'{[1880-01-02 00:00:00+00,2024-01-01 00:00:00+00)}'"}, text, needs_iso_dates},
        type_case{"dated",
                  {"ROW('2024-01-02 03:04:05.678901+00', 0.1, '1 mon -1 day')"},
                  text,
                  needs_float_digits | needs_iso_dates | needs_interval_style},
        type_case{"money[]",
                  {"ARRAY['12.34'::text::money, '-92233720368547758.08'::text::money]"},
                  text,
                  needs_c_money},
        type_case{"priced", {"ROW('0.01'::text::money, 'x')"}, text, needs_c_money},
        type_case{"cube", {"'(0.1,2),(3,4)'"}, text, needs_every_text_setting},
        type_case{"seg", {"'1.50 .. <2'"}, text, needs_every_text_setting}),
    name_of);

}  // namespace
}  // namespace pgtandem::catalog
