// Which statements are harmless, which are not, and what else is said of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>

#include "protocol/sql/parse.h"

namespace pgtandem::sql {
namespace {

using testing::ElementsAre;
using kind = statement_kind;

relation_ref ref(std::string name) {
  return {std::nullopt, std::move(name)};
}
relation_ref ref(std::string schema, std::string name) {
  return {std::move(schema), std::move(name)};
}

statement only(std::string_view text) {
  parsed_text parsed = parse(text);
  EXPECT_TRUE(parsed.ok) << text;
  EXPECT_EQ(parsed.statements.size(), 1u) << text;
  return parsed.statements.empty() ? statement{} : parsed.statements[0];
}

void expect(std::string_view text, kind expected_kind, effect expected_effect) {
  const statement found = only(text);
  EXPECT_EQ(to_string(found.kind), to_string(expected_kind)) << text;
  EXPECT_EQ(found.effect, expected_effect) << text;
  if (found.effect == effect::unproven) {
    EXPECT_TRUE(found.changes_names) << text;
  } else if (found.kind == kind::select) {
    EXPECT_FALSE(found.changes_names) << text;
  }
}

TEST(classify, queries_of_known_parts_are_harmless) {
  for (const std::string_view text : {
           "select 1",
           "SELECT",
           "table t",
           "values (1, 'a'), (2, $1)",
           "select distinct a, b from s.t where c = $1 and d in (1, 2) or e is null order by 1 desc limit 5 "
           "offset 2",
           "select distinct on (a) a, now() from t for update of t skip locked",
           "select count(*), sum(x) filter (where y > 0), row_number() over (partition by a order by b) from "
           "t",
           "select rank() over w from t window w as (order by a rows between 1 preceding and current row)",
           "with recursive r(n) as (values (1) union all select n + 1 from r where n < 5) select * from r",
           "with q as materialized (select 1) select * from q",
           "select * from a join b using (id) left join lateral (select * from c where c.id = b.id) x on "
           "true",
           "select case when a then lower(b) else coalesce(c, 'd') end, nullif(a, b), greatest(1, 2) from t",
           "select (array[1, 2])[1], (row(1, 2)).f1, t.*, a[1:2] from t",
           "select extract(year from x), substring(a from 1 for 2), trim(both ' ' from b), x at time zone "
           "'UTC' from t",
           "select a::text, cast(b as numeric(10, 2)), c::pg_catalog.int4[], d collate \"C\", e::mood from t",
           "select current_user, current_date, current_timestamp(3), localtime",
           "select a like 'x%' escape '!', b ilike 'y', c similar to 'z', d between 1 and 2, (a, b) < (1, 2) "
           "from t",
           "select exists (select 1), 1 = any (select a from t), a > all (array[1]), array(select 1) from t",
           "select * from generate_series(1, 10) with ordinality as g(i, n), unnest(array[1]) u",
           "select * from rows from (generate_series(1, 2), unnest($1::int[])) as x(a, b)",
           "select * from json_to_recordset('[]') as x(a int, b text)",
           "select * from xmltable('/r' passing '<r/>' columns a int path '@a', n for ordinality)",
           "select xmlelement(name a, xmlattributes(1 as b), xmlforest(1 as c)), xmlserialize(content x as "
           "text) from t",
           "select a, grouping(a) from t group by rollup (a, b), cube (c), grouping sets ((), (d))",
           "select * from t tablesample bernoulli (10) repeatable (1)",
           "select percentile_cont(0.5) within group (order by a), string_agg(b, ',' order by c) from t",
           "select a operator(pg_catalog.+) b, c from t order by d using <",
           "select 1 union (select 2 intersect select 3) except select 4 order by 1",
           "with q as (select 1 a) select * from q where a = (select max(a) from q)",
           "with recursive t(a) as (select 1 union select a from t) search depth first by a set o cycle a "
           "set c using p "
           "select * from t",
           "select make_interval(days => 1), concat_ws(variadic array['a', 'b'])",
           "select nextval('s'), setval('s', 5), pg_advisory_lock(1), pg_notify('c', 'x')",
           "select \"lower\"('X'), pg_catalog.lower('Y'), information_schema._pg_expandarray(array[1])",
           "select current_setting('jit') as cur, set_config('jit', 'off', false) as new",
           "select pg_catalog.set_config('statement_timeout', $1, true)",
           "select * from set_config('TimeZone', 'UTC', false)",
       })
    expect(text, kind::select, effect::harmless);
}

TEST(classify, queries_with_anything_else_are_unproven) {
  for (const std::string_view text : {
           "select f()",
           "select public.lower('x')",
           "select db.pg_catalog.lower('x')",
           "select information_schema.lower('x')",
           "select \"LOWER\"('x')",
           "select set_config('search_path', 'x', false)",
           "select pg_catalog.set_config('Search_Path', 'x', true)",
           "select set_config(E'\\x72ole', 'x', true)",
           "select set_config('client_encoding', 'x', false)",
           "select set_config('jit', 'off', false), set_config('row_security', 'off', false)",
           "select set_config('jit', set_config('datestyle', 'x', false), false)",
           "select set_config('jit', f(), false)",
           "select set_config($1, 'off', false)",
           "select set_config('j' || 'it', 'off', false)",
           "select set_config(a, b, false) from t",
           "select set_config(setting_name => 'jit', new_value => 'off', is_local => false)",
           "select set_config(null, 'off', false)",
           "select set_config()",
           "select public.set_config('jit', 'off', false)",
           "select query_to_xml('delete from t', true, true, '')",
           "select lo_import('/etc/passwd')",
           "select 1 from t where a = f(b)",
           "select 1 from t order by f(b)",
           "select 1 from t group by f(b)",
           "select 1 from t group by a having f(a)",
           "select 1 from t limit f()",
           "select 1 from t offset f()",
           "select distinct on (f(a)) a from t",
           "select a[f()] from t",
           "select (f()).*",
           "select * from f()",
           "select * from rows from (unnest(array[1]), f()) x",
           "select * from a join b on f(a.x)",
           "select * from lateral (select f()) x",
           "select case f() when 1 then 2 end",
           "select case when true then f() end",
           "select coalesce(1, f())",
           "select lower(x => f())",
           "select count(*) filter (where f()) from t",
           "select sum(a) over (order by f()) from t",
           "select sum(a order by f()) from t",
           "select sum(a) over w from t window w as (partition by f())",
           "select array(select f())",
           "select exists (select from t where f())",
           "with q as (select f()) select 1 from q",
           "with recursive q as (select 1 union all select f()) select 1 from q",
           "values (1), (f())",
           "select 1 union select f()",
           "select a operator(s.+) b from t",
           "select 1 from t order by a using operator(s.<)",
           "select 1 from t where a operator(s.=) any (select 1)",
           "select '1'::s.type",
           "select cast(null as s.type[])",
           "select * from t tablesample system_rows (10)",
           "select * from t tablesample bernoulli (f())",
           "select * from xmltable('/r' passing f() columns a int)",
           "select xmlelement(name a, f())",
           "with d as (delete from t returning *) select * from d",
           "with i as (insert into t values (1) returning *) select * from i",
           "with u as (update t set a = 1 returning *) select * from u",
           "select * from (with u as (update t set a = 1 returning *) select * from u) x",
       })
    expect(text, kind::select, effect::unproven);
}

TEST(classify, select_into_defines_a_table) {
  expect("select * into x from t", kind::ddl, effect::unproven);
  expect("select 1 into temp x union select 2", kind::ddl, effect::unproven);
  expect("create table x as select 1", kind::ddl, effect::unproven);
}

TEST(classify, names_what_is_read) {
  EXPECT_THAT(only("select * from b, s.a join b c on true where exists (select from d) for update of c").read,
              ElementsAre(ref("b"), ref("d"), ref("s", "a")));
  EXPECT_THAT(only("insert into t select * from v").read, ElementsAre(ref("v")));
  EXPECT_THAT(only("update t set a = 1").read, ElementsAre());
  EXPECT_THAT(only("copy s.t to stdout").read, ElementsAre(ref("s", "t")));
}

TEST(classify, transactions) {
  expect("begin", kind::begin, effect::harmless);
  expect("start transaction isolation level serializable, read only", kind::begin, effect::harmless);
  for (const std::string_view text : {"commit", "end", "end work", "commit and no chain"}) {
    expect(text, kind::commit, effect::harmless);
    EXPECT_FALSE(only(text).and_chain);
    EXPECT_FALSE(only(text).changes_names);
  }
  EXPECT_TRUE(only("commit and chain").and_chain);
  expect("abort", kind::rollback, effect::harmless);
  EXPECT_TRUE(only("rollback and chain").and_chain);
  expect("savepoint a", kind::savepoint, effect::harmless);
  EXPECT_EQ(only("savepoint \"A b\"").name, "A b");
  expect("release a", kind::release, effect::harmless);
  EXPECT_EQ(only("release savepoint Abc").name, "abc");
  expect("rollback to a", kind::rollback_to, effect::harmless);
  EXPECT_EQ(only("rollback transaction to savepoint a").name, "a");
  EXPECT_TRUE(only("rollback to a").changes_names);
  expect("prepare transaction 'g'", kind::prepare_transaction, effect::harmless);
  EXPECT_EQ(only("prepare transaction 'g''h'").name, "g'h");
  expect("commit prepared 'g'", kind::commit_prepared, effect::harmless);
  expect("rollback prepared 'g'", kind::rollback_prepared, effect::harmless);
  EXPECT_TRUE(only("commit prepared 'g'").refuses_transaction_block);
}

TEST(classify, settings) {
  for (const std::string_view text :
       {"set search_path = a, b", "set local search_path to x", "set schema 'x'", "set role r",
        "set role none", "set \"SEARCH_PATH\" = x", "set session authorization u", "set row_security = off",
        "set search_path to default", "set names 'utf8'", "set client_encoding = 'x'", "set datestyle = iso",
        "set local intervalstyle = iso_8601", "set extra_float_digits = 0", "set lc_monetary = 'C'",
        "set standard_conforming_strings = off"}) {
    expect(text, kind::set, effect::harmless);
    EXPECT_TRUE(only(text).changes_names) << text;
  }
  for (const std::string_view text : {"reset search_path", "reset client_encoding", "reset datestyle",
                                      "reset role", "reset all", "reset session authorization"}) {
    expect(text, kind::reset, effect::harmless);
    EXPECT_TRUE(only(text).changes_names) << text;
  }
  for (const std::string_view text :
       {"set work_mem = '1MB'", "set time zone 'UTC'", "set local statement_timeout = 0",
        "set transaction isolation level serializable",
        "set session characteristics as transaction read only", "set transaction snapshot '1-1'",
        "set my.search_path = 1"}) {
    expect(text, kind::set, effect::harmless);
    EXPECT_FALSE(only(text).changes_names) << text;
  }
  EXPECT_FALSE(only("reset work_mem").changes_names);
  expect("show all", kind::show, effect::harmless);
  expect("set constraints all immediate", kind::other, effect::unproven);
  expect("set constraints c deferred", kind::other, effect::harmless);
}

TEST(classify, prepared_statements_and_the_session) {
  expect("prepare p(int) as update t set a = $1", kind::prepare, effect::harmless);
  EXPECT_EQ(only("prepare p as select 1").name, "p");
  ASSERT_TRUE(only("prepare p(int) as update t set a = $1").prepared);
  EXPECT_EQ(only("prepare p(int) as update t set a = $1").prepared->dml->target.name, "t");
  expect("execute p(1)", kind::execute, effect::unproven);
  EXPECT_EQ(only("execute p").name, "p");
  expect("deallocate p", kind::deallocate, effect::harmless);
  EXPECT_TRUE(only("deallocate p").deallocates);
  EXPECT_EQ(only("deallocate p").name, "p");
  EXPECT_EQ(only("deallocate prepare all").name, "");
  for (const std::string_view text : {"discard all", "discard plans", "discard temp", "discard sequences"}) {
    expect(text, kind::discard, effect::harmless);
    EXPECT_TRUE(only(text).changes_names);
    EXPECT_EQ(only(text).deallocates, text == "discard all");
  }
  for (const std::string_view text : {"listen c", "unlisten *", "notify c, 'x'"})
    expect(text, kind::other, effect::harmless);
}

TEST(classify, cursors) {
  expect("declare c cursor for select 1", kind::declare_cursor, effect::harmless);
  EXPECT_FALSE(only("declare c scroll cursor without hold for select 1").with_hold);
  EXPECT_TRUE(only("declare c no scroll cursor with hold for table t").with_hold);
  EXPECT_EQ(only("declare c cursor for select 1").name, "c");
  expect("declare c cursor for select f()", kind::declare_cursor, effect::unproven);
  expect("fetch 5 from c", kind::fetch, effect::unproven);
  expect("move c", kind::fetch, effect::unproven);
  EXPECT_EQ(only("fetch c").name, "c");
  expect("close c", kind::close_cursor, effect::harmless);
  EXPECT_EQ(only("close all").name, "");
}

TEST(classify, copy_truncate_lock) {
  expect("copy t to stdout", kind::copy_to, effect::harmless);
  expect("copy (select 1) to stdout with (format csv)", kind::copy_to, effect::harmless);
  expect("copy (select f()) to stdout", kind::copy_to, effect::unproven);
  expect("copy (insert into t values (1) returning *) to stdout", kind::copy_to, effect::unproven);
  expect("copy (with d as (delete from t returning *) table d) to stdout", kind::copy_to, effect::unproven);
  expect("copy t to program 'x'", kind::copy_to, effect::unproven);
  expect("copy s.t (a, b) from stdin", kind::copy_from, effect::unproven);
  EXPECT_THAT(only("copy s.t (a, b) from stdin").written, ElementsAre(ref("s", "t")));
  expect("truncate a, only s.b cascade", kind::truncate, effect::unproven);
  EXPECT_THAT(only("truncate a, only s.b cascade").written, ElementsAre(ref("a"), ref("s", "b")));
  EXPECT_TRUE(only("truncate a, only s.b cascade").cascades);
  EXPECT_FALSE(only("truncate a restart identity restrict").cascades);
  expect("lock table t in exclusive mode", kind::lock_table, effect::harmless);
  EXPECT_FALSE(only("lock t").changes_names);
}

TEST(classify, explain_is_judged_by_what_it_runs) {
  for (const std::string_view text :
       {"explain select 1", "explain update t set a = 1", "explain (verbose, analyze false) delete from t",
        "explain (analyze off) delete from t", "explain (analyze 0) delete from t",
        "explain analyze select 1", "explain (analyze, buffers) select count(*) from t",
        "explain declare c cursor for select 1"})
    expect(text, kind::explain, effect::harmless);
  for (const std::string_view text :
       {"explain analyze update t set a = 1", "explain (analyze) delete from t",
        "explain (analyze 1) delete from t", "explain (analyze off, analyze on) delete from t",
        "explain (analyze 'TRUE') insert into t values (1)", "explain analyze select f()",
        "explain select f()", "explain analyze execute p", "explain analyze create table x as select 1",
        "explain analyze declare c cursor for select f()",
        "explain analyze with d as (delete from t returning *) table d"}) {
    expect(text, kind::explain, effect::unproven);
    EXPECT_FALSE(only(text).dml) << text;
  }
}

TEST(classify, everything_that_may_run_anything_is_unproven) {
  expect("call p(1)", kind::call, effect::unproven);
  expect("do $$begin end$$", kind::do_block, effect::unproven);
  expect("merge into t using s on t.a = s.a when matched then delete", kind::merge, effect::unproven);
  expect("refresh materialized view m", kind::other, effect::unproven);
  expect("load 'x'", kind::other, effect::unproven);
}

TEST(classify, definitions_and_maintenance) {
  for (const std::string_view text : {"create table t (a int)",
                                      "alter table t add b int",
                                      "drop table t",
                                      "create index on t (a)",
                                      "create view v as select 1",
                                      "create function f() returns int language sql as 'select 1'",
                                      "grant select on t to u",
                                      "revoke all on t from u",
                                      "comment on table t is 'x'",
                                      "alter type e add value 'x'",
                                      "create trigger g after insert on t execute function f()",
                                      "create rule r as on insert to t do nothing",
                                      "alter role u set search_path = x",
                                      "drop owned by u",
                                      "reassign owned by a to b",
                                      "create extension x",
                                      "security label on table t is 'x'",
                                      "alter table t rename a to b",
                                      "create temp table t (a int)",
                                      "create schema s create table t (a int)",
                                      "alter table t detach partition p",
                                      "drop index i"}) {
    expect(text, kind::ddl, effect::unproven);
    EXPECT_FALSE(only(text).refuses_transaction_block) << text;
  }
  for (const std::string_view text :
       {"analyze t", "cluster t using i", "reindex table t", "reindex index i", "checkpoint"}) {
    expect(text, kind::maintenance, effect::harmless);
    EXPECT_FALSE(only(text).refuses_transaction_block) << text;
  }
}

TEST(classify, statements_that_refuse_a_transaction_block) {
  for (const std::string_view text : {"vacuum",
                                      "vacuum (full) t",
                                      "cluster",
                                      "reindex database d",
                                      "reindex system d",
                                      "reindex schema s",
                                      "reindex table concurrently t",
                                      "reindex (concurrently) index i",
                                      "create database d",
                                      "drop database d",
                                      "create tablespace x location '/x'",
                                      "drop tablespace x",
                                      "alter system set a = 1",
                                      "alter database d set tablespace x",
                                      "create index concurrently on t (a)",
                                      "drop index concurrently i",
                                      "create subscription s connection 'c' publication p",
                                      "alter subscription s disable",
                                      "drop subscription s",
                                      "alter table t detach partition p concurrently",
                                      "discard all",
                                      "rollback prepared 'g'"})
    EXPECT_TRUE(only(text).refuses_transaction_block) << text;
  EXPECT_FALSE(only("alter database d connection limit 5").refuses_transaction_block);
}

}  // namespace
}  // namespace pgtandem::sql
