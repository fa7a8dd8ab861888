#include "tests/session_model/outbox.h"

#include <algorithm>
#include <utility>

namespace pgtandem::model {
namespace {

std::string mirrored_name(std::uint32_t oid) {
  return oid == table_t ? "t" : oid == table_g ? "g" : "";
}

bool has_mark(const change::record& r, const std::string& table) {
  return std::any_of(r.marks.begin(), r.marks.end(), [&](const auto& m) { return m.table.name == table; });
}

bool same(const change::record& r, const change::row_change& c, const row_written& w) {
  const std::string id = "{\"id\":" + std::to_string(w.id);
  if (r.tables[c.table].name != mirrored_name(w.table) || c.key != id + "}") return false;
  if (w.removed) return c.op == change::op::remove;
  return c.op == change::op::upsert && c.image == id + ",\"v\":\"" + w.value + "\"}";
}

}  // namespace

void outbox::perform(proxy::action a) {
  if (auto* p = std::get_if<proxy::prepare_action>(&a)) {
    if (prepare_) break_promise("one record at a time");
    prepare_ = std::move(p->record);
  } else if (auto* m = std::get_if<proxy::mark_action>(&a)) {
    if (mark_) break_promise("one set of marks at a time");
    mark_ = std::move(m->marks);
  } else if (const auto* d = std::get_if<proxy::decide_action>(&a)) {
    decide(d->seq, d->committed ? decision::committed : decision::aborted);
  } else if (const auto* doubt = std::get_if<proxy::in_doubt_action>(&a)) {
    if (!lost_) break_promise("nothing is in doubt while the connection stands");
    decide(doubt->seq, decision::in_doubt);
  } else if (const auto* r = std::get_if<proxy::ripen_action>(&a)) {
    end_marks(r->marks);
  } else if (const auto* o = std::get_if<proxy::orphan_action>(&a)) {
    if (!lost_) break_promise("no mark is orphaned while the connection stands");
    end_marks(o->marks);
  }
}

proxy::prepare_outcome outbox::answer_record(proxy::prepare_outcome::kind what) {
  using kind = proxy::prepare_outcome::kind;
  proxy::prepare_outcome outcome;
  outcome.what = what;
  if (what == kind::durable) {
    records_.push_back({std::move(*prepare_)});
    outcome.seq = seq_t{records_.size()};
  } else if (what == kind::degraded) {
    degraded_ = true;
  } else {
    outcome.error = "disk full";
    ++refusals_;
  }
  prepare_.reset();
  return outcome;
}

std::vector<std::uint64_t> outbox::answer_marks(bool durable) {
  const auto marks = std::exchange(mark_, std::nullopt);
  if (!durable) {
    ++refusals_;
    return {};
  }
  const std::uint64_t id = marks_.size() + 1;
  for (const auto& m : *marks) marks_[id].tables.push_back(m.table);
  return {id};
}

void outbox::end_marks(const std::vector<std::uint64_t>& ids) {
  for (const auto id : ids) {
    const auto it = marks_.find(id);
    if (it == marks_.end() || it->second.ended)
      break_promise("a mark ends once");
    else
      it->second.ended = true;
  }
}

bool outbox::marked_ahead(const std::string& table) const {
  return std::any_of(marks_.begin(), marks_.end(), [&](const auto& m) {
    return !m.second.ended && std::any_of(m.second.tables.begin(), m.second.tables.end(),
                                          [&](const auto& t) { return t.name == table; });
  });
}

outbox::entry* outbox::open_record() {
  if (records_.empty()) return nullptr;
  entry& last = records_.back();
  return last.committed || last.rolled_back || last.decided != decision::none ? nullptr : &last;
}

void outbox::on_rollback() {
  degraded_ = false;
  if (entry* record = open_record()) record->rolled_back = true;
}

// What was imaged, in order and nothing else. Of a marked table anything may be there: it is healed.
bool outbox::same_changes(const change::record& r, const std::vector<row_written>& changes) const {
  std::vector<const row_written*> expected;
  for (const row_written& w : changes)
    if (w.imaged && !mirrored_name(w.table).empty() && !has_mark(r, mirrored_name(w.table)))
      expected.push_back(&w);
  std::vector<const change::row_change*> found;
  for (const auto& c : r.changes)
    if (!has_mark(r, r.tables[c.table].name)) found.push_back(&c);
  return std::equal(expected.begin(), expected.end(), found.begin(), found.end(),
                    [&](const row_written* w, const change::row_change* c) { return same(r, *c, *w); });
}

void outbox::on_commit(const std::vector<row_written>& changes) {
  const bool excused = std::exchange(degraded_, false);
  entry* record = open_record();
  if (record != nullptr) record->committed = true;
  for (const row_written& w : changes) {
    const std::string table = mirrored_name(w.table);
    if (table.empty() || excused || marked_ahead(table)) continue;
    if (record == nullptr)
      return break_promise("a commit goes behind its durable record: " + table + " " + std::to_string(w.id) +
                           " " + w.value);
    if (!w.imaged && !has_mark(record->record, table))
      return break_promise("a write without an image is marked: " + table + " " + w.value);
  }
  if (record != nullptr && !same_changes(record->record, changes))
    break_promise("a record holds what its transaction did");
}

void outbox::decide(seq_t seq, decision d) {
  if (seq.value == 0 || seq.value > records_.size()) return break_promise("only durable records are decided");
  entry& e = records_[seq.value - 1];
  if (e.decided != decision::none) return break_promise("a record is decided once");
  e.decided = d;
  if (d == decision::committed && !e.committed)
    break_promise("a record that did not commit is not called committed");
  if (d == decision::aborted && e.committed) break_promise("a record that committed is not called aborted");
}

void outbox::finish(bool settled) {
  if (!settled) return;
  for (const entry& e : records_)
    if (e.decided == decision::none) break_promise("every record is decided in the end");
  for (const auto& [id, m] : marks_)
    if (!m.ended) break_promise("every mark's writer ends");
}

}  // namespace pgtandem::model
