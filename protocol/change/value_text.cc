#include "protocol/change/value_text.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>

namespace pgtandem::change {

namespace {

// Big endian, as all send functions are.
template <class Int>
std::optional<Int> from_hex(std::string_view hex) {
  if (hex.size() != 2 * sizeof(Int)) return std::nullopt;
  Int v{};
  const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), v, 16);
  if (error != std::errc{} || end != hex.data() + hex.size()) return std::nullopt;
  return v;
}

template <class Float>
std::string float_text(Float v) {
  if (std::isnan(v)) return "NaN";
  if (std::isinf(v)) return v < 0 ? "-Infinity" : "Infinity";
  char text[64];
  const auto result = std::to_chars(text, text + sizeof text, v);
  return {text, result.ptr};
}

// The absolute value, right for the smallest number too.
std::uint64_t magnitude(std::int64_t v) {
  return v < 0 ? 0 - static_cast<std::uint64_t>(v) : static_cast<std::uint64_t>(v);
}

std::string time_text(std::int64_t microseconds) {
  // H:M:S is read without its sign first, where this one does not fit; as a count of microseconds it does.
  if (microseconds == std::numeric_limits<std::int64_t>::min()) return "-9223372036854775808 us";
  const std::uint64_t m = magnitude(microseconds);
  char text[64];
  std::snprintf(text, sizeof text, "%s%02llu:%02u:%02u.%06u", microseconds < 0 ? "-" : "+",
                static_cast<unsigned long long>(m / 3'600'000'000U),
                static_cast<unsigned>(m / 60'000'000U % 60), static_cast<unsigned>(m / 1'000'000U % 60),
                static_cast<unsigned>(m % 1'000'000U));
  return text;
}

}  // namespace

std::optional<std::string> float4_text(std::string_view hex) {
  const auto bits = from_hex<std::uint32_t>(hex);
  if (!bits) return std::nullopt;
  return float_text(std::bit_cast<float>(*bits));
}

std::optional<std::string> float8_text(std::string_view hex) {
  const auto bits = from_hex<std::uint64_t>(hex);
  if (!bits) return std::nullopt;
  return float_text(std::bit_cast<double>(*bits));
}

std::optional<std::string> interval_text(std::string_view hex) {
  if (hex.size() != 32) return std::nullopt;
  const auto time = from_hex<std::uint64_t>(hex.substr(0, 16));
  const auto days = from_hex<std::uint32_t>(hex.substr(16, 8));
  const auto months = from_hex<std::uint32_t>(hex.substr(24));
  if (!time || !days || !months) return std::nullopt;
  std::string text;
  const auto part = [&](std::string_view value, std::string_view unit) {
    if (!text.empty()) text += ' ';
    text.append(value).append(unit);
  };
  const auto signed_text = [](std::int32_t v) { return (v > 0 ? "+" : "") + std::to_string(v); };
  if (*months != 0) part(signed_text(static_cast<std::int32_t>(*months)), " mons");
  if (*days != 0) part(signed_text(static_cast<std::int32_t>(*days)), " days");
  if (*time != 0 || text.empty()) part(time_text(static_cast<std::int64_t>(*time)), "");
  return text;
}

std::optional<std::string> money_text(std::string_view hex) {
  const auto bits = from_hex<std::uint64_t>(hex);
  if (!bits) return std::nullopt;
  const auto cents = static_cast<std::int64_t>(*bits);
  const std::uint64_t m = magnitude(cents);
  char text[32];
  std::snprintf(text, sizeof text, "%s%llu.%02u", cents < 0 ? "-" : "",
                static_cast<unsigned long long>(m / 100), static_cast<unsigned>(m % 100));
  return text;
}

std::optional<std::string> char_code_text(std::string_view hex) {
  const auto bits = from_hex<std::uint8_t>(hex);
  if (!bits) return std::nullopt;
  return std::to_string(static_cast<std::int8_t>(*bits));
}

}  // namespace pgtandem::change
