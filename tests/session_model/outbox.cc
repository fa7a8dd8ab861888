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
    until_ = std::move(m->until);
  } else if (auto* s = std::get_if<proxy::stage_action>(&a)) {
    for (const auto& other : chunks_)
      if (other.staging == s->chunk.staging) break_promise("one chunk of a transaction at a time");
    if (prepare_) break_promise("chunks are staged before their record");
    stagings_[s->chunk.staging];
    chunks_.push_back(std::move(s->chunk));
  } else if (const auto* dropped = std::get_if<proxy::drop_staging_action>(&a)) {
    drop(dropped->staging);
  } else if (const auto* d = std::get_if<proxy::decide_action>(&a)) {
    decide(d->seq, d->committed ? decision::committed : decision::aborted);
  } else if (const auto* doubt = std::get_if<proxy::in_doubt_action>(&a)) {
    if (!lost_) break_promise("nothing is in doubt while the connection stands");
    decide(doubt->seq, decision::in_doubt);
  } else if (const auto* r = std::get_if<proxy::ripen_action>(&a)) {
    end_marks(r->marks, r->perhaps_prepared);
  } else if (const auto* o = std::get_if<proxy::orphan_action>(&a)) {
    if (!lost_) break_promise("no mark is orphaned while the connection stands");
    end_marks(o->marks, true);
  }
}

staging_t outbox::answer_chunk(bool taken) {
  proxy::staged_chunk chunk = std::move(chunks_.front());
  chunks_.pop_front();
  auto& chunks = stagings_[chunk.staging].chunks;
  if (taken && chunk.number != chunks.size()) break_promise("chunks come in their order");
  if (taken) chunks.push_back(std::move(chunk.changes));
  return chunk.staging;
}

void outbox::drop(staging_t staging) {
  const auto it = stagings_.find(staging);
  if (it == stagings_.end() || it->second.ended) return break_promise("a staging ends once");
  it->second.ended = true;
}

void outbox::gather_chunks(change::record& r) {
  if (r.chunks.empty()) return;
  staged& s = stagings_[r.staging];
  if (std::exchange(s.ended, true)) break_promise("a record names what is staged");
  std::vector<change::row_change> all;
  for (const auto& c : r.chunks) {
    if (c.number >= s.chunks.size() || c.changes > s.chunks[c.number].size())
      return break_promise("a record names what is staged");
    const auto from = s.chunks[c.number].begin();
    all.insert(all.end(), from, from + static_cast<std::ptrdiff_t>(c.changes));
  }
  all.insert(all.end(), r.changes.begin(), r.changes.end());
  r.changes = std::move(all);
}

proxy::prepare_outcome outbox::answer_record(proxy::prepare_outcome::kind what) {
  using kind = proxy::prepare_outcome::kind;
  proxy::prepare_outcome outcome;
  outcome.what = what;
  if (what == kind::durable) {
    gather_chunks(*prepare_);
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
  if (const auto until = std::exchange(until_, std::nullopt)) {  // they end by themselves
    auto& all = until_end_[until->xid];
    all.insert(all.end(), marks->begin(), marks->end());
    gids_.insert(until->gid);
    return {};
  }
  const std::uint64_t id = marks_.size() + 1;
  for (const auto& m : *marks) marks_[id].tables.push_back(m.table);
  return {id};
}

void outbox::end_marks(const std::vector<std::uint64_t>& ids, bool perhaps_prepared) {
  for (const auto id : ids) {
    const auto it = marks_.find(id);
    if (it == marks_.end() || it->second.ended)
      break_promise("a mark ends once");
    else if (it->second.prepared && !perhaps_prepared)
      break_promise("a mark does not end before what was prepared under it");
    else
      it->second.ended = true;
  }
}

outbox::marked* outbox::marked_ahead(const std::string& table) {
  for (auto& [id, m] : marks_)
    if (!m.ended && std::ranges::any_of(m.tables, [&](const auto& t) { return t.name == table; })) return &m;
  return nullptr;
}

// As a whole table, or by its key where its image was seen.
bool outbox::marked_until_end(std::uint64_t xid, const row_written& w) const {
  const auto marks = until_end_.find(xid_t{xid});
  if (marks == until_end_.end()) return false;
  const std::string key = "{\"id\":" + std::to_string(w.id) + "}";
  return std::ranges::any_of(marks->second, [&](const change::mark& m) {
    if (m.table.name != mirrored_name(w.table)) return false;
    return m.scope == change::mark_scope::table || std::ranges::count(m.keys, key) > 0;
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

void outbox::on_commit(std::uint64_t xid, const std::vector<row_written>& changes) {
  const bool excused = std::exchange(degraded_, false);
  entry* record = open_record();
  if (record != nullptr) record->committed = true;
  for (const row_written& w : changes) {
    const std::string table = mirrored_name(w.table);
    if (table.empty() || excused || marked_ahead(table) != nullptr || marked_until_end(xid, w)) continue;
    if (record == nullptr)
      return break_promise("a commit goes behind its durable record: " + table + " " + std::to_string(w.id) +
                           " " + w.value);
    if (!w.imaged && !has_mark(record->record, table))
      return break_promise("a write without an image is marked: " + table + " " + w.value);
  }
  if (record != nullptr && !same_changes(record->record, changes))
    break_promise("a record holds what its transaction did");
}

void outbox::on_prepare(std::uint64_t xid, const std::vector<row_written>& changes) {
  for (const row_written& w : changes) {
    const std::string table = mirrored_name(w.table);
    if (table.empty() || marked_until_end(xid, w)) continue;
    marked* const under = marked_ahead(table);
    if (under == nullptr) return break_promise("what is prepared is marked until it ends: " + table);
    under->prepared = true;
  }
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
  for (const auto& [staging, s] : stagings_)
    if (!s.ended) break_promise("every staging is named by a record or dropped");
  for (const auto& [id, m] : marks_)
    if (!m.ended) break_promise("every mark's writer ends");
}

}  // namespace pgtandem::model
