#include "proxy/session/transaction.h"

#include <algorithm>

#include "protocol/change/image.h"

namespace pgtandem::proxy {

using sql::statement_kind;

void transaction::clear() {
  unproven_ = writes_inside_commit_ = false;
  bytes_ = 0;
  tables_.clear();
  changes_.clear();
  imaged_.clear();
  unimaged_.clear();
  saves_.clear();
}

void transaction::on_complete(const plan& p, std::string_view tag) {
  if (p.mode == capture_mode::unproven || p.also_unproven) unproven_ = true;
  writes_inside_commit_ |= p.writes_inside_commit;
  switch (p.kind) {
    case statement_kind::begin:
      in_block_ = true;
      break;
    case statement_kind::commit:
    case statement_kind::rollback:
    case statement_kind::prepare_transaction:
      clear();
      failed_ = false;
      in_block_ = p.and_chain && (tag == "COMMIT" || tag == "ROLLBACK");
      break;
    case statement_kind::savepoint:
      saves_.push_back({p.name, changes_.size()});
      break;
    case statement_kind::rollback_to:
      failed_ = false;
      roll_back_to(p.name);
      break;
    case statement_kind::release:
      release(p.name);
      break;
    default:
      break;
  }
}

void transaction::roll_back_to(const std::string& name) {
  const auto it = std::find_if(saves_.rbegin(), saves_.rend(), [&](const save& s) { return s.name == name; });
  if (it == saves_.rend()) return;
  changes_.resize(it->changes);
  saves_.erase(it.base(), saves_.end());  // the savepoint itself stays
}

void transaction::release(const std::string& name) {
  const auto it = std::find_if(saves_.rbegin(), saves_.rend(), [&](const save& s) { return s.name == name; });
  if (it != saves_.rend()) saves_.erase(std::prev(it.base()), saves_.end());
}

std::uint32_t transaction::table_index(const change::table_name& table) {
  const auto it = std::find(tables_.begin(), tables_.end(), table);
  if (it != tables_.end()) return static_cast<std::uint32_t>(it - tables_.begin());
  tables_.push_back(table);
  return static_cast<std::uint32_t>(tables_.size() - 1);
}

bool transaction::add_image(std::optional<std::string_view> captured, statement_kind kind,
                            const mirrored_catalog& catalog) {
  if (!captured) {
    unproven_ = true;  // too large: the locks will name the table
    return true;
  }
  std::string decoded;
  if (captured->starts_with('B')) {
    auto text = change::decode_base64(captured->substr(1));
    if (!text) return false;
    decoded = std::move(*text);
    captured = decoded;
  }
  const auto row = change::split_captured(*captured);
  if (!row) return false;
  const catalog::relation* relation = catalog.find(row->tableoid);
  if (relation == nullptr) return true;  // another table of that name, which is not mirrored
  auto image = change::make_image(*row, *relation);
  auto key = image ? change::make_key(*image, *relation) : std::nullopt;
  if (!key) {
    unproven_ = true;  // altered behind our back: the table will be marked
    return true;
  }
  imaged_.insert(relation->name);
  if (bytes_ > max_bytes_) {
    unimaged_.insert(relation->name);
    return true;
  }
  change::row_change c;
  c.table = table_index(relation->name);
  c.op = kind == statement_kind::remove ? change::op::remove : change::op::upsert;
  c.key = std::move(*key);
  if (c.op == change::op::upsert) c.image = std::move(*image);
  bytes_ += c.key.size() + c.image.size();
  changes_.push_back(std::move(c));
  return true;
}

void transaction::on_ready(char status) {
  in_block_ = status != 'I';
  failed_ = status == 'E';
  if (status == 'I') clear();
}

change::record transaction::take_record(const witness& w, const mirrored_catalog& catalog) {
  change::record r;
  r.xid = w.xid;
  r.lsn = w.lsn;
  for (const auto& table : unimaged_)
    r.marks.push_back({table, change::mark_scope::table, {}, "more rows in one transaction than are imaged"});
  if (writes_inside_commit_ || (w.xid.value != 0 && catalog.writes_inside_commit())) {
    for (const auto& relation : catalog.relations())
      r.marks.push_back(
          {relation.name, change::mark_scope::table, {}, "may have been written inside the commit"});
  } else if (w.xid.value != 0) {  // without an xid locks were taken, but nothing was written
    std::set<change::table_name> marked = unimaged_;
    for (const oid_t oid : w.write_locked) {
      const catalog::relation* relation = catalog.find(oid);
      if (relation == nullptr || !marked.insert(relation->name).second) continue;
      r.marks.push_back({relation->name,
                         change::mark_scope::table,
                         {},
                         imaged_.contains(relation->name) ? "written also by a statement that is not imaged"
                                                          : "written by a statement that is not imaged"});
    }
  }
  r.tables = std::move(tables_);
  r.changes = std::move(changes_);
  std::erase_if(r.changes,
                [&](const change::row_change& c) { return unimaged_.contains(r.tables[c.table]); });
  clear();
  return r;
}

}  // namespace pgtandem::proxy
