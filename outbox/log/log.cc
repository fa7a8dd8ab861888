#include "outbox/log/log.h"

#include <algorithm>
#include <future>
#include <map>
#include <stdexcept>

#include "outbox/log/log_impl.h"
#include "outbox/log/rocks_store.h"
#include "protocol/change/record_codec.h"

namespace pgtandem::outbox {

heal_window::~heal_window() = default;
heal_window::heal_window(heal_window&&) noexcept = default;
heal_window& heal_window::operator=(heal_window&&) noexcept = default;

log::log(std::unique_ptr<log_impl> impl) : impl_(std::move(impl)) {}
log::~log() = default;

std::unique_ptr<log> log::open(const log_options& options) {
  return open(options, open_rocks_store(options.path));
}

std::unique_ptr<log> log::open(const log_options& options, std::unique_ptr<store> files) {
  return std::unique_ptr<log>{new log{std::make_unique<log_impl>(options, std::move(files))}};
}

const std::string& log::id() const {
  return impl_->identity.id;
}
bool log::created() const {
  return impl_->identity.created;
}

partition_t log::partition_of(const std::string& database) {
  const auto known = [&]() -> std::optional<partition_t> {
    const std::lock_guard lock{impl_->state.mutex};
    const auto it = impl_->state.partitions.find(database);
    if (it == impl_->state.partitions.end()) return std::nullopt;
    return it->second;
  };
  if (const auto p = known()) return *p;
  if (const auto error = impl_->submit_and_wait(request::name_partition{database, {}}))
    throw std::runtime_error(*error);
  return known().value();
}

namespace {

bool tables_fit(const change::record& r) {
  for (const auto& c : r.changes)
    if (c.table >= r.tables.size()) return false;
  return true;
}

}  // namespace

void log::prepare(change::record r, std::function<void(prepare_result)> done) {
  request::prepare request;
  // Encoded here, by many threads, so that the writer need not.
  if (tables_fit(r))
    request.encoded = change::encode_record(r);
  else
    request.refusal = "a change names a table that the record does not have";
  for (auto& c : r.changes) std::string{}.swap(c.image);
  request.record = std::move(r);
  request.done = std::move(done);
  impl_->writes.submit(std::move(request));
}

void log::decide(seq_t seq, decision d) {
  impl_->writes.submit(request::decide{seq, d});
}

void log::supersede(seq_t seq) {
  std::optional<log_index::found> found;
  {
    const std::lock_guard lock{impl_->state.mutex};
    found = impl_->state.index.find(seq);
  }
  if (!found) return;
  const auto records = impl_->load(found->partition, {seq});
  if (!records || records->empty()) return;
  const auto& r = records->front().record;
  request::supersede request{seq, {}, {}};
  if (!r.chunks.empty()) {  // of which nobody holds the keys together
    for (const auto& table : r.tables)
      request.marks.push_back({table, change::mark_scope::table, {}, "in doubt"});
    impl_->submit_and_wait(std::move(request));
    return;
  }
  std::map<std::uint32_t, change::mark> by_table;
  for (const auto& c : r.changes) {
    auto& m = by_table.try_emplace(c.table, change::mark{{}, change::mark_scope::keys, {}, {}}).first->second;
    if (c.op == change::op::truncate) m.scope = change::mark_scope::table;  // any key may have been there
    m.keys.push_back(c.key);
  }
  for (auto& [table, m] : by_table) {
    m.table = r.tables[table];
    m.reason = "in doubt";
    if (m.scope == change::mark_scope::table) m.keys.clear();
    std::sort(m.keys.begin(), m.keys.end());
    m.keys.erase(std::unique(m.keys.begin(), m.keys.end()), m.keys.end());
    request.marks.push_back(std::move(m));
  }
  impl_->submit_and_wait(std::move(request));
}

void log::add_marks(partition_t p, std::vector<change::mark> marks, std::optional<legacy_writer> writer,
                    std::function<void(std::vector<mark_id>, std::optional<log_error>)> done) {
  impl_->writes.submit(request::add_marks{p, std::move(marks), writer, std::move(done)});
}

void log::ripen(const std::vector<mark_id>& ids) {
  impl_->writes.submit(request::ripen{ids});
}

void log::begin_heal(const std::vector<mark_id>& ids) {
  const std::lock_guard lock{impl_->state.mutex};
  impl_->state.marks.begin_heal(ids);
}

void log::note_heal(mark_id id, std::string note) {
  impl_->writes.submit(request::note_heal{id, std::move(note)});
}

void log::clear_marks(const std::vector<mark_id>& ids) {
  impl_->submit_and_wait(request::clear_marks{ids, {}});
}

heal_window log::open_window(partition_t p, const change::table_name& table, key_likeness likeness) {
  auto& state = impl_->state;
  const std::lock_guard lock{state.mutex};
  auto window = state.windows.open(p, table, std::move(likeness));
  return log_impl::make_window(std::move(window), state.last_given_in(p));
}

void log::discard_heals(partition_t p) {
  const std::lock_guard lock{impl_->state.mutex};
  impl_->state.windows.discard(p);
}

heal_result log::append_heal(heal_window window, change::record heal) {
  heal_result result;
  request::append_heal request;
  request.opened_at = window.opened_at();
  request.window = log_impl::release(window);
  if (!request.window) {
    result.error = "the window was used before";
    return result;
  }
  // Neither changes while the window lives.
  const auto& of = *request.window;
  bool fits = tables_fit(heal) && heal.partition == of.partition;
  for (const auto& c : heal.changes) fits = fits && heal.tables[c.table] == of.table;
  if (!fits) {
    result.error = "a heal may change no other table than its window's";
    return result;
  }
  heal.kind = change::record_kind::heal;
  request.encoded = change::encode_record(heal);
  request.record = std::move(heal);
  std::promise<heal_result> answered;
  request.done = [&answered](heal_result r) { answered.set_value(std::move(r)); };
  impl_->writes.submit(std::move(request));
  return answered.get_future().get();
}

void log::set_proven(partition_t p, seq_t through) {
  {
    const std::lock_guard lock{impl_->state.mutex};
    auto& proven = impl_->state.proven[p];
    if (through <= proven) return;
    proven = through;
  }
  impl_->writes.submit(request::set_proven{p, through});
}

std::uint64_t log::disk_bytes() const {
  return impl_->files->disk_bytes();
}

}  // namespace pgtandem::outbox
