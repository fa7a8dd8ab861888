#include "proxy/session/transaction/cascaded_keys.h"

#include <charconv>

#include "proxy/session/transaction/captured_key.h"

namespace pgtandem::proxy {

void cascaded_keys::note_rows(const wire::data_row& row, std::uint64_t images) {
  reading_.reset();
  const auto& c = row.columns;
  if (c.size() != 2 || c[0] != "t" || !c[1]) return;  // no key can be read
  reading r;
  r.images = images;
  const auto [end, error] = std::from_chars(c[1]->data(), c[1]->data() + c[1]->size(), r.rows);
  if (error == std::errc{} && end == c[1]->data() + c[1]->size()) reading_ = std::move(r);
}

void cascaded_keys::add(std::optional<std::string_view> captured, const mirrored_catalog& catalog) {
  if (!reading_) return;
  auto key = read_key(captured, catalog);
  reading_->complete &= key && key->relation != nullptr && reading_->keys.size() < most_cascaded_keys;
  if (reading_->complete) reading_->keys.emplace_back(key->relation->name, std::move(key->key));
}

void cascaded_keys::end(const plan& p, std::optional<std::uint64_t> images) {
  auto read = std::exchange(reading_, std::nullopt);
  if (p.cascades_to.empty()) return;
  const bool all =
      p.cascaded_keys && read && read->complete && images && *images - read->images == read->rows;
  if (!all) {
    whole_.insert(p.cascades_to.begin(), p.cascades_to.end());
    return;
  }
  for (const auto& table : p.cascaded_keys->tables) keys_.try_emplace(table);
  for (auto& [table, key] : read->keys) {
    auto& keys = keys_[table];
    keys.insert(std::move(key));
    if (keys.size() > most_cascaded_keys) whole_.insert(table);
  }
}

void cascaded_keys::clear() {
  reading_.reset();
  whole_.clear();
  keys_.clear();
}

void cascaded_keys::add_marks(const std::set<change::table_name>& but,
                              std::vector<change::mark>& marks) const {
  for (const auto& [table, keys] : keys_) {
    if (keys.empty() || but.contains(table)) continue;
    marks.push_back({table,
                     change::mark_scope::keys,
                     {keys.begin(), keys.end()},
                     "written by a foreign key of a statement that is imaged"});
  }
}

}  // namespace pgtandem::proxy
