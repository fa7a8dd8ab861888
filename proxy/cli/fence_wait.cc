#include "proxy/cli/fence_wait.h"

#include <algorithm>
#include <optional>

#include "proxy/cli/exit_codes.h"
#include "proxy/cli/status_text.h"

namespace pgtandem::proxy {
namespace {

// A row may be refused because of another that is on its way: such trouble ends by itself.
constexpr std::uint64_t patient_attempts = 2;

std::vector<const mark_status*> open_marks(const database_status& d, const fence_reply& fence) {
  std::vector<const mark_status*> r;
  for (const mark_status& m : d.marks)
    if (std::find(fence.marks.begin(), fence.marks.end(), m.id) != fence.marks.end()) r.push_back(&m);
  return r;
}

// What was refused up to the fence, most attempts first.
const parked_status* parked_before(const database_status& d, const fence_reply& fence) {
  const parked_status* worst = nullptr;
  for (const parked_status& p : d.parked)
    if (p.seq <= fence.seq && (worst == nullptr || p.attempts > worst->attempts)) worst = &p;
  return worst;
}

// What stands between the target and the fence.
std::string missing(const database_status& d, const fence_reply& fence) {
  std::string r = d.name + ":";
  if (d.applied < fence.seq)
    r += " applied " + std::to_string(d.applied) + " of " + std::to_string(fence.seq);
  const auto marks = open_marks(d, fence);
  if (!marks.empty()) {
    r += (d.applied < fence.seq ? "," : "") + std::string(" ") + std::to_string(marks.size()) +
         (marks.size() == 1 ? " mark open (" : " marks open (first: ") + marks.front()->table + ", " +
         marks.front()->reason + ")";
  }
  if (!d.target_connected) r += "; the target is not connected";
  if (!d.error.empty()) r += "; " + d.error;
  return r;
}

// One look; nullopt: not yet, `why` says what is missing.
std::optional<fence_verdict> look(const daemon_status& s, const std::string& database,
                                  const fence_reply& fence, std::string& why) {
  const database_status* d = find_database(s, database);
  if (d == nullptr)
    return fence_verdict{fence_outcome::unknown,
                         database + ": the daemon does not serve it; restart it with this configuration"};
  if (d->degraded)
    return fence_verdict{fence_outcome::unknown,
                         database +
                             ": degraded, commits go without records; free the outbox's disk, see its log" +
                             (d->error.empty() ? "" : ": " + d->error)};
  const bool applied = d->applied >= fence.seq && open_marks(*d, fence).empty();
  const parked_status* parked = parked_before(*d, fence);
  if (applied && parked == nullptr)
    return fence_verdict{fence_outcome::passed, database + ": applied up to " + std::to_string(fence.seq)};
  why = missing(*d, fence);
  if (applied) {
    why += " the target refuses a row of " + parked->table + " [" + parked->sqlstate + "]";
    if (parked->attempts > patient_attempts)
      return fence_verdict{fence_outcome::parked, why + "; see `pgtandem parked list`"};
  }
  if (d->halted) return fence_verdict{fence_outcome::halted, why + "; " + halted_text(*d)};
  return std::nullopt;
}

}  // namespace

fence_verdict wait_for_fence(daemon_api& daemon, const std::string& database, const fence_reply& fence,
                             pacer& pace) {
  std::string outbox_id;
  std::string why;
  bool answered = false;
  do {
    try {
      const daemon_status s = daemon.status();
      answered = true;
      if (outbox_id.empty()) outbox_id = s.outbox_id;
      if (s.outbox_id != outbox_id)
        return {fence_outcome::unknown,
                database + ": the outbox was replaced while waiting; run the command again"};
      if (auto verdict = look(s, database, fence, why)) return *verdict;
    } catch (const admin_error& e) {
      answered = false;
      why = database + ": " + e.what();
    }
  } while (pace.pause());
  return {answered ? fence_outcome::timed_out : fence_outcome::unknown, "timed out; " + why};
}

fence_verdict wait_until_applied(daemon_api& daemon, const std::string& database, const fence_reply& fence,
                                 pacer& pace) {
  fence_verdict verdict = wait_for_fence(daemon, database, fence, pace);
  if (verdict.outcome != fence_outcome::passed || fence.marks.empty()) return verdict;
  do {
    try {
      return wait_for_fence(daemon, database, {daemon.fence(database).seq, {}}, pace);
    } catch (const admin_error& e) {
      verdict = {fence_outcome::unknown, database + ": " + e.what()};
    }
  } while (pace.pause());
  return verdict;
}

int exit_code_of(fence_outcome outcome) {
  if (outcome == fence_outcome::passed) return exit_code::ok;
  const bool no = outcome == fence_outcome::halted || outcome == fence_outcome::parked;
  return no ? exit_code::no : exit_code::cannot_tell;
}

const database_status* find_database(const daemon_status& s, const std::string& name) {
  for (const database_status& d : s.databases)
    if (d.name == name) return &d;
  return nullptr;
}

}  // namespace pgtandem::proxy
