#include "reconciler/compare/buckets.h"

#include <fmt/format.h>

#include <algorithm>

namespace pgtandem::reconciler {

namespace {

constexpr double rows_per_bucket = 500;
constexpr std::uint32_t fewest_buckets = 16;
constexpr std::uint32_t most_buckets = 65'536;

// Decimal text of any length modulo 2^64.
std::uint64_t modulo(std::string_view decimal) {
  const bool negative = decimal.starts_with('-');
  std::uint64_t value = 0;
  for (const char c : decimal.substr(negative ? 1 : 0))
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  return negative ? ~value + 1 : value;
}

}  // namespace

std::uint32_t bucket_count(double estimated_rows) {
  std::uint32_t buckets = fewest_buckets;
  while (buckets < most_buckets && static_cast<double>(buckets) * rows_per_bucket < estimated_rows)
    buckets *= 2;
  return buckets;
}

std::uint64_t total_rows(const bucket_sums& sums) {
  std::uint64_t rows = 0;
  for (const auto& [bucket, s] : sums) rows += s.rows;
  return rows;
}

std::string total_checksum(const bucket_sums& sums) {
  std::uint64_t total = 0;
  for (const auto& [bucket, s] : sums) total += modulo(s.sum);
  return fmt::format("{:016x}", total);
}

std::vector<std::vector<std::uint32_t>> differing_groups(const bucket_sums& legacy, const bucket_sums& target,
                                                         std::uint64_t rows_per_group) {
  std::map<std::uint32_t, std::uint64_t> differing;  // rows to be fetched
  for (const auto& [bucket, s] : legacy) {
    const auto other = target.find(bucket);
    if (other == target.end() || other->second != s) differing[bucket] = s.rows;
  }
  for (const auto& [bucket, s] : target) {
    const auto other = legacy.find(bucket);
    if (other == legacy.end() || other->second != s) differing[bucket] = std::max(differing[bucket], s.rows);
  }
  std::vector<std::vector<std::uint32_t>> groups;
  std::uint64_t rows = 0;
  for (const auto& [bucket, bucket_rows] : differing) {
    if (groups.empty() || rows + bucket_rows > rows_per_group) {
      groups.emplace_back();
      rows = 0;
    }
    groups.back().push_back(bucket);
    rows += bucket_rows;
  }
  return groups;
}

std::string bucket_bitmap(const std::vector<std::uint32_t>& group, std::uint32_t buckets) {
  std::vector<std::uint8_t> bytes((buckets + 7) / 8, 0);
  for (const std::uint32_t b : group)
    bytes[b / 8] = static_cast<std::uint8_t>(bytes[b / 8] | (1U << (b % 8)));
  std::string text = "\\x";
  for (const std::uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace pgtandem::reconciler
