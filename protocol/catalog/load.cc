#include "protocol/catalog/load.h"

#include <fmt/format.h>

#include <map>
#include <set>
#include <utility>

#include "protocol/catalog/image_sql.h"
#include "protocol/catalog/load_sql.h"
#include "protocol/catalog/shape.h"
#include "protocol/catalog/type_forms.h"
#include "protocol/change/json_scan.h"

namespace pgtandem::catalog {

namespace {

oid_t oid_at(const client::result& r, int row, int column) {
  return oid_t{static_cast<std::uint32_t>(r.u64(row, column))};
}

char char_at(const client::result& r, int row, int column) {
  const auto text = r.at(row, column);
  return text.empty() ? ' ' : text.front();
}

// One consistent view for all queries, names as format_type() has them without a search path.
class snapshot {
 public:
  explicit snapshot(client::connection& c) : c_(c) {
    c_.query_simple(
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path = pg_catalog; "
        "SET LOCAL jit = off");
  }
  ~snapshot() {
    try {
      c_.query_simple("COMMIT");
    } catch (const client::pg_error&) {
      // The connection is gone, and the transaction with it; the next statement will say so.
    }
  }
  snapshot(const snapshot&) = delete;
  snapshot& operator=(const snapshot&) = delete;
  client::result query(std::string_view sql, std::string_view parameter) {
    return c_.query(std::string(sql), {parameter});
  }
  client::result query(std::string_view sql) { return c_.query_simple(std::string(sql)); }
  catalog::shapes shapes(const std::vector<oid_t>& oids) { return load_shapes(c_, oids); }

 private:
  client::connection& c_;
};

// A relation being put together.
struct draft {
  relation r;
  std::map<int, std::uint32_t> index_of_attnum;
  std::vector<oid_t> column_types;
  bool has_foreign_partition = false;
};
using drafts = std::map<oid_t, draft>;

std::string oid_array(const std::set<oid_t>& oids) {
  std::vector<std::uint32_t> values;
  for (const auto oid : oids) values.push_back(oid.value);
  return fmt::format("{{{}}}", fmt::join(values, ","));
}

std::vector<oid_t> note_tables(const client::result& rows, const table_filter& filter, drafts& out) {
  std::vector<oid_t> order;
  for (int i = 0; i < rows.rows(); ++i) {
    relation r;
    r.oid = oid_at(rows, i, 0);
    r.name = {std::string(rows.at(i, 1)), std::string(rows.at(i, 2))};
    if (!filter.matches(r.name)) continue;
    r.kind = char_at(rows, i, 3);
    r.has_rules = rows.boolean(i, 4);
    r.has_row_security = rows.boolean(i, 5);
    r.has_inheritance_children = rows.boolean(i, 6);
    order.push_back(r.oid);
    out[r.oid].r = std::move(r);
  }
  return order;
}

type_map load_types(snapshot& s, int server_version, const std::string& oids) {
  type_map types;
  const auto rows = s.query(types_sql(server_version), oids);
  for (int i = 0; i < rows.rows(); ++i) {
    type_info t;
    t.schema = rows.at(i, 1);
    t.name = rows.at(i, 2);
    t.kind = char_at(rows, i, 3);
    t.category = char_at(rows, i, 4);
    t.length = rows.at(i, 5).starts_with('-') ? -1 : static_cast<int>(rows.u64(i, 5));
    t.element = oid_at(rows, i, 6);
    t.base = oid_at(rows, i, 7);
    t.base_name = rows.at(i, 8);
    t.range_subtype = oid_at(rows, i, 9);
    t.extension = rows.at(i, 10);
    auto fields = rows.at(i, 11);
    while (!fields.empty()) {
      const auto comma = fields.find(',');
      t.fields.emplace_back(static_cast<std::uint32_t>(std::stoul(std::string(fields.substr(0, comma)))));
      fields = comma == std::string_view::npos ? std::string_view{} : fields.substr(comma + 1);
    }
    types.emplace(oid_at(rows, i, 0), std::move(t));
  }
  return types;
}

void load_columns(snapshot& s, const std::string& oids, const type_map& types, drafts& out) {
  const auto rows = s.query(columns_sql(), oids);
  for (int i = 0; i < rows.rows(); ++i) {
    auto& d = out.at(oid_at(rows, i, 0));
    column c;
    c.name = rows.at(i, 2);
    const auto type = oid_at(rows, i, 3);
    c.type = rows.at(i, 4);
    c.generated = rows.boolean(i, 5);
    c.not_null = rows.boolean(i, 6);
    c.has_default = rows.boolean(i, 7);
    c.collatable = rows.boolean(i, 8);
    auto form = form_of(types, type, c.type);
    c.form = form.form;
    c.needs = form.needs;
    c.unbounded = form.unbounded;
    c.apart = form.apart;
    c.base_type = std::move(form.base_type);
    d.index_of_attnum[static_cast<int>(rows.u64(i, 1))] = static_cast<std::uint32_t>(d.r.columns.size());
    d.column_types.push_back(type);
    d.r.columns.push_back(std::move(c));
  }
}

void load_keys(snapshot& s, const std::string& oids, const type_map& types, drafts& out) {
  const auto rows = s.query(keys_sql(), oids);
  std::map<oid_t, oid_t> chosen;  // index of a relation: the first one comes best
  for (int i = 0; i < rows.rows(); ++i) {
    const auto relation_oid = oid_at(rows, i, 0);
    const auto index = oid_at(rows, i, 1);
    if (chosen.try_emplace(relation_oid, index).first->second != index) continue;
    auto& d = out.at(relation_oid);
    key_column k;
    k.column = d.index_of_attnum.at(static_cast<int>(rows.u64(i, 2)));
    const auto type = d.column_types[k.column];
    auto& c = d.r.columns[k.column];
    k.form = key_form_of(types, type, rows.boolean(i, 3));
    k.equality = fmt::format("OPERATOR({}.{})", quote_identifier(rows.at(i, 5)), rows.at(i, 4));
    if (k.form != key_form::opaque) c.form = form_in_key(types, type, c.form);
    d.r.key.push_back(std::move(k));
  }
}

std::map<oid_t, oid_t> load_partitions(snapshot& s, const std::string& oids, drafts& out) {
  std::map<oid_t, oid_t> root_of;
  const auto rows = s.query(partitions_sql(), oids);
  for (int i = 0; i < rows.rows(); ++i) {
    auto& d = out.at(oid_at(rows, i, 0));
    d.r.leaves.push_back(oid_at(rows, i, 1));
    d.r.leaf_names.push_back({std::string(rows.at(i, 3)), std::string(rows.at(i, 4))});
    d.has_foreign_partition = d.has_foreign_partition || char_at(rows, i, 2) == 'f';
    root_of[oid_at(rows, i, 1)] = d.r.oid;
  }
  return root_of;
}

void load_side_effects(snapshot& s, const std::map<oid_t, oid_t>& root_of, drafts& out) {
  std::set<oid_t> with_partitions;
  for (const auto& [oid, d] : out) with_partitions.insert(oid);
  for (const auto& [partition, root] : root_of) with_partitions.insert(partition);
  const auto oids = oid_array(with_partitions);
  const auto owner = [&](oid_t oid) -> relation& {
    const auto it = root_of.find(oid);
    return out.at(it == root_of.end() ? oid : it->second).r;
  };
  const auto triggers = s.query(triggers_sql(), oids);
  for (int i = 0; i < triggers.rows(); ++i) {
    auto& r = owner(oid_at(triggers, i, 0));
    r.has_user_triggers = true;
    r.has_deferrable_triggers = r.has_deferrable_triggers || triggers.boolean(i, 1);
  }
  const auto cascades = s.query(cascades_sql(), oids);
  oid_t constraint;
  for (int i = 0; i < cascades.rows(); ++i) {
    auto& all = owner(oid_at(cascades, i, 0)).cascades;
    if (std::exchange(constraint, oid_at(cascades, i, 1)) != oid_at(cascades, i, 1))
      all.push_back({oid_at(cascades, i, 2), char_at(cascades, i, 3), char_at(cascades, i, 4), {}, {}, {}});
    all.back().columns.emplace_back(cascades.at(i, 5));
    all.back().referenced.emplace_back(cascades.at(i, 6));
    all.back().equality.push_back(
        fmt::format("OPERATOR({}.{})", quote_identifier(cascades.at(i, 8)), cascades.at(i, 7)));
  }
}

void refuse_the_unfit(draft& d) {
  auto& refusals = d.r.refusals;
  if (d.r.key.empty()) {
    refusals.emplace_back(
        "it has no usable key: a primary key, or a unique index over NOT NULL columns that is neither "
        "partial nor on "
        "expressions nor deferrable");
  }
  for (auto& c : d.r.columns) {
    if (c.form != column_form::unsupported) continue;
    // Generated values are never written, so nothing hangs on their form.
    if (c.generated) {
      c.form = column_form::json;
    } else {
      refusals.push_back(fmt::format("its column {} has type {}, of which no exact text is known",
                                     quote_identifier(c.name), c.type));
    }
  }
  if (d.has_foreign_partition) refusals.emplace_back("one of its partitions is a foreign table");
}

std::vector<relation> load(snapshot& s, int server_version, const std::vector<oid_t>& order, drafts found) {
  if (order.empty()) return {};
  const auto oids = oid_array(std::set<oid_t>(order.begin(), order.end()));
  const auto types = load_types(s, server_version, oids);
  load_columns(s, oids, types, found);
  load_keys(s, oids, types, found);
  const auto root_of = load_partitions(s, oids, found);
  load_side_effects(s, root_of, found);
  for (auto& [oid, shape] : s.shapes(order)) found.at(oid).r.shape = std::move(shape.lines);
  std::vector<relation> out;
  out.reserve(order.size());
  for (const auto oid : order) {
    auto& d = found.at(oid);
    refuse_the_unfit(d);
    out.push_back(std::move(d.r));
  }
  return out;
}

}  // namespace

std::vector<relation> load_relations(client::connection& c, const table_filter& filter) {
  snapshot s(c);
  drafts found;
  const auto order = note_tables(s.query(relations_sql()), filter, found);
  return load(s, c.server_version(), order, std::move(found));
}

std::vector<relation> load_named_relations(client::connection& c, const std::set<change::table_name>& names) {
  if (names.empty()) return {};
  std::string json;
  for (const auto& n : names) {
    json += json.empty() ? "[{\"schema\":" : ",{\"schema\":";
    change::append_json_string(json, n.schema);
    json += ",\"name\":";
    change::append_json_string(json, n.name);
    json += '}';
  }
  snapshot s(c);
  drafts found;
  const auto order = note_tables(s.query(named_relations_sql(), json + "]"), {{"*.*"}, {}}, found);
  return load(s, c.server_version(), order, std::move(found));
}

}  // namespace pgtandem::catalog
