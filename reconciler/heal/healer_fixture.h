// For tests: a healer between the two servers of pair_fixture.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "reconciler/heal/healer.h"
#include "reconciler/server/pair_fixture.h"

namespace pgtandem::reconciler {

class healer_fixture : public pair_fixture {
 protected:
  void start(std::uint32_t rows_per_window = 2000) {
    start_mirror();
    start_healer(rows_per_window);
  }
  void start_healer(std::uint32_t rows_per_window = 2000,
                    std::chrono::milliseconds pause = std::chrono::milliseconds(0)) {
    healer_options options;
    options.legacy = legacy_conninfo_;
    options.target = target_conninfo_;
    options.partition = partition_;
    options.filter = {{"public.*"}, {"public.excluded"}};
    options.rows_per_window = rows_per_window;
    options.pause = pause;
    options.applied = [this] {
      if (before_fence_) std::exchange(before_fence_, nullptr)();
      return applied();
    };
    healer_ = std::make_unique<healer>(*log_, *life_, std::move(options));
    healer_->start();
  }
  ~healer_fixture() override {
    healer_.reset();  // before the log
  }
  [[nodiscard]] std::string state() const {
    std::string text =
        fmt::format("error '{}', applied {} of {}, undecided {}, ", healer_->error(), applied().value,
                    log_->last_prepared(partition_).value, log_->undecided(partition_));
    for (const heal_progress& p : healer_->progress()) {
      text += fmt::format("{} read {} written {} running {}, ", p.table.name, p.rows_read, p.rows_written,
                          p.running);
    }
    return text + fmt::format("{} marks", log_->marks(partition_).size());
  }
  void wait_until_healed() {
    ASSERT_TRUE(eventually([&] { return log_->marks(partition_).empty(); })) << state();
    ASSERT_TRUE(eventually([&] { return applied() >= log_->last_prepared(partition_); }));
  }
  [[nodiscard]] heal_progress progress_of(const std::string& table) const {
    for (const heal_progress& p : healer_->progress()) {
      if (p.table.name == table) return p;
    }
    return {};
  }
  // Whether somebody waits for a lock on a table of legacy.
  [[nodiscard]] bool somebody_waits_for(const std::string& table) {
    return on_legacy("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '" + table +
                     "'::regclass") != "0";
  }
  std::function<void()>
      before_fence_;  // runs once, on the healer's thread, when all blocks of legacy are read
  std::unique_ptr<healer> healer_;
};

}  // namespace pgtandem::reconciler
