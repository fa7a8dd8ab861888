#include "reconciler/heal/row_reader.h"

#include <fmt/format.h>

#include "protocol/catalog/image_sql.h"
#include "protocol/change/image.h"
#include "reconciler/server/key_lookup.h"

namespace pgtandem::reconciler {

namespace {

change::row_change upsert_of(std::string_view captured, const catalog::relation& r) {
  const auto split = change::split_captured(captured);
  auto image = split ? change::make_image(*split, r) : std::nullopt;
  auto key = image ? change::make_key(*image, r) : std::nullopt;
  if (!key) throw table_changed(catalog::qualified_name(r.name) + " was altered while its rows were read");
  change::row_change change;
  change.op = change::op::upsert;
  change.key = std::move(*key);
  change.image = std::move(*image);
  return change;
}

void add_upsert(read_rows& read, const client::result& result, int row, int column,
                const catalog::relation& r) {
  ++read.rows;
  if (result.is_null(row, column)) {
    ++read.too_large;
    return;
  }
  read.changes.push_back(upsert_of(result.at(row, column), r));
  read.bytes += read.changes.back().image.size() + read.changes.back().key.size();
}

}  // namespace

read_rows read_by_key(client::connection& legacy, const catalog::relation& r,
                      const std::vector<std::string>& equalities, std::span<const std::string> keys) {
  const std::string sql = fmt::format("SELECT k.pgtandem_ord, {} FROM {} JOIN {} t ON {}",
                                      catalog::image_expression(r, "t", catalog::image_form::plain),
                                      keys_recordset(r), from_relation(r), key_match(r, equalities));
  const std::string array = json_array(keys);
  const client::result found = legacy.query(sql, {array});
  read_rows read;
  std::vector<bool> present(keys.size(), false);
  for (int i = 0; i < found.rows(); ++i) {
    const std::size_t asked = found.u64(i, 0) - 1;
    present.at(asked) = true;
    const std::size_t before = read.changes.size();
    add_upsert(read, found, i, 1, r);
    // Under the name that it was asked for: equal keys need not have equal text.
    if (read.changes.size() > before) read.changes.back().key = keys[asked];
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (present[i]) continue;
    change::row_change change;
    change.op = change::op::remove;
    change.key = keys[i];
    read.changes.push_back(std::move(change));
  }
  return read;
}

read_rows read_by_block(client::connection& legacy, const catalog::relation& r, const storage_leaf& leaf,
                        std::uint64_t first, std::uint64_t last) {
  const client::result found = legacy.query(fmt::format(
      "SELECT {} FROM ONLY {} t WHERE {}", catalog::image_expression(r, "t", catalog::image_form::plain),
      catalog::qualified_name(leaf.name), block_condition("t", first, last, legacy.server_version())));
  read_rows read;
  for (int i = 0; i < found.rows(); ++i) add_upsert(read, found, i, 0, r);
  return read;
}

std::vector<std::string> read_keys_by_block(client::connection& target, const catalog::relation& r,
                                            const storage_leaf& leaf, std::uint64_t first,
                                            std::uint64_t last) {
  const catalog::relation keyed = key_relation(r);
  const client::result found = target.query(fmt::format(
      "SELECT {} FROM ONLY {} t {} WHERE {}", key_expression(keyed), catalog::qualified_name(leaf.name),
      join_key_row(r), block_condition("t", first, last, target.server_version())));
  std::vector<std::string> keys;
  keys.reserve(static_cast<std::size_t>(found.rows()));
  for (int i = 0; i < found.rows(); ++i) {
    auto key = key_of(found.at(i, 0), keyed);
    if (!key) throw table_changed(catalog::qualified_name(r.name) + " was altered while its rows were read");
    keys.push_back(std::move(*key));
  }
  return keys;
}

std::vector<std::string> missing_on_legacy(client::connection& legacy, const catalog::relation& r,
                                           const std::vector<std::string>& equalities,
                                           std::span<const std::string> keys) {
  const std::string array = json_array(keys);
  const client::result found =
      legacy.query(fmt::format("SELECT k.pgtandem_ord FROM {} WHERE NOT EXISTS (SELECT 1 FROM {} t WHERE {})",
                               keys_recordset(r), from_relation(r), key_match(r, equalities)),
                   {array});
  std::vector<std::string> missing;
  for (int i = 0; i < found.rows(); ++i) missing.push_back(keys[found.u64(i, 0) - 1]);
  return missing;
}

}  // namespace pgtandem::reconciler
