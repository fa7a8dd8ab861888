// For tests: a database on each of the two shared clusters, a log, and a mirror that applies it.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "outbox/log/log.h"
#include "outbox/relay/legacy_life.h"
#include "protocol/catalog/relation.h"
#include "protocol/client/connection.h"

namespace pgtandem::reconciler {

class pair_fixture : public ::testing::Test {
 protected:
  pair_fixture();
  ~pair_fixture() override;

  // The same statements on both sides.
  void on_both(const std::string& sql);
  [[nodiscard]] std::string on_legacy(const std::string& sql) { return value_of(*legacy_, sql); }
  [[nodiscard]] std::string on_target(const std::string& sql) { return value_of(*target_, sql); }
  // The rows of a table as one text, ordered; equal exactly if the tables are.
  [[nodiscard]] static std::string contents(client::connection& c, const std::string& table);
  void expect_equal(const std::string& table);

  // Adds a ripe mark and waits until it is durable.
  outbox::mark_id mark_table(const std::string& table);
  outbox::mark_id mark_keys(const std::string& table, std::vector<std::string> keys);
  // A record of one transaction on `table` in schema public, durable and undecided.
  seq_t prepare(const std::string& table, std::vector<change::row_change> changes, std::uint32_t pid = 0,
                xid_t xid = {});

  // Applies what the log has to the target, one row after the other, from now on.
  void start_mirror();
  // As a restart of the daemon: stops the mirror, which then has to be started again, and opens the log anew.
  void reopen_log();
  [[nodiscard]] seq_t applied() const { return seq_t(applied_.load()); }

  static std::string value_of(client::connection& c, const std::string& sql);
  // Polls until the condition holds; false after a time that no healthy run takes.
  static bool eventually(const std::function<bool()>& condition,
                         std::chrono::milliseconds within = std::chrono::seconds(60));

  std::string legacy_conninfo_;
  std::string target_conninfo_;
  std::unique_ptr<client::connection> legacy_;
  std::unique_ptr<client::connection> target_;
  std::filesystem::path directory_;
  std::unique_ptr<outbox::log> log_;
  partition_t partition_;
  std::unique_ptr<outbox::legacy_life> life_;

 private:
  outbox::mark_id add_mark(change::mark mark);
  void mirror(std::stop_token stop);
  void apply(client::connection& c, const change::record& r);
  const catalog::relation& relation_of(client::connection& c, const change::table_name& table);

  std::atomic<std::uint64_t> applied_{0};
  std::map<change::table_name, catalog::relation> relations_;  // the mirror's
  std::jthread mirror_;
};

}  // namespace pgtandem::reconciler
