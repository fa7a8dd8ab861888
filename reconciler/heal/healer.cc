#include "reconciler/heal/healer.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <random>
#include <stdexcept>
#include <thread>

#include "protocol/catalog/image_sql.h"
#include "protocol/planted_bug.h"
#include "reconciler/heal/mark_queue.h"
#include "reconciler/heal/table_heal.h"
#include "reconciler/server/backoff.h"
#include "reconciler/server/server_link.h"

namespace pgtandem::reconciler {

namespace {

using clock_type = std::chrono::steady_clock;
constexpr std::chrono::milliseconds look_for_marks{100};  // while heals are under way

}  // namespace

struct healer::impl {
  impl(outbox::log& l, outbox::legacy_life& f, healer_options o)
      : log(l), life(f), options(std::move(o)), legacy(options.legacy), target(options.target) {}

  // A heal under way and when its next step is due.
  struct entry {
    table_heal heal;
    clock_type::time_point due;
    unsigned failures = 0;  // in a row
  };

  void run(std::stop_token stop);
  void begin(const std::stop_token& stop);
  // Sees which marks there are. With no heal under way this is where the thread waits.
  void look(const std::stop_token& stop);
  void wait(std::stop_token stop, clock_type::time_point until);
  std::vector<std::unique_ptr<entry>>::iterator choose(clock_type::time_point now);
  // true: the heal is finished and gone.
  bool step(entry& e, const std::stop_token& stop);
  void trouble(entry& e, const std::string& text, const std::stop_token& stop);
  void publish(table_heal& heal);

  outbox::log& log;
  outbox::legacy_life& life;
  const healer_options options;
  server_link legacy;
  server_link target;
  std::map<change::table_name, catalog::relation> verified;
  mark_queue queue;
  std::vector<std::unique_ptr<entry>> entries;
  std::mt19937 random{std::random_device{}()};
  clock_type::time_point looked_at{};

  mutable std::mutex mutex;  // guards what follows
  std::map<change::table_name, heal_progress> progress;
  std::string general_error;
  std::condition_variable_any wake;
  std::jthread thread;
};

// One entry for each table. A heal of keys does not take the place of what is known of the pass over their
// table.
void healer::impl::publish(table_heal& heal) {
  heal_progress p = heal.progress();
  for (const auto& e : entries) {
    heal_progress& other = e->heal.progress();
    p.running = p.running || (other.table == p.table && other.running);
  }
  const std::scoped_lock lock(mutex);
  heal_progress& shown = progress[p.table];
  if (heal.work().scope == change::mark_scope::keys && p.pass_rows + p.pass_estimate == 0) {
    p.pass_rows = shown.pass_rows;
    p.pass_estimate = shown.pass_estimate;
    p.pass_resumed = shown.pass_resumed;
  }
  shown = std::move(p);
}

// Marks that nobody works on yet become heals.
void healer::impl::begin(const std::stop_token& stop) {
  for (heal_work& work : queue.take()) {
    log.begin_heal(work.marks);
    heal_log to{log, life, options.partition, stop};
    table_heal heal(std::move(to), {legacy, target, options, verified}, std::move(work));
    publish(heal);
    entries.push_back(std::make_unique<entry>(entry{std::move(heal), clock_type::now(), 0}));
  }
}

void healer::impl::look(const std::stop_token& stop) {
  if (planted(planted_bug::healer_off)) return wait(stop, clock_type::now() + look_for_marks);
  begin(stop);  // marks that waited for a heal that has just finished
  if (entries.empty()) {
    queue.offer(log.wait_ripe_marks(options.partition, queue.known(), stop));
  } else if (const auto now = clock_type::now(); now - looked_at >= look_for_marks) {
    looked_at = now;
    queue.offer(log.marks(options.partition));
  }
  begin(stop);
}

void healer::impl::wait(std::stop_token stop, clock_type::time_point until) {
  std::unique_lock lock(mutex);
  wake.wait_until(lock, stop, until, [] { return false; });
}

void healer::impl::trouble(entry& e, const std::string& text, const std::stop_token& stop) {
  if (stop.stop_requested()) return;
  const double jitter = std::uniform_real_distribution<double>(0.0, 1.0)(random);
  const auto delay = backoff_delay({}, e.failures++, jitter);
  e.due = clock_type::now() + delay;
  heal_progress& p = e.heal.progress();
  if (p.error != text) spdlog::warn("heal of {}: {}; trying again", catalog::qualified_name(p.table), text);
  p.error = text;
}

bool healer::impl::step(entry& e, const std::stop_token& stop) {
  bool finished = false;
  try {
    const step_result done = e.heal.step();
    if (done.finished) {
      log.clear_marks(e.heal.work().marks);
      queue.finish(e.heal.work());
      finished = true;
    }
    e.due = clock_type::now() + done.again_in;
    e.failures = 0;
    e.heal.progress().error.clear();
    e.heal.progress().running = !finished;
  } catch (const stop_requested&) {
    throw;
  } catch (const client::pg_error& error) {
    // Class 42: a table or column that was there is not; class 22: a key that its column's type cannot read.
    if (error.sqlstate().starts_with("42")) e.heal.start_over();
    if (error.sqlstate().starts_with("22")) e.heal.widen();
    std::string text = error_text(error);
    if (error.sqlstate() == "42501") text += " (`pgtandem check` says how to grant it)";
    trouble(e, text, stop);
  } catch (const table_changed& error) {
    e.heal.start_over();
    trouble(e, error.what(), stop);
  } catch (const std::exception& error) {
    trouble(e, error.what(), stop);
  }
  publish(e.heal);
  return finished;
}

// Of those that are due the one that began first: under thousands of marks heals are finished one after the
// other, where else none would be before all of them nearly are. One that reads for long pauses in between.
std::vector<std::unique_ptr<healer::impl::entry>>::iterator healer::impl::choose(clock_type::time_point now) {
  const auto due = std::ranges::find_if(entries, [&](const auto& e) { return e->due <= now; });
  return due != entries.end() ? due
                              : std::ranges::min_element(entries, {}, [](const auto& e) { return e->due; });
}

void healer::impl::run(std::stop_token stop) {
  unsigned failures = 0;
  while (!stop.stop_requested()) {
    try {
      if (log.failed()) throw std::runtime_error(log.failure());
      look(stop);
      const auto now = clock_type::now();
      const auto next = choose(now);
      if (next == entries.end()) continue;
      if ((*next)->due > now) {
        wait(stop, std::min((*next)->due, now + look_for_marks));
      } else if (step(**next, stop)) {
        entries.erase(next);
      }
      failures = 0;
      const std::scoped_lock lock(mutex);
      general_error.clear();
    } catch (const stop_requested&) {
      return;
    } catch (const std::exception& error) {
      {
        const std::scoped_lock lock(mutex);
        general_error = error.what();
      }
      spdlog::error("heal: {}; trying again", error.what());
      wait(stop, clock_type::now() + backoff_delay({}, failures++, 0.0));
    }
  }
}

healer::healer(outbox::log& log, outbox::legacy_life& legacy, healer_options options) {
  if (!options.applied) throw std::invalid_argument("healer_options::applied is required");
  impl_ = std::make_unique<impl>(log, legacy, std::move(options));
}

healer::~healer() {
  stop();
}

void healer::start() {
  if (impl_->thread.joinable()) return;
  impl_->thread = std::jthread([impl = impl_.get()](std::stop_token stop) {
    const std::stop_callback abandon(stop, [impl] {
      impl->legacy.abandon();
      impl->target.abandon();
    });
    impl->run(stop);
  });
}

void healer::stop() {
  if (!impl_->thread.joinable()) return;
  impl_->thread.request_stop();
  impl_->thread.join();
}

std::vector<heal_progress> healer::progress() const {
  const std::scoped_lock lock(impl_->mutex);
  std::vector<heal_progress> all;
  for (const auto& [table, p] : impl_->progress) all.push_back(p);
  return all;
}

std::string healer::error() const {
  const std::scoped_lock lock(impl_->mutex);
  if (!impl_->general_error.empty()) return impl_->general_error;
  for (const auto& [table, p] : impl_->progress) {
    if (!p.error.empty()) return p.error;
  }
  return {};
}

}  // namespace pgtandem::reconciler
