// Compares one table on both sides in three passes: checksums per bucket of keys, the keys in buckets that
// differ, and each such key confirmed against a fence. Blocking; the two servers are read at the same time.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "protocol/catalog/relation.h"
#include "reconciler/compare/buckets.h"
#include "reconciler/compare/confirm.h"
#include "reconciler/compare/drift_report.h"
#include "reconciler/compare/row_hash.h"
#include "reconciler/server/server_link.h"

namespace pgtandem::reconciler {

struct compare_limits {
  std::size_t shown_rows = 100;
  std::size_t confirmed_rows = 100'000;  // more than that: the rest is not looked at any more
  std::size_t rows_in_memory = 200'000;  // keys and hashes of a group of buckets
  std::size_t keys_per_confirmation = 1000;
  unsigned confirmation_rounds = 5;
};

// The hash that both servers compute alike.
[[nodiscard]] hash_form agree_on_hash(client::connection& legacy, client::connection& target);

class table_compare {
 public:
  // All references must outlive the object.
  table_compare(server_link& legacy, server_link& target, const drift_options& options, const hash_form& form,
                const catalog::relation& legacy_table, const catalog::relation& target_table,
                compare_limits limits = {});
  // Adds what it finds to `report`. Throws client::pg_error and std::runtime_error: nothing can be said then.
  void run(table_report& report);

 private:
  struct side {
    server_link& server;
    const catalog::relation& relation;  // as that server has it: what to read FROM
    std::vector<std::string> equalities;
  };
  struct key_hashes {
    std::string legacy;  // empty: no such row
    std::string target;
  };
  using key_map = std::unordered_map<std::string, key_hashes>;

  [[nodiscard]] bucket_sums sums(side& s) const;
  [[nodiscard]] key_map keys_of(const std::vector<std::uint32_t>& group);
  void fetch_keys(side& s, const std::string& bitmap, key_map& into, std::string key_hashes::*member) const;
  [[nodiscard]] std::vector<row_state> states(side& s, const std::vector<std::string>& keys) const;
  // Per key the shown text of all columns; empty where there is no such row.
  [[nodiscard]] std::vector<std::vector<std::optional<std::string>>> shown(
      side& s, const std::vector<std::string>& keys) const;
  // false: enough differences are known.
  bool confirm_keys(const std::vector<std::string>& keys, table_report& report);
  void show(const std::vector<std::string>& keys, const std::vector<row_verdict>& verdicts,
            table_report& report);

  const drift_options& options_;
  const hash_form& form_;
  const compare_limits limits_;
  const catalog::relation& table_;  // legacy's: columns, key
  side legacy_;
  side target_;
  std::uint32_t buckets_ = 0;
  std::uint64_t in_flight_ = 0;
};

}  // namespace pgtandem::reconciler
