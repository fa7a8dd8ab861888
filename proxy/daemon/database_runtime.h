// Everything that runs for one configured database: catalog watch, relay, healer, settler, and the door
// through which sessions reach the outbox. start() and stop() from one thread; the rest is thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "outbox/log/log.h"
#include "outbox/relay/legacy_life.h"
#include "outbox/relay/relay.h"
#include "proxy/admin/admin_server.h"
#include "proxy/config/config.h"
#include "proxy/daemon/catalog_watch.h"
#include "proxy/daemon/commit_guard.h"
#include "proxy/daemon/degraded_bit.h"
#include "proxy/daemon/mark_ripener.h"
#include "proxy/daemon/mirrored_file.h"
#include "proxy/net/session_host.h"
#include "reconciler/heal/healer.h"
#include "reconciler/settle/settler.h"

namespace pgtandem::proxy {

class database_runtime : public session_host {
 public:
  database_runtime(const database_config& database, const config& all, outbox::log& log);
  ~database_runtime() override;

  // False: `give_up` said so before legacy was reached.
  bool start(const std::function<bool()>& give_up);
  void stop();

  [[nodiscard]] database_status status() const;
  [[nodiscard]] fence_reply fence() const;
  [[nodiscard]] heal_reply heal(const heal_request& request);

  // session_host
  [[nodiscard]] const client::endpoint& legacy() const override { return legacy_; }
  [[nodiscard]] session_environment environment() override;
  void prepare(change::record record, std::function<void(prepare_outcome)> done) override;
  void decide(seq_t seq, bool committed) override;
  void in_doubt(seq_t seq) override;
  void add_marks(std::vector<change::mark> marks,
                 std::function<void(std::vector<std::uint64_t>, std::string)> done) override;
  void ripen(std::vector<std::uint64_t> marks) override;
  void orphan(std::vector<std::uint64_t> marks, std::uint32_t backend_pid) override;
  void refresh_catalog() override { catalog_.refresh(); }
  void session_opened() override { ++sessions_; }
  void session_closed() override { --sessions_; }

 private:
  // Marks all of these durably; unripe until everything that runs on legacy now has ended.
  bool mark_tables(const std::vector<change::table_name>& tables, const std::string& reason);
  bool mark_every_table(const std::string& reason);
  void on_catalog(const mirrored_catalog& catalog);
  void on_target(client::connection& target);
  void watch_life(const std::stop_token& stop);

  const database_config config_;
  outbox::log& log_;
  const partition_t partition_;
  const client::endpoint legacy_;
  mirrored_file mirrored_file_;
  degraded_bit degraded_bit_;
  outbox::legacy_life life_;
  mark_ripener ripener_;
  catalog_watch catalog_;
  commit_guard guard_;
  outbox::relay relay_;
  reconciler::healer healer_;
  reconciler::settler settler_;
  std::jthread life_watch_;
  std::atomic<std::uint64_t> sessions_ = 0;
  std::atomic<std::uint64_t> transactions_ = 0;
  std::atomic<std::uint64_t> images_ = 0;
  std::atomic<std::uint64_t> marks_made_ = 0;
};

}  // namespace pgtandem::proxy
