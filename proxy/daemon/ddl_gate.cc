#include "proxy/daemon/ddl_gate.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <set>

namespace pgtandem::proxy {
namespace {

using namespace std::chrono_literals;
// How long a look at the catalogs is waited for before legacy is asked again; it also ends when the look
// does.
constexpr auto look_takes = 2s;

}  // namespace

ddl_gate::ddl_gate(ddl_gate_options options) : options_(std::move(options)), probe_(options_.legacy) {}

void ddl_gate::learn(const catalog_view& view, const known_tables& known,
                     const std::vector<std::string>& in_the_way) {
  const std::lock_guard lock(mutex_);
  tables_.clear();
  for (const catalog::relation& r : view.mirrored->relations())
    tables_[r.name] = {r.oid, r.shape, known.at(r.name).valid_after};
  std::string reason = fmt::format("{}", fmt::join(in_the_way, ". "));
  if (reason != waiting_for_) {
    if (reason.empty())
      spdlog::info("{}: altered tables fit the target again", options_.database);
    else
      spdlog::error("{}: nothing is applied, a person is needed: {}", options_.database, reason);
  }
  waiting_for_ = std::move(reason);
  ++looks_;
  learnt_.notify_all();
}

bool ddl_gate::examine(std::vector<outbox::stored_record>& records, bool refused,
                       const std::stop_token& stop) {
  for (;;) {
    std::uint64_t seen = 0;
    bool open = false;
    {
      const std::lock_guard lock(mutex_);
      seen = looks_;
      open = waiting_for_.empty();
    }
    if (open && !refused && shapes_hold(records)) break;
    refused = false;
    options_.look_again();
    std::unique_lock lock(mutex_);
    // Once what is in the way is known, another look at once would find the same.
    learnt_.wait_for(lock, stop, look_takes, [&] { return open ? looks_ > seen : waiting_for_.empty(); });
    if (stop.stop_requested()) return false;
  }
  pass_over(records);
  return true;
}

bool ddl_gate::shapes_hold(const std::vector<outbox::stored_record>& records) {
  catalog::shapes known;
  {
    std::set<change::table_name> names;
    for (const auto& r : records) names.insert(r.record.tables.begin(), r.record.tables.end());
    const std::lock_guard lock(mutex_);
    for (const auto& name : names) {
      const auto it = tables_.find(name);
      if (it != tables_.end()) known[it->second.oid] = {name, it->second.shape};
    }
  }
  if (known.empty()) return true;
  const auto altered = probe_.altered(known);
  if (!altered) spdlog::debug("{}: legacy does not say whether tables were altered", options_.database);
  return !altered.value_or(false);
}

void ddl_gate::pass_over(std::vector<outbox::stored_record>& records) const {
  const std::lock_guard lock(mutex_);
  for (outbox::stored_record& r : records) {
    for (std::uint32_t i = 0; i < r.record.tables.size(); ++i) {
      const auto it = tables_.find(r.record.tables[i]);
      if (it == tables_.end() || r.seq <= it->second.valid_after) r.passed_over.insert(i);
    }
  }
}

std::string ddl_gate::waiting_for() const {
  const std::lock_guard lock(mutex_);
  return waiting_for_;
}

}  // namespace pgtandem::proxy
