#include "reconciler/heal/parked_retry.h"

#include <algorithm>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "reconciler/heal/retry_schedule.h"

namespace pgtandem::reconciler {

namespace {

constexpr std::chrono::milliseconds look_again{200};

std::vector<change::mark> marks_of(const std::vector<outbox::parked_key>& due) {
  std::map<change::table_name, std::set<std::string>> keys;
  for (const auto& p : due) {
    keys[p.table].insert(p.key);
    if (!p.in_the_way.empty()) keys[p.table].insert(p.in_the_way);
  }
  std::vector<change::mark> marks;
  for (const auto& [table, of_table] : keys) {
    marks.push_back({table,
                     change::mark_scope::keys,
                     {of_table.begin(), of_table.end()},
                     "parked: the target refused a row"});
  }
  return marks;
}

}  // namespace

struct parked_retry::impl {
  outbox::log& log;
  const partition_t partition;
  const std::function<std::vector<outbox::parked_key>()> parked;

  std::mutex mutex;
  std::condition_variable_any wake;
  bool hurry = false;
  std::vector<outbox::mark_id> asked;  // the thread's own
  retry_schedule schedule;
  std::jthread thread;

  void run(const std::stop_token& stop);
  void look();
  [[nodiscard]] bool last_ones_are_open() const;
};

bool parked_retry::impl::last_ones_are_open() const {
  if (asked.empty()) return false;
  const auto open = log.marks(partition);
  return std::ranges::any_of(open,
                             [&](const auto& m) { return std::ranges::find(asked, m.id) != asked.end(); });
}

void parked_retry::impl::look() {
  const auto now = parked();
  // Heals that do not get through are not asked for twice.
  if (now.empty() || last_ones_are_open()) return;
  auto marks = marks_of(schedule.due(now, retry_schedule::clock::now()));
  if (marks.empty()) return;
  std::promise<std::vector<outbox::mark_id>> answered;
  log.add_marks(partition, std::move(marks), std::nullopt,
                [&](std::vector<outbox::mark_id> ids, const std::optional<outbox::log_error>&) {
                  answered.set_value(std::move(ids));
                });
  asked = answered.get_future().get();
}

void parked_retry::impl::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    look();
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, look_again, [this] { return hurry; });
    if (std::exchange(hurry, false)) schedule.hasten();
  }
}

parked_retry::parked_retry(outbox::log& log, partition_t partition,
                           std::function<std::vector<outbox::parked_key>()> parked)
    : impl_(new impl{log, partition, std::move(parked), {}, {}, false, {}, {}, {}}) {}

parked_retry::~parked_retry() {
  stop();
}

void parked_retry::start() {
  impl_->thread = std::jthread([impl = impl_.get()](const std::stop_token& stop) { impl->run(stop); });
}

void parked_retry::stop() {
  if (!impl_->thread.joinable()) return;
  impl_->thread.request_stop();
  impl_->thread.join();
}

void parked_retry::hasten() {
  const std::lock_guard lock(impl_->mutex);
  impl_->hurry = true;
  impl_->wake.notify_all();
}

}  // namespace pgtandem::reconciler
