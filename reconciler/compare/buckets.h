// Which parts of a table to look at closely: pure arithmetic over per-bucket counts and checksums.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pgtandem::reconciler {

struct bucket_sum {
  std::uint64_t rows = 0;
  std::string sum;  // PostgreSQL's text of the numeric sum of row hashes
  friend bool operator==(const bucket_sum&, const bucket_sum&) = default;
};
using bucket_sums = std::map<std::uint32_t, bucket_sum>;

// About 500 rows a bucket, a power of two between 16 and 65,536.
[[nodiscard]] std::uint32_t bucket_count(double estimated_rows);

[[nodiscard]] std::uint64_t total_rows(const bucket_sums& sums);
// Sum over all buckets modulo 2^64, as 16 hexadecimal digits: does not depend on the number of buckets.
[[nodiscard]] std::string total_checksum(const bucket_sums& sums);

// Buckets that are not equal on both sides, in groups of at most `rows_per_group` rows, or of one bucket.
[[nodiscard]] std::vector<std::vector<std::uint32_t>> differing_groups(const bucket_sums& legacy,
                                                                       const bucket_sums& target,
                                                                       std::uint64_t rows_per_group);

// The members of a group as a bytea literal's text (\x..) with one bit a bucket, as get_bit() counts them.
[[nodiscard]] std::string bucket_bitmap(const std::vector<std::uint32_t>& group, std::uint32_t buckets);

}  // namespace pgtandem::reconciler
