// PostgreSQL as the oracle: keys that are read out of random data are those that COPY reads. PGTANDEM_SEED=N
// runs that seed again, PGTANDEM_RUNS=N another number of data.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "protocol/client/connection.h"
#include "protocol/copy/copied_keys.h"
#include "tests/support/pg_cluster.h"

namespace pgtandem::copy {
namespace {

unsigned from_environment(const char* name, unsigned otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : static_cast<unsigned>(std::strtoul(value, nullptr, 10));
}

struct data {
  format as;
  std::string options;
  std::string bytes;
};

class generator {
 public:
  explicit generator(unsigned seed) : random_(seed) {}

  data next() {
    data d;
    if (below(2) == 0) d.as = {.layout = layout::csv, .delimiter = ',', .null = ""};
    const bool csv = d.as.layout == layout::csv;
    if (below(3) == 0) d.as.delimiter = '|';
    if (below(3) == 0) d.as.null = csv ? "a" : "b1";
    if (csv && below(3) == 0) d.as.quote = d.as.escape = '\'';
    if (csv && below(3) == 0) d.as.escape = '\\';
    d.as.header = below(4) == 0;
    d.options = options_of(d.as);
    const std::string end = below(4) == 0 ? "\r\n" : "\n";
    for (std::size_t rows = below(5); rows > 0; --rows) {
      add_field(d);
      d.bytes += d.as.delimiter;
      add_field(d);
      if (rows > 1 || below(3) > 0) d.bytes += end;
    }
    if (below(8) == 0) d.bytes += "\\.\n" + std::string(below(2), 'x');
    return d;
  }

 private:
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }

  static std::string options_of(const format& f) {
    const auto quoted = [](std::string text) { return text == "'" ? "''''" : "'" + text + "'"; };
    std::string options = "DELIMITER " + quoted({f.delimiter}) + ", NULL " + quoted(f.null);
    if (f.layout == layout::csv)
      options += ", FORMAT csv, QUOTE " + quoted({f.quote}) + ", ESCAPE " + quoted({f.escape});
    return options + (f.header ? ", HEADER" : "");
  }

  // Mostly what is allowed there.
  void add_field(data& d) {
    const bool csv = d.as.layout == layout::csv;
    const bool in_quotes = csv && below(2) == 0;
    if (in_quotes) d.bytes += d.as.quote;
    for (std::size_t n = below(6); n > 0; --n) {
      const std::string_view usual = "aab1x07N.";
      const std::string_view special = "\\\n\r\",|'\t\\";
      const char c = below(4) > 0 ? usual[below(usual.size())] : special[below(special.size())];
      const bool careful = below(12) > 0;
      const bool ends = c == '\n' || c == '\r' || c == d.as.delimiter;
      if (careful && in_quotes && (c == d.as.quote || c == d.as.escape)) d.bytes += d.as.escape;
      if (careful && csv && !in_quotes && (ends || c == d.as.quote)) continue;
      if (careful && !csv && ends) d.bytes += '\\';
      d.bytes += c;
      if (!csv && c == '\\') d.bytes += "ntbrfvx\\1.N0"[below(12)];
    }
    if (in_quotes) d.bytes += d.as.quote;
  }

  std::mt19937 random_;
};

class copied_keys_by_legacy : public testing::Test {
 protected:
  copied_keys_by_legacy()
      : c_(test_support::shared_cluster().conninfo(test_support::shared_cluster().fresh_database())),
        path_(std::filesystem::temp_directory_path() /
              ("pgtandem-copy-" + std::to_string(c_.backend_pid()))) {
    c_.query_simple("CREATE TEMP TABLE t (a text, b text, n serial)");
  }
  ~copied_keys_by_legacy() override { std::filesystem::remove(path_); }

  // False: legacy refuses the data.
  bool copy(const data& d) {
    std::ofstream(path_, std::ios::binary) << d.bytes;
    std::filesystem::permissions(path_, std::filesystem::perms{0644});
    c_.query_simple("TRUNCATE t");
    try {
      c_.query_simple("COPY t (a, b) FROM '" + path_.string() + "' (" + d.options + ")");
    } catch (const client::pg_error&) {
      return false;
    }
    return true;
  }
  // Those in `array`, in order and no others.
  bool has_keys(const std::string& array) {
    return c_
        .query("SELECT $1::text[] = COALESCE(array_agg(a ORDER BY n), '{}') FROM t",
               {std::string_view(array)})
        .boolean(0, 0);
  }

  client::connection c_;
  std::filesystem::path path_;
};

TEST_F(copied_keys_by_legacy, are_the_same) {
  const unsigned seed = from_environment("PGTANDEM_SEED", std::random_device{}());
  const unsigned runs = from_environment("PGTANDEM_RUNS", 1000);
  std::cout << "PGTANDEM_SEED=" << seed << '\n';
  generator random(seed);
  unsigned known = 0;
  for (unsigned run = 0; run < runs; ++run) {
    const data d = random.next();
    if (!copy(d)) continue;
    copied_keys keys(d.as, 2, {{0}}, 1000);
    for (std::size_t at = 0; at < d.bytes.size(); at += 3) keys.read(std::string_view(d.bytes).substr(at, 3));
    const auto found = keys.finish();
    if (!found) continue;
    ++known;
    ASSERT_TRUE(has_keys(found->keys.at(0))) << d.options << "\n" << d.bytes << "\n" << found->keys[0];
  }
  std::cout << known << " of " << runs << " are known\n";
  EXPECT_GT(known, runs / 20);
}

}  // namespace
}  // namespace pgtandem::copy
