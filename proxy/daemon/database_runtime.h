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
#include "proxy/daemon/carrier_history.h"
#include "proxy/daemon/catalog_watch.h"
#include "proxy/daemon/code_watch.h"
#include "proxy/daemon/commit_guard.h"
#include "proxy/daemon/ddl_gate.h"
#include "proxy/daemon/degraded_bit.h"
#include "proxy/daemon/mark_ripener.h"
#include "proxy/daemon/mirrored_file.h"
#include "proxy/daemon/noted_file.h"
#include "proxy/daemon/table_history.h"
#include "proxy/net/session_host.h"
#include "reconciler/heal/healer.h"
#include "reconciler/heal/parked_retry.h"
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
  [[nodiscard]] retry_reply retry_parked();

  // session_host
  [[nodiscard]] const client::endpoint& legacy() const override { return legacy_; }
  [[nodiscard]] session_environment environment() override;
  void prepare(change::record record, std::function<void(prepare_outcome)> done) override;
  void stage(staged_chunk chunk, std::function<void(std::string)> done) override;
  void drop_staging(staging_t staging) override;
  void decide(seq_t seq, bool committed) override;
  void in_doubt(seq_t seq) override;
  void add_marks(mark_action action, std::uint32_t backend_pid,
                 std::function<void(std::vector<std::uint64_t>, std::string)> done) override;
  void ripen(ripen_action action) override;
  void orphan(std::vector<std::uint64_t> marks, std::uint32_t backend_pid) override;
  void session_opened() override { ++sessions_; }
  void session_closed() override { --sessions_; }

 private:
  // The same, of tables that were written by what is prepared by this name.
  void add_marks_of_prepared(mark_action action, std::uint32_t backend_pid,
                             std::function<void(std::vector<std::uint64_t>, std::string)> done);
  // Marks all of these durably; unripe until everything that runs on legacy now has ended.
  bool mark_tables(const std::vector<change::table_name>& tables, const std::string& reason);
  [[nodiscard]] std::vector<change::table_name> every_table() const;
  bool mark_every_table(const std::string& reason);
  bool on_look(const catalog_view& view);
  // Whether marks stand for what was carried elsewhere before anybody knew.
  bool mark_carried(const catalog_view& view);
  bool mark_made_past(const std::vector<change::table_name>& tables, const std::set<std::string>& objects);
  void on_target(client::connection& target);
  void watch_life(const std::stop_token& stop);

  const database_config config_;
  outbox::log& log_;
  const partition_t partition_;
  const std::size_t chunk_bytes_;
  const client::endpoint legacy_;
  mirrored_file mirrored_file_;
  noted_file carriers_file_;
  table_history history_;     // of the thread that looks at the catalogs
  carrier_history carriers_;  // the same
  degraded_bit degraded_bit_;
  outbox::legacy_life life_;
  mark_ripener ripener_;
  ddl_gate ddl_gate_;
  catalog_watch catalog_;
  code_watch code_;
  commit_guard guard_;
  outbox::relay relay_;
  reconciler::healer healer_;
  reconciler::parked_retry parked_retry_;
  reconciler::settler settler_;
  std::jthread life_watch_;
  std::atomic<std::uint64_t> sessions_ = 0;
  std::atomic<std::uint64_t> transactions_ = 0;
  std::atomic<std::uint64_t> images_ = 0;
  std::atomic<std::uint64_t> marks_made_ = 0;
};

}  // namespace pgtandem::proxy
