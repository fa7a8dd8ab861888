#include "protocol/sql/proof.h"

#include <algorithm>
#include <span>
#include <tuple>
#include <unordered_map>

#include "protocol/planted_bug.h"
#include "protocol/sql/builtin_functions.h"
#include "protocol/sql/settings.h"

namespace pgtandem::sql {
namespace {

using nodes = std::span<PgQuery__Node* const>;

enum class rule : std::uint8_t {
  unknown,  // not on the list: not proven
  plain,    // writes nothing by itself
  wrapper,
  function_call,
  operator_call,
  sub_link,
  sort_by,
  type_name,
  table_sample,
  relation,
  into,
  modification,
};

const std::unordered_map<const ProtobufCMessageDescriptor*, rule>& rules() {
  static const auto* const table = [] {
    auto* made = new std::unordered_map<const ProtobufCMessageDescriptor*, rule>{
        {&pg_query__node__descriptor, rule::wrapper},
        {&pg_query__func_call__descriptor, rule::function_call},
        {&pg_query__a__expr__descriptor, rule::operator_call},
        {&pg_query__sub_link__descriptor, rule::sub_link},
        {&pg_query__sort_by__descriptor, rule::sort_by},
        {&pg_query__type_name__descriptor, rule::type_name},
        {&pg_query__range_table_sample__descriptor, rule::table_sample},
        {&pg_query__range_var__descriptor, rule::relation},
        {&pg_query__into_clause__descriptor, rule::into},
        {&pg_query__insert_stmt__descriptor, rule::modification},
        {&pg_query__update_stmt__descriptor, rule::modification},
        {&pg_query__delete_stmt__descriptor, rule::modification},
        {&pg_query__merge_stmt__descriptor, rule::modification},
    };
    for (const ProtobufCMessageDescriptor* plain :
         {// Statements and clauses.
          &pg_query__select_stmt__descriptor, &pg_query__with_clause__descriptor,
          &pg_query__common_table_expr__descriptor, &pg_query__ctesearch_clause__descriptor,
          &pg_query__ctecycle_clause__descriptor, &pg_query__res_target__descriptor,
          &pg_query__multi_assign_ref__descriptor, &pg_query__on_conflict_clause__descriptor,
          &pg_query__infer_clause__descriptor, &pg_query__index_elem__descriptor,
          &pg_query__locking_clause__descriptor, &pg_query__window_def__descriptor,
          &pg_query__grouping_set__descriptor, &pg_query__list__descriptor,
          // FROM items.
          &pg_query__join_expr__descriptor, &pg_query__range_subselect__descriptor,
          &pg_query__range_function__descriptor, &pg_query__range_table_func__descriptor,
          &pg_query__range_table_func_col__descriptor, &pg_query__column_def__descriptor,
          &pg_query__alias__descriptor,
          // Expressions.
          &pg_query__column_ref__descriptor, &pg_query__param_ref__descriptor,
          &pg_query__a__const__descriptor, &pg_query__a__star__descriptor, &pg_query__a__indices__descriptor,
          &pg_query__a__indirection__descriptor, &pg_query__a__array_expr__descriptor,
          &pg_query__type_cast__descriptor, &pg_query__collate_clause__descriptor,
          &pg_query__bool_expr__descriptor, &pg_query__null_test__descriptor,
          &pg_query__boolean_test__descriptor, &pg_query__case_expr__descriptor,
          &pg_query__case_when__descriptor, &pg_query__coalesce_expr__descriptor,
          &pg_query__min_max_expr__descriptor, &pg_query__row_expr__descriptor,
          &pg_query__grouping_func__descriptor, &pg_query__named_arg_expr__descriptor,
          &pg_query__sqlvalue_function__descriptor, &pg_query__set_to_default__descriptor,
          &pg_query__current_of_expr__descriptor, &pg_query__xml_expr__descriptor,
          &pg_query__xml_serialize__descriptor,
          // Values.
          &pg_query__integer__descriptor, &pg_query__float__descriptor, &pg_query__boolean__descriptor,
          &pg_query__string__descriptor, &pg_query__bit_string__descriptor})
      made->emplace(plain, rule::plain);
    return made;
  }();
  return *table;
}

rule rule_of(const ProtobufCMessage& node) {
  const auto found = rules().find(node.descriptor);
  return found == rules().end() ? rule::unknown : found->second;
}

bool is_listed_call(nodes name) {
  if (name.size() == 1) return is_listed_function(string_of(*name[0]));
  if (name.size() != 2) return false;
  const std::string_view schema = string_of(*name[0]);
  if (schema == "pg_catalog") return is_listed_function(string_of(*name[1]));
  return schema == "information_schema" && is_listed_information_schema_function(string_of(*name[1]));
}

bool is_set_config(const PgQuery__FuncCall& call) {
  return call.n_funcname != 0 && string_of(*call.funcname[call.n_funcname - 1]) == "set_config";
}

// set_config does what SET does. Which setting it changes has to be in the text, and be none that decides how
// later statements are understood.
bool sets_what_matters(const PgQuery__FuncCall& call) {
  if (call.n_args == 0 || call.args[0]->node_case != PG_QUERY__NODE__NODE_A_CONST) return true;
  const PgQuery__AConst& setting = *call.args[0]->a_const;
  if (setting.val_case != PG_QUERY__A__CONST__VAL_SVAL) return true;
  return decides_lexing(setting.sval->sval) || decides_names(setting.sval->sval);
}

bool is_proven_call(const PgQuery__FuncCall& call) {
  if (planted(planted_bug::function_taken_for_harmless)) return true;
  return is_listed_call({call.funcname, call.n_funcname}) &&
         !(is_set_config(call) && sets_what_matters(call));
}

// Operators, types: an unqualified name, or one of a schema that ships with the server.
bool is_builtin_name(nodes name) {
  if (name.size() <= 1) return true;
  const std::string_view schema = string_of(*name[0]);
  return name.size() == 2 && (schema == "pg_catalog" || schema == "information_schema");
}

// A sampling method is a function of the server's or of an extension.
bool is_builtin_sample(nodes method) {
  const std::string_view name = method.empty() ? std::string_view() : string_of(*method.back());
  return is_builtin_name(method) && (name == "bernoulli" || name == "system");
}

// The only places where the parser leaves a hole in a list: plain DISTINCT, and pairs of (function, columns).
bool may_be_empty(const visited_node& at) {
  return at.parent != nullptr && (at.parent->descriptor == &pg_query__select_stmt__descriptor ||
                                  at.parent->descriptor == &pg_query__list__descriptor);
}

bool passes(const visited_node& at) {
  const ProtobufCMessage& node = *at.node;
  switch (rule_of(node)) {
    case rule::plain:
    case rule::relation:
      return true;
    case rule::wrapper:
      return node_cast<PgQuery__Node>(node).node_case != PG_QUERY__NODE__NODE__NOT_SET || may_be_empty(at);
    case rule::function_call:
      return is_proven_call(node_cast<PgQuery__FuncCall>(node));
    case rule::operator_call: {
      const auto& call = node_cast<PgQuery__AExpr>(node);
      return is_builtin_name({call.name, call.n_name});
    }
    case rule::sub_link: {
      const auto& link = node_cast<PgQuery__SubLink>(node);
      return is_builtin_name({link.oper_name, link.n_oper_name});
    }
    case rule::sort_by: {
      const auto& order = node_cast<PgQuery__SortBy>(node);
      return is_builtin_name({order.use_op, order.n_use_op});
    }
    case rule::type_name: {
      const auto& type = node_cast<PgQuery__TypeName>(node);
      return is_builtin_name({type.names, type.n_names});
    }
    case rule::table_sample: {
      const auto& sample = node_cast<PgQuery__RangeTableSample>(node);
      return is_builtin_sample({sample.method, sample.n_method});
    }
    case rule::into:
    case rule::modification:
    case rule::unknown:
      return false;
  }
  return false;
}

void note(std::vector<std::string>& list, nodes name) {
  if (name.size() == 1) list.emplace_back(string_of(*name[0]));
}

// What comes behind the last dot.
void note_field(std::vector<std::string>& list, const PgQuery__Node& field) {
  if (field.node_case == PG_QUERY__NODE__NODE_STRING) list.emplace_back(field.string->sval);
}

void note_names(const ProtobufCMessage& node, used_names& uses) {
  if (node.descriptor == &pg_query__column_ref__descriptor) {
    const auto& column = node_cast<PgQuery__ColumnRef>(node);
    if (column.n_fields > 1) note_field(uses.row_fields, *column.fields[column.n_fields - 1]);
  } else if (node.descriptor == &pg_query__a__indirection__descriptor) {
    const auto& path = node_cast<PgQuery__AIndirection>(node);
    for (std::size_t i = 0; i < path.n_indirection; ++i) note_field(uses.fields, *path.indirection[i]);
  }
  switch (rule_of(node)) {
    case rule::function_call: {
      const auto& call = node_cast<PgQuery__FuncCall>(node);
      if (call.n_funcname != 2 || string_of(*call.funcname[0]) != "pg_catalog")
        note_field(uses.functions, *call.funcname[call.n_funcname - 1]);
      return;
    }
    case rule::operator_call: {
      const auto& call = node_cast<PgQuery__AExpr>(node);
      return note(uses.operators, {call.name, call.n_name});
    }
    case rule::sub_link: {
      const auto& link = node_cast<PgQuery__SubLink>(node);
      return note(uses.operators, {link.oper_name, link.n_oper_name});
    }
    case rule::sort_by: {
      const auto& order = node_cast<PgQuery__SortBy>(node);
      return note(uses.operators, {order.use_op, order.n_use_op});
    }
    case rule::type_name: {
      const auto& type = node_cast<PgQuery__TypeName>(node);
      if (type.n_names != 0) note_field(uses.types, *type.names[type.n_names - 1]);
      return;
    }
    default:
      return;
  }
}

void keep_each_once(std::vector<std::string>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

// Null where there are none.
std::shared_ptr<const used_names> finished(used_names uses, const std::vector<relation_ref>& read) {
  for (const relation_ref& relation : read) uses.relations.push_back(relation.name);
  for (auto* list :
       {&uses.functions, &uses.operators, &uses.types, &uses.fields, &uses.row_fields, &uses.relations})
    keep_each_once(*list);
  return uses == used_names{} ? nullptr : std::make_shared<const used_names>(std::move(uses));
}

void keep_each_once(std::vector<relation_ref>& list) {
  std::sort(list.begin(), list.end(), [](const relation_ref& a, const relation_ref& b) {
    return std::tie(a.schema, a.name) < std::tie(b.schema, b.name);
  });
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

}  // namespace

proof examine(const ProtobufCMessage& root, known_writes known) {
  proof result;
  used_names uses;
  const auto is_known = [&](const ProtobufCMessage& node) {
    return std::find(known.begin(), known.end(), &node) != known.end();
  };
  walk(root, [&](const visited_node& at) {
    if (at.node == &root && at.node->descriptor != &pg_query__select_stmt__descriptor &&
        at.node->descriptor != &pg_query__node__descriptor)
      return true;
    const ProtobufCMessage& node = *at.node;
    if (is_known(node)) return true;
    if (!passes(at)) result.harmless = false;
    note_names(node, uses);
    switch (rule_of(node)) {
      case rule::relation:
        result.read.push_back(to_relation_ref(node_cast<PgQuery__RangeVar>(node)));
        break;
      case rule::into:
        result.makes_table = true;
        break;
      case rule::modification:
        result.modifies = true;
        break;
      case rule::function_call:
        result.depends_on_literal |= is_set_config(node_cast<PgQuery__FuncCall>(node));
        break;
      default:
        break;
    }
    return node.descriptor != &pg_query__locking_clause__descriptor;  // FOR UPDATE OF names aliases
  });
  keep_each_once(result.read);
  result.uses = finished(std::move(uses), result.read);
  return result;
}

bool names_range(PgQuery__Node* const* items, std::size_t count, std::string_view name) {
  bool found = false;
  for (std::size_t i = 0; i < count; ++i) {
    walk(items[i]->base, [&](const visited_node& at) {
      const auto* kind = at.node->descriptor;
      if (kind == &pg_query__alias__descriptor) {
        found = found || name == node_cast<PgQuery__Alias>(*at.node).aliasname;
      } else if (kind == &pg_query__range_var__descriptor) {
        const auto& relation = node_cast<PgQuery__RangeVar>(*at.node);
        found = found || (relation.alias == nullptr && name == relation.relname);
      } else if (kind == &pg_query__func_call__descriptor) {  // a function without alias goes by its own name
        const auto& call = node_cast<PgQuery__FuncCall>(*at.node);
        found = found || (call.n_funcname != 0 && name == string_of(*call.funcname[call.n_funcname - 1]));
      }
      // Names inside a sub-select are its own; those inside an expression name no range of this statement.
      return kind != &pg_query__select_stmt__descriptor && kind != &pg_query__sub_link__descriptor &&
             kind != &pg_query__func_call__descriptor;
    });
  }
  return found;
}

relation_ref to_relation_ref(const PgQuery__RangeVar& relation) {
  relation_ref result{std::nullopt, relation.relname};
  if (*relation.schemaname != '\0') result.schema = relation.schemaname;
  return result;
}

}  // namespace pgtandem::sql
