#include "proxy/session/transaction/transaction.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "protocol/change/image.h"
#include "protocol/planted_bug.h"
#include "proxy/session/capture/noted_rows.h"
#include "proxy/session/transaction/captured_key.h"

namespace pgtandem::proxy {

using sql::statement_kind;

namespace {

bool parse_number(std::string_view text, std::uint64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

void transaction::clear() {
  unproven_ = watched_ = writes_inside_commit_ = false;
  rows_owed_ = 0;
  forget_notes();
  tables_.clear();
  changes_.clear();
  imaged_.clear();
  unimaged_.clear();
  targets_.clear();
  cascaded_.clear();
  saves_.clear();
  key_change_.reset();
  marked_.clear();
}

void transaction::on_complete(const plan& p, std::string_view tag) {
  if (p.mode == capture_mode::unproven || p.also_unproven) unproven_ = true;
  watched_ |= p.watched;
  if (p.mode == capture_mode::image || p.mode == capture_mode::read_back) targets_.insert(p.target_oid);
  for (const written_name& part : p.parts)
    if (part.noted) targets_.insert(part.oid);
  notes_owed_ |= !p.noted_rows.empty();
  cascaded_.end(p, unimaged_.empty() ? std::optional(changes_.size()) : std::nullopt);
  writes_inside_commit_ |= p.writes_inside_commit;
  if (p.old_keys) end_key_change();
  for (const auto& table : p.truncated) add_change(table, change::op::truncate, {}, {});
  if (p.mode == capture_mode::read_back) owe_rows(tag);
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
    case statement_kind::other:
      // Not understood: it ended the transaction, or went back to a savepoint.
      if (tag == "COMMIT" || tag == "ROLLBACK" || tag == "PREPARE TRANSACTION") {
        lose_changes();
        changes_.cut(0);
        key_change_.reset();
      }
      break;
    default:
      break;
  }
}

void transaction::owe_rows(std::string_view tag) {
  constexpr std::string_view word = "COPY ";
  std::uint64_t rows = 0;
  if (tag.starts_with(word)) tag.remove_prefix(word.size());
  if (!parse_number(tag, rows)) unproven_ = true;
  rows_owed_ += rows;
}

// Keys are unique, so as many rows with the keys that were copied are the rows that were.
void transaction::end_read_back(std::uint64_t found) {
  if (found != rows_owed_) unproven_ = true;
  rows_owed_ = 0;
}

void transaction::add_noted(const wire::data_row& row, const mirrored_catalog& catalog) {
  using kind = noted_row::kind;
  if (planted(planted_bug::notes_not_read)) return;
  const auto noted = decode_noted_row(row);
  if (!noted) {
    unproven_ = true;
  } else if (noted->what == kind::count) {
    std::uint64_t n = 0;
    if (noted->value && parse_number(*noted->value, n)) notes_ = n;
  } else if (noted->what != kind::cleared) {
    ++notes_read_;
    const bool read = noted->what == kind::removed ? add_removed(noted->value, catalog)
                                                   : add_image(noted->value, statement_kind::insert, catalog);
    unproven_ |= !read;
  }
}

bool transaction::add_removed(std::optional<std::string_view> captured, const mirrored_catalog& catalog) {
  auto key = read_key(captured, catalog);
  if (!key) return false;
  // Another table of that name by now: the locks tell.
  unproven_ |= key->relation == nullptr;
  if (key->relation != nullptr) add_change(key->relation->name, change::op::remove, std::move(key->key), {});
  return true;
}

void transaction::end_notes() {
  if (notes_ != notes_read_ && !planted(planted_bug::notes_not_read)) unproven_ = true;
  forget_notes();
}

void transaction::forget_notes() {
  notes_owed_ = false;
  notes_read_ = 0;
  notes_.reset();
}

void transaction::roll_back_to(const std::string& name) {
  key_change_.reset();
  forget_notes();
  cascaded_.forget_reading();
  const auto it = std::find_if(saves_.rbegin(), saves_.rend(), [&](const save& s) { return s.name == name; });
  if (it == saves_.rend()) return;
  if (!planted(planted_bug::savepoint_kept)) changes_.cut(it->changes);
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
  captured = as_text(*captured, decoded);
  if (!captured) return false;
  const auto row = change::split_captured(*captured);
  if (!row) return false;
  const catalog::relation* relation = catalog.find(row->tableoid);
  if (relation == nullptr) {
    // Another table of that name by now, or a partition that is not known yet: the locks tell.
    unproven_ = true;
    return true;
  }
  auto image = change::make_image(*row, *relation);
  auto key = image ? change::make_key(*image, *relation) : std::nullopt;
  if (!key) {
    unproven_ = true;  // altered behind our back: the table will be marked
    return true;
  }
  const bool removed = kind == statement_kind::remove;
  add_change(relation->name, removed ? change::op::remove : change::op::upsert, std::move(*key),
             removed ? std::string{} : std::move(*image));
  return true;
}

void transaction::add_change(const change::table_name& table, change::op op, std::string key,
                             std::string image) {
  imaged_.insert(table);
  if (!unimaged_.empty()) {  // so is all that follows
    unimaged_.insert(table);
    return;
  }
  const auto index = table_index(table);
  if (key_change_) {
    if (!key_change_->table) key_change_->table = index;
    key_change_->one_table &= key_change_->table == index;
    ++key_change_->images;
  }
  changes_.add({index, op, std::move(key), std::move(image)});
}

void transaction::begin_key_change() {
  if (key_change_) return;
  key_change_ = key_change{};
  key_change_->first = changes_.size();
}

bool transaction::add_old_key(std::optional<std::string_view> captured, const mirrored_catalog& catalog) {
  begin_key_change();
  auto old = read_key(captured, catalog);
  if (!old) return false;
  if (old->relation == nullptr) return true;
  add_change(old->relation->name, change::op::remove, std::move(old->key), {});
  key_change_->removals += std::exchange(key_change_->images, 0);
  return true;
}

// The rows are those whose keys were read if they are as many: see old_keys.h. Of a row that keeps its key
// the image alone is left.
void transaction::end_key_change() {
  const auto change = std::exchange(key_change_, std::nullopt);
  if (!change) {
    unproven_ = true;
    return;
  }
  if (!change->one_table || change->images != change->removals) unproven_ = true;
  changes_.drop_removals_of_kept_keys(change->first, change->removals);
}

void transaction::on_ready(char status) {
  in_block_ = status != 'I';
  failed_ = status == 'E';
  if (status == 'I') clear();
}

// The tables of which every write has its image, as far as the statements themselves tell.
std::set<change::table_name> transaction::fully_imaged(const mirrored_catalog& catalog) const {
  std::set<change::table_name> all = imaged_;
  for (const oid_t oid : targets_)
    if (const catalog::relation* relation = catalog.find(oid)) all.insert(relation->name);
  for (const auto& [table, keys] : cascaded_.keys()) all.insert(table);
  for (const auto& table : cascaded_.whole()) all.erase(table);
  return all;
}

// Keys stand for a table only where every write of it has its image.
written_rows transaction::written(const witness& w, const mirrored_catalog& catalog) const {
  written_rows all;
  if (writes_inside_commit_ || catalog.writes_inside_commit())
    for (const auto& relation : catalog.relations()) all.add_table(relation.name);
  const auto imaged =
      unproven_ || rows_owed_ > 0 || notes_owed_ ? std::set<change::table_name>{} : fully_imaged(catalog);
  for (const oid_t oid : w.write_locked)
    if (const catalog::relation* relation = catalog.find(oid); relation && !imaged.contains(relation->name))
      all.add_table(relation->name);
  for (const auto& table : unimaged_) all.add_table(table);
  if (changes_.any_staged())  // of which nobody holds the keys together
    for (const auto& table : tables_) all.add_table(table);
  for (const auto& c : changes_.in_memory()) {
    if (c.op == change::op::truncate)
      all.add_table(tables_[c.table]);
    else
      all.add_key(tables_[c.table], c.key);
  }
  for (const auto& [table, keys] : cascaded_.keys())
    for (const auto& key : keys) all.add_key(table, key);
  return all;
}

std::vector<change::mark> transaction::marks_until_end(const witness& w, const mirrored_catalog& catalog,
                                                       const std::string& reason) {
  if (w.xid.value == 0) return {};
  // It need not be the transaction of the last time: that may have been ended unseen.
  if (std::exchange(marked_of_, w.xid) != w.xid) marked_.clear();
  return marked_.merge(written(w, catalog), reason);
}

change::record transaction::take_record(const witness& w, const mirrored_catalog& catalog) {
  unproven_ |= rows_owed_ > 0 || notes_owed_;
  change::record r;
  r.xid = w.xid;
  r.lsn = w.lsn;
  for (const auto& table : unimaged_)
    r.marks.push_back(
        {table, change::mark_scope::table, {}, "the outbox did not take a part of its transaction"});
  if (writes_inside_commit_ || (w.xid.value != 0 && catalog.writes_inside_commit())) {
    for (const auto& relation : catalog.relations())
      r.marks.push_back(
          {relation.name, change::mark_scope::table, {}, "may have been written inside the commit"});
  } else if (w.xid.value != 0) {  // without an xid locks were taken, but nothing was written
    std::set<change::table_name> marked = unimaged_;
    std::set<change::table_name> whole = unimaged_;
    if (watched_ && !unproven_) marked.merge(fully_imaged(catalog));
    for (const oid_t oid : w.write_locked) {
      const catalog::relation* relation = catalog.find(oid);
      if (relation == nullptr || !marked.insert(relation->name).second) continue;
      r.marks.push_back({relation->name,
                         change::mark_scope::table,
                         {},
                         imaged_.contains(relation->name) ? "written also by a statement that is not imaged"
                                                          : "written by a statement that is not imaged"});
      whole.insert(relation->name);
    }
    cascaded_.add_marks(whole, r.marks);
  }
  r.tables = std::move(tables_);
  changes_.move_to(r);
  clear();
  return r;
}

}  // namespace pgtandem::proxy
