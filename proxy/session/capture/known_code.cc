#include "proxy/session/capture/known_code.h"

#include <algorithm>
#include <array>

#include "protocol/planted_bug.h"

namespace pgtandem::proxy {
namespace {

using catalog::user_code;

bool any_of(const std::vector<std::string>& used, const user_code::names& suspect) {
  return !suspect.empty() && std::any_of(used.begin(), used.end(),
                                         [&](const std::string& name) { return suspect.contains(name); });
}

// These make values of a type that only their argument names.
bool makes_rows(const sql::used_names& uses) {
  constexpr std::array<std::string_view, 4> makers{"json_populate_record", "json_populate_recordset",
                                                   "jsonb_populate_record", "jsonb_populate_recordset"};
  return std::any_of(makers.begin(), makers.end(), [&](std::string_view name) {
    return std::binary_search(uses.functions.begin(), uses.functions.end(), name);
  });
}

bool reaches(const user_code& code, const sql::used_names& uses) {
  return code.anywhere || any_of(uses.functions, code.functions) || any_of(uses.fields, code.functions) ||
         any_of(uses.row_fields, code.row_functions) || any_of(uses.operators, code.operators) ||
         any_of(uses.types, code.types) || any_of(uses.relations, code.relations) ||
         (!code.types.empty() && makes_rows(uses));
}

}  // namespace

known_code::definition::definition(known_code& code) : code_(code) {
  const std::lock_guard lock(code_.mutex_);
  was_known_ = code_.known();
  ++code_.open_;
  version_ = ++code_.version_;
}

known_code::definition::~definition() {
  const std::lock_guard lock(code_.mutex_);
  --code_.open_;
  if (refused_ && !ran_ && was_known_ && code_.version_ == version_) {
    code_.learned_version_ = version_;
    return;
  }
  ++code_.version_;
  code_.changed_.notify_all();
}

bool known_code::may_run(const sql::used_names& uses) const {
  if (planted(planted_bug::function_taken_for_harmless)) return false;
  const std::lock_guard lock(mutex_);
  return !known() || reaches(code_, uses);
}

bool known_code::may_run_when_written(oid_t table) const {
  const std::lock_guard lock(mutex_);
  return !known() || code_.anywhere || code_.written.contains(table);
}

void known_code::redefined() {
  const std::lock_guard lock(mutex_);
  ++version_;
  changed_.notify_all();
}

std::vector<std::uint32_t> known_code::announced() const {
  const std::lock_guard lock(mutex_);
  return {announced_.begin(), announced_.end()};
}

// One that is forgotten counts as unseen, which costs marks.
void known_code::announce(xid_t xid) {
  constexpr std::size_t enough = 1000;
  const std::lock_guard lock(mutex_);
  announced_.push_back(static_cast<std::uint32_t>(xid.value));
  if (announced_.size() > enough) announced_.pop_front();
}

void known_code::learn(catalog::user_code code, std::uint64_t as_of) {
  const std::lock_guard lock(mutex_);
  code_ = std::move(code);
  learned_version_ = as_of;
}

bool known_code::wait_until_wanted(const std::stop_token& stop, std::chrono::milliseconds longest) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, longest, [this] { return open_ == 0 && learned_version_ != version_; });
  return !stop.stop_requested();
}

}  // namespace pgtandem::proxy
