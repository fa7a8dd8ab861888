// Shared by the applier's tests: a database of its own per test, records written by hand.
#pragma once

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "outbox/applier/applier.h"
#include "outbox/applier/record_builder.h"
#include "protocol/client/connection.h"
#include "tests/support/pg_cluster.h"

namespace pgtandem::outbox {

class applier_test : public testing::Test {
 protected:
  explicit applier_test(test_support::pg_cluster& cluster = test_support::shared_cluster())
      : cluster_(cluster), database_(cluster.fresh_database()) {}

  applier_options options() {
    return {cluster_.conninfo(database_), "6ba7b810-9dad-11d1-80b4-00c04fd430c8", partition_t{1}, "app"};
  }
  // A fresh applier that has taken over.
  std::unique_ptr<applier> started() {
    auto a = std::make_unique<applier>(options());
    EXPECT_TRUE(a->start(stop_.get_token()));
    return a;
  }
  bool apply(applier& a, const std::vector<stored_record>& records) {
    return a.apply(records, records.back().seq, stop_.get_token());
  }
  client::connection connect() { return client::connection(cluster_.conninfo(database_)); }
  void execute(const std::string& sql) { cluster_.execute(database_, sql); }
  // Rows as "a|b c|d".
  std::string rows(const std::string& sql) {
    auto c = connect();
    const auto r = c.query_simple(sql);
    std::string out;
    for (int i = 0; i < r.rows(); ++i) {
      if (i > 0) out += ' ';
      for (int j = 0; j < r.columns(); ++j) {
        if (j > 0) out += '|';
        out += r.is_null(i, j) ? "NULL" : std::string(r.at(i, j));
      }
    }
    return out;
  }
  std::string hwm() { return rows("SELECT hwm FROM pgtandem.watermark"); }

  static std::string key(int id) { return fmt::format(R"({{"id":{}}})", id); }
  static std::string image(int id, const std::string& v) {
    return fmt::format(R"({{"id":{},"v":"{}"}})", id, v);
  }

  test_support::pg_cluster& cluster_;
  std::string database_;
  std::stop_source stop_;
};

}  // namespace pgtandem::outbox
