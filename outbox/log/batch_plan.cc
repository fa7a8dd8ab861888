#include "outbox/log/batch_plan.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "outbox/log/key_codec.h"
#include "outbox/log/row_codec.h"
#include "protocol/change/record_codec.h"
#include "protocol/planted_bug.h"

namespace pgtandem::outbox {

void batch_plan::erase_merged_marks() {
  if (batch_.ops.empty()) return;
  for (const mark_id id : state_.marks.take_merged()) batch_.erase(family::marks, be64(id.value));
}

void batch_plan::publish() {
  for (const auto& step : publish_) step();
}

void batch_plan::answer_all(const std::string* error) {
  for (const auto& a : answers_) a(error);
}

std::string batch_plan::no_room_for(std::size_t bytes) {
  if (bytes > max_record_bytes)
    return "the record has " + std::to_string(bytes) + " bytes, more than " +
           std::to_string(max_record_bytes);
  if (space_.take(bytes)) return {};
  return "the outbox's disk has " + std::to_string(space_.last_seen()) + " bytes free, less than min_free (" +
         std::to_string(space_.min_free()) + ")";
}

seq_t batch_plan::put_record(const change::record& r, std::string encoded, decision state) {
  const seq_t seq{++state_.last_seq.value};
  state_.last_given[r.partition] = seq;
  std::uint64_t bytes = encoded.size();
  const staging_t staging = r.chunks.empty() ? staging_t{} : r.staging;
  if (const auto staged = state_.stagings.extract(staging)) bytes += staged.mapped().bytes;
  const auto key = record_key(r.partition, seq);
  batch_.put(family::state, key, encode_state({state, bytes, r.incarnation, staging}));
  batch_.put(family::data, key, std::move(encoded));
  publish_.emplace_back([this, p = r.partition, seq, state, incarnation = r.incarnation, bytes, staging] {
    state_.index.add(p, seq, state, incarnation, bytes, staging);
  });
  return seq;
}

mark_id batch_plan::put_mark(open_mark open) {
  open.id = mark_id{++state_.last_mark.value};
  open.created_unix_ms = now_unix_ms_;
  batch_.put(family::marks, be64(open.id.value), encode_mark(open));
  const mark_id id = open.id;
  publish_.emplace_back([this, open = std::move(open)]() mutable { state_.marks.add(std::move(open)); });
  return id;
}

void batch_plan::plan(request::prepare& r) {
  auto refusal = r.encoded.empty() ? r.refusal : missing_chunk(r.record);
  if (refusal.empty()) refusal = no_room_for(r.encoded.size());
  if (!refusal.empty()) {
    erase_chunks(r.record.staging);
    // Its commit may be let through all the same (degraded), so no heal may rely on having seen it.
    state_.windows.discard(r.record.partition);
    answers_.emplace_back([done = std::move(r.done), refusal](const std::string*) {
      done({std::nullopt, refusal});
    });
    return;
  }
  const seq_t seq = put_record(r.record, std::move(r.encoded), decision::undecided);
  state_.windows.note(seq, r.record);
  for (auto& m : r.record.marks)
    static_cast<void>(put_mark({.partition = r.record.partition, .mark = std::move(m), .writer = seq}));
  answers_.emplace_back([done = std::move(r.done), seq](const std::string* error) {
    if (error != nullptr)
      done({std::nullopt, *error});
    else
      done({seq, {}});
  });
}

// Not waited for: what a power failure leaves of it is removed when the log is opened.
void batch_plan::erase_chunks(staging_t staging) {
  if (state_.stagings.erase(staging) == 0) return;
  const auto [from, to] = chunks_of(staging);
  batch_.erase_range_lazily(family::chunks, from, to);
}

std::string batch_plan::missing_chunk(const change::record& r) const {
  if (r.chunks.empty()) return {};
  const auto staged = state_.stagings.find(r.staging);
  const bool there = staged != state_.stagings.end() &&
                     std::all_of(r.chunks.begin(), r.chunks.end(), [&](const change::chunk_ref& c) {
                       const auto& changes = staged->second.changes;
                       return c.number < changes.size() && c.changes <= changes[c.number];
                     });
  return there ? "" : "the record names a chunk that is not staged";
}

void batch_plan::plan(request::stage& r) {
  auto& staged = state_.stagings[r.staging];
  auto refusal = no_room_for(r.encoded.size());
  if (refusal.empty() && r.number != staged.changes.size()) refusal = "a chunk is out of its order";
  if (!refusal.empty()) {
    erase_chunks(r.staging);
    answers_.emplace_back([done = std::move(r.done), refusal](const std::string*) { done(&refusal); });
    return;
  }
  staged.changes.push_back(r.changes);
  staged.bytes += r.encoded.size();
  batch_.put_lazily(family::chunks, chunk_key(r.staging, r.number), std::move(r.encoded));
  answers_.push_back(std::move(r.done));
}

void batch_plan::plan(request::drop_staging& r) {
  erase_chunks(r.staging);
}

bool batch_plan::put_decision(seq_t seq, decision to) {
  const auto found = state_.index.find(seq);
  if (!found) return false;
  const auto [it, first] = decided_here_.try_emplace(seq, found->state);
  if (!may_become(it->second, to)) return false;
  it->second = to;
  batch_.put(family::state, record_key(found->partition, seq),
             encode_state({to, found->bytes, found->incarnation, found->staging}));
  publish_.emplace_back([this, p = found->partition, seq, to] {
    state_.index.decide(seq, to);
    state_.marks.writer_ended(seq);
    state_.in_doubt[p].erase(seq);
  });
  return true;
}

void batch_plan::plan(request::decide& r) {
  static_cast<void>(put_decision(r.seq, r.to));
}

void batch_plan::plan(request::supersede& r) {
  const auto found = state_.index.find(r.seq);
  if (found && put_decision(r.seq, decision::superseded))
    for (auto& m : r.marks)
      static_cast<void>(put_mark({.partition = found->partition, .mark = std::move(m), .ripe = true}));
  answers_.push_back(std::move(r.done));
}

void batch_plan::plan(request::add_marks& r) {
  const auto ids = std::make_shared<std::vector<mark_id>>();
  for (auto& m : r.marks) {
    const bool ripe = !r.writer || planted(planted_bug::mark_ripe_at_once);
    const mark_id id = put_mark({.partition = r.partition, .mark = m, .on_legacy = r.writer, .ripe = ripe});
    publish_.emplace_back([this, ids, id, p = r.partition, table = m.table] {
      ids->push_back(state_.marks.standing_for(id, p, table));
    });
  }
  answers_.emplace_back([done = std::move(r.done), ids](const std::string* error) {
    if (error != nullptr)
      done({}, log_error{*error});
    else
      done(*ids, std::nullopt);
  });
}

void batch_plan::plan(request::ripen& r) {
  publish_.emplace_back([this, ids = std::move(r.ids)] {
    for (const mark_id id : ids) state_.marks.ripen(id);
  });
}

void batch_plan::plan(request::note_heal& r) {
  const open_mark* known = state_.marks.find(r.id);
  if (known == nullptr) return;
  open_mark noted = *known;
  noted.heal_note = std::move(r.note);
  batch_.put_lazily(family::marks, be64(r.id.value), encode_mark(noted));
  publish_.emplace_back([this, id = r.id, note = std::move(noted.heal_note)]() mutable {
    state_.marks.note_heal(id, std::move(note));
  });
}

void batch_plan::plan(request::clear_marks& r) {
  for (const mark_id id : r.ids) batch_.erase(family::marks, be64(id.value));
  publish_.emplace_back([this, ids = std::move(r.ids)] { state_.marks.clear(ids); });
  answers_.push_back(std::move(r.done));
}

void batch_plan::plan(request::append_heal& r) {
  heal_result result;
  const auto refused = [&] {
    answers_.emplace_back(
        [done = std::move(r.done), result = std::move(result)](const std::string*) { done(result); });
  };
  if (r.window->discarded) {
    result.discarded = true;
    return refused();
  }
  if (!planted(planted_bug::heal_without_wait) && !state_.decided_up_to(r.window->partition, r.opened_at)) {
    result.error = "the rows were read before everything up to the window's opening was decided";
    return refused();
  }
  if (!planted(planted_bug::heal_keeps_touched_keys))
    result.dropped = heal_windows::drop_touched(*r.window, r.record);
  if (r.record.changes.empty()) return refused();
  if (!result.dropped.empty()) r.encoded = change::encode_record(r.record);
  if (result.error = no_room_for(r.encoded.size()); !result.error.empty()) {
    result.dropped.clear();
    return refused();
  }
  result.seq = put_record(r.record, std::move(r.encoded), decision::committed);
  answers_.emplace_back([done = std::move(r.done), result = std::move(result)](const std::string* error) {
    if (error == nullptr) return done(result);
    heal_result failed;
    failed.error = *error;
    done(std::move(failed));
  });
}

void batch_plan::plan(request::name_partition& r) {
  answers_.push_back(std::move(r.done));
  if (state_.partitions.contains(r.database) || named_here_.contains(r.database)) return;
  partition_t last;
  for (const auto& [name, known] : state_.partitions) last = std::max(last, known);
  for (const auto& [name, known] : named_here_) last = std::max(last, known);
  const partition_t p{last.value + 1};
  batch_.put(family::meta, partition_meta_key(meta_key::partition, p), r.database);
  named_here_.emplace(r.database, p);
  publish_.emplace_back([this, name = std::move(r.database), p] { state_.partitions.emplace(name, p); });
}

void batch_plan::plan(request::set_proven& r) {
  // A cursor never goes back, whatever order two of them arrive in.
  const seq_t through = std::max(r.through, state_.proven[r.partition]);
  batch_.put(family::meta, partition_meta_key(meta_key::proven, r.partition), be64(through.value));
}

void batch_plan::plan(request::trim& r) {
  const seq_t through = std::min(r.through, state_.index.decided_through(r.partition));
  seq_t& low = low_here_.try_emplace(r.partition, state_.index.low(r.partition)).first->second;
  if (through > low) {
    low = through;
    batch_.put(family::meta, partition_meta_key(meta_key::low, r.partition), be64(through.value));
    for (const staging_t staging : state_.index.stagings_up_to(r.partition, through)) {
      const auto [from, to] = chunks_of(staging);
      batch_.erase_range_lazily(family::chunks, from, to);
    }
    publish_.emplace_back([this, p = r.partition, through] {
      const auto chunks = state_.index.stagings_up_to(p, through);
      state_.trimmed_stagings.insert(state_.trimmed_stagings.end(), chunks.begin(), chunks.end());
      const auto gone = state_.index.trim(p, through);
      auto& trimmed = state_.trimmed[p];
      trimmed.records += gone.records;
      trimmed.bytes += gone.bytes;
    });
  }
  if (r.done) answers_.push_back(std::move(r.done));
}

}  // namespace pgtandem::outbox
