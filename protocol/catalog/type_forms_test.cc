#include "protocol/catalog/type_forms.h"

#include <gtest/gtest.h>

namespace pgtandem::catalog {
namespace {

constexpr oid_t int4{23};
constexpr oid_t money{790};
constexpr oid_t composite{20000};
constexpr oid_t domain{20001};
constexpr oid_t range{20002};
constexpr oid_t moneys{791};

type_info builtin(const std::string& name, int length = 4) {
  type_info t;
  t.schema = "pg_catalog";
  t.name = name;
  t.length = length;
  return t;
}

type_map some_types() {
  type_map types;
  types[int4] = builtin("int4");
  types[money] = builtin("money", 8);
  types[moneys] = builtin("_money", -1);
  types[moneys].category = 'A';
  types[moneys].element = money;
  types[composite] = {"public", "pair", 'c', 'C', -1, {}, {}, "", {}, "", {int4, money}};
  types[domain] = {"public", "dom", 'd', 'N', 4, {}, int4, "integer", {}, "", {}};
  types[range] = {"public", "r", 'r', 'R', -1, {}, {}, "", composite, "", {}};
  return types;
}

TEST(type_forms, a_domain_has_the_form_of_its_base) {
  const auto f = form_of(some_types(), domain, "public.dom");
  EXPECT_EQ(f.form, column_form::json);
  EXPECT_EQ(f.base_type, "integer");
  EXPECT_FALSE(f.unbounded);
}

TEST(type_forms, what_holds_an_inexact_type_is_inexact) {
  const auto types = some_types();
  EXPECT_EQ(form_of(types, money, "money").form, column_form::money);
  for (const auto type : {composite, range, moneys}) {
    EXPECT_EQ(form_of(types, type, "x").form, column_form::text);
    EXPECT_EQ(form_of(types, type, "x").needs, needs_c_money);
  }
}

TEST(type_forms, a_single_byte_is_not_exact_inside_of_another_type) {
  type_map types = some_types();
  types[int4] = builtin("char", 1);
  EXPECT_EQ(form_of(types, int4, "\"char\"").form, column_form::char_code);
  EXPECT_TRUE(form_of(types, int4, "\"char\"").apart);
  EXPECT_EQ(form_of(types, composite, "x").form, column_form::unsupported);
}

TEST(type_forms, unknown_types_are_unsupported) {
  type_map types = some_types();
  EXPECT_EQ(form_of(types, oid_t{1}, "x").form, column_form::unsupported);
  for (const char* name : {"regclass", "aclitem", "pg_node_tree"}) {
    types[oid_t{99}] = builtin(name);
    EXPECT_EQ(form_of(types, oid_t{99}, name).form, column_form::unsupported) << name;
  }
}

TEST(type_forms, types_of_users_and_extensions_are_read_as_text_and_kept_out_of_json) {
  type_map types = some_types();
  // It does not become exact by its name.
  types[int4].schema = "public";
  auto f = form_of(types, int4, "public.int4");
  EXPECT_EQ(f.form, column_form::text);
  EXPECT_EQ(f.needs, needs_every_text_setting);
  EXPECT_TRUE(f.apart);
  EXPECT_TRUE(form_of(types, composite, "x").apart);
  types[int4].name = "hstore";
  types[int4].extension = "hstore";
  f = form_of(types, int4, "public.hstore");
  EXPECT_EQ(f.form, column_form::text);
  EXPECT_EQ(f.needs, needs_nothing);
  EXPECT_FALSE(form_of(types, money, "money").apart);
}

TEST(type_forms, a_type_that_contains_itself_ends) {
  type_map types = some_types();
  types[composite].fields = {composite};
  EXPECT_EQ(form_of(types, composite, "x").form, column_form::unsupported);
  types[domain].base = domain;
  EXPECT_EQ(form_of(types, domain, "x").form, column_form::unsupported);
}

TEST(type_forms, lengths) {
  type_map types;
  const auto unbounded = [&](const std::string& name, int length, const std::string& type_name) {
    types[oid_t{1}] = builtin(name, length);
    return form_of(types, oid_t{1}, type_name).unbounded;
  };
  EXPECT_TRUE(unbounded("text", -1, "text"));
  EXPECT_TRUE(unbounded("varchar", -1, "character varying"));
  EXPECT_FALSE(unbounded("varchar", -1, "character varying(255)"));
  EXPECT_TRUE(unbounded("varchar", -1, "character varying(1000000)"));
  EXPECT_FALSE(unbounded("numeric", -1, "numeric"));
  EXPECT_FALSE(unbounded("int4", 4, "integer"));
  EXPECT_TRUE(unbounded("jsonb", -1, "jsonb"));
}

}  // namespace
}  // namespace pgtandem::catalog
