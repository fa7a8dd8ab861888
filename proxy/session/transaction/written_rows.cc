#include "proxy/session/transaction/written_rows.h"

namespace pgtandem::proxy {

bool written_rows::rows::add(std::string_view key) {
  if (all || !keys.emplace(key).second) return false;
  key_bytes += key.size();
  if (keys.size() > most_keys || key_bytes > most_key_bytes) add_all();
  return true;
}

void written_rows::rows::add_all() {
  *this = {};
  all = true;
}

void written_rows::add_table(const change::table_name& table) {
  tables_[table].add_all();
}

void written_rows::add_key(const change::table_name& table, std::string_view key) {
  (void)tables_[table].add(key);
}

std::vector<change::mark> written_rows::merge(const written_rows& others, const std::string& reason) {
  std::vector<change::mark> marks;
  for (const auto& [table, more] : others.tables_) {
    rows& known = tables_[table];
    if (known.all) continue;
    change::mark mark{table, change::mark_scope::keys, {}, reason};
    if (more.all) known.add_all();
    for (const auto& key : more.keys)
      if (known.add(key)) mark.keys.push_back(key);
    if (known.all) mark = {table, change::mark_scope::table, {}, reason};
    if (known.all || !mark.keys.empty()) marks.push_back(std::move(mark));
  }
  return marks;
}

}  // namespace pgtandem::proxy
