#include "proxy/session/capture/cascade_reads.h"

#include <algorithm>

#include "protocol/catalog/image_sql.h"
#include "proxy/session/capture/cascades.h"

namespace pgtandem::proxy {
namespace {

using catalog::cascade;
using catalog::quote_identifier_ascii;
using catalog::relation;

constexpr const char* read_committed =
    "pg_catalog.current_setting('transaction_isolation') OPERATOR(pg_catalog.=) 'read committed'";

constexpr std::size_t most_reads = 16;

// Rows of a table: "FROM ... WHERE ...", and the name they have in it.
struct rows_of {
  const relation* table;
  std::string from_where;
  std::string alias;
};

bool keeps_keys(const relation& child, const cascade& key) {
  return std::none_of(child.key.begin(), child.key.end(), [&](const catalog::key_column& k) {
    const catalog::column& c = child.columns[k.column];
    return c.generated || std::find(key.columns.begin(), key.columns.end(), c.name) != key.columns.end();
  });
}

std::string name_of(const relation& r) {
  return quote_identifier_ascii(r.name.schema) + "." + quote_identifier_ascii(r.name.name);
}

class reads_builder {
 public:
  reads_builder(std::uint8_t unmet, const mirrored_catalog& mirrored) : unmet_(unmet), mirrored_(mirrored) {}

  // False: keys cannot be told.
  bool follow_removal(const rows_of& from, const sql::row_choice& choice) {
    way_.push_back(from.table);
    for (const cascade& key : from.table->cascades) {
      if (key.on_delete != 'c' && key.on_delete != 'n' && key.on_delete != 'd') continue;
      const relation* child = mirrored_.find(key.child);
      if (child == nullptr || std::find(way_.begin(), way_.end(), child) != way_.end()) return false;
      if (reads_.keys.size() == most_reads) return false;
      const bool removes = key.on_delete == 'c';
      const row_effect set{std::in_place, key.columns.begin(), key.columns.end()};
      if (!removes && (!keeps_keys(*child, key) || !reach_of(*child, set, mirrored_).is_empty()))
        return false;
      const rows_of rows = referring(from, *child, key);
      add_read(rows, removes, choice);
      if (removes && !follow_removal(rows, choice)) return false;
    }
    way_.pop_back();
    return true;
  }
  [[nodiscard]] cascade_reads take() { return std::move(reads_); }

 private:
  [[nodiscard]] rows_of referring(const rows_of& to, const relation& child, const cascade& key) const {
    rows_of rows{&child, {}, "_pgtandem_" + std::to_string(way_.size())};
    std::string referred;
    std::string names;
    std::string equal;
    for (std::size_t i = 0; i < key.columns.size(); ++i) {
      const std::string comma = i == 0 ? "" : ", ";
      const std::string name = "k" + std::to_string(i);
      referred += comma + to.alias + "." + quote_identifier_ascii(key.referenced[i]);
      names += comma + name;
      equal += (i == 0 ? "" : " AND ") + ("_pgtandem_keys." + name) + " " + key.equality[i] + " " +
               rows.alias + "." + quote_identifier_ascii(key.columns[i]);
    }
    rows.from_where = std::string("FROM ") + (child.kind == 'p' ? "" : "ONLY ") + name_of(child) + " AS " +
                      rows.alias + " WHERE EXISTS (SELECT FROM (SELECT " + referred + " " + to.from_where +
                      ") AS _pgtandem_keys(" + names + ") WHERE " + equal + ")";
    return rows;
  }

  void add_read(const rows_of& rows, bool removes, const sql::row_choice& choice) {
    const auto form = catalog::image_form_for(catalog::key_part(*rows.table), unmet_);
    std::string sql = "SELECT " + catalog::key_expression(*rows.table, rows.alias, form) + " " +
                      rows.from_where + " AND " + read_committed + " LIMIT " +
                      std::to_string(most_cascaded_keys + 1) +
                      (removes ? " FOR UPDATE" : " FOR NO KEY UPDATE");
    reads_.keys.push_back({std::move(sql), choice});
    reads_.tables.push_back(rows.table->name);
  }

  const std::uint8_t unmet_;
  const mirrored_catalog& mirrored_;
  std::vector<const relation*> way_;
  cascade_reads reads_;
};

}  // namespace

std::optional<cascade_reads> make_cascade_reads(const relation& from, const removed_rows& removed,
                                                std::uint8_t unmet, const mirrored_catalog& mirrored) {
  reads_builder builder(unmet, mirrored);
  if (!builder.follow_removal({&from, removed.choice.from_where, removed.alias}, removed.choice))
    return std::nullopt;
  cascade_reads reads = builder.take();
  reads.rows.sql = std::string("SELECT ") + read_committed +
                   ", pg_catalog.count(*)::pg_catalog.text FROM (SELECT 1 " + removed.choice.from_where +
                   " FOR UPDATE) AS _pgtandem_rows";
  reads.rows.choice = removed.choice;
  return reads;
}

}  // namespace pgtandem::proxy
