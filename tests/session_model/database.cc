#include "tests/session_model/database.h"

#include <algorithm>

namespace pgtandem::model {

database::database() {
  for (const std::uint32_t oid : {table_t, table_g, table_u, table_other_t})
    for (int id = 1; id <= 3; ++id) now_.tables[oid][id] = "old";
  committed_ = now_;
}

std::optional<std::uint32_t> database::resolve(const std::string& schema, const std::string& name) const {
  const std::string where = schema.empty() ? now_.local_path.value_or(now_.path) : schema;
  if (where == "other") return name == "t" ? std::optional(table_other_t) : std::nullopt;
  if (!where.empty() && where != "public") return std::nullopt;
  if (name == "t") return table_t;
  if (name == "g") return table_g;
  if (name == "u") return table_u;
  return std::nullopt;
}

void database::insert(std::uint32_t oid, int id, const std::string& value, bool imaged) {
  lock(oid);
  now_.wrote = true;
  if (!now_.tables[oid].emplace(id, value).second)
    throw sql_error{"23505", "duplicate key value violates unique constraint"};
  now_.changes.push_back({oid, false, id, value, imaged});
}

void database::update(std::uint32_t oid, int id, const std::string& value, bool imaged) {
  now_.wrote = true;
  now_.tables[oid][id] = value;
  now_.changes.push_back({oid, false, id, value, imaged});
}

void database::remove(std::uint32_t oid, int id, bool imaged) {
  now_.wrote = true;
  now_.tables[oid].erase(id);
  now_.changes.push_back({oid, true, id, {}, imaged});
}

void database::note_imaged(std::uint32_t oid, int id) {
  const auto it = std::find_if(now_.changes.rbegin(), now_.changes.rend(),
                               [&](const row_written& w) { return w.table == oid && w.id == id; });
  if (it != now_.changes.rend()) it->imaged = true;
}

void database::note_changes(std::size_t from) {
  const auto& changes = now_.changes;
  now_.notes.insert(now_.notes.end(), changes.begin() + static_cast<std::ptrdiff_t>(from), changes.end());
}

void database::set_path(const std::string& path, bool local) {
  if (local) {
    now_.local_path = path;
  } else {
    now_.path = path;
    now_.local_path.reset();
  }
}

bool database::rollback_to(const std::string& name) {
  const auto it =
      std::find_if(saves_.rbegin(), saves_.rend(), [&](const auto& s) { return s.first == name; });
  if (it == saves_.rend()) return false;
  const bool wrote = now_.wrote;
  now_ = it->second;
  now_.wrote = wrote;
  saves_.erase(it.base(), saves_.end());
  return true;
}

bool database::release(const std::string& name) {
  const auto it =
      std::find_if(saves_.rbegin(), saves_.rend(), [&](const auto& s) { return s.first == name; });
  if (it == saves_.rend()) return false;
  saves_.erase(std::prev(it.base()), saves_.end());
  return true;
}

bool database::commit() {
  const bool fails = std::any_of(now_.changes.begin(), now_.changes.end(), [&](const row_written& w) {
    const auto& rows = now_.tables[w.table];
    const auto row = rows.find(w.id);
    return row != rows.end() && row->second == "deferred";
  });
  if (fails) {
    abort();
    return false;
  }
  now_.local_path.reset();
  end();
  committed_ = now_;
  return true;
}

void database::abort() {
  now_ = committed_;
  end();
}

void database::end() {
  now_.changes.clear();
  now_.notes.clear();
  now_.locks.clear();
  now_.wrote = false;
  saves_.clear();
}

void database::prepare(const std::string& gid) {
  prepared_[gid] = now_.changes;
  abort();
}

std::optional<std::vector<row_written>> database::finish_prepared(const std::string& gid, bool commit) {
  const auto it = prepared_.find(gid);
  if (it == prepared_.end()) return std::nullopt;
  std::vector<row_written> changes = std::move(it->second);
  prepared_.erase(it);
  for (const row_written& w : commit ? changes : std::vector<row_written>{}) {
    if (w.removed)
      now_.tables[w.table].erase(w.id);
    else
      now_.tables[w.table][w.id] = w.value;
  }
  committed_ = now_;
  return changes;
}

}  // namespace pgtandem::model
