#include "protocol/copy/key_collector.h"

#include <algorithm>

namespace pgtandem::copy {
namespace {

// Values that mean themselves in an array without quotes: they cannot be taken for NULL either.
bool plain(std::string_view value) {
  return !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '-';
  });
}

void add_element(std::string& array, std::string_view value) {
  array += array.empty() ? '{' : ',';
  if (plain(value)) {
    array += value;
    return;
  }
  array += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') array += '\\';
    array += c;
  }
  array += '"';
}

std::optional<std::string> integer_text(std::string_view big_endian) {
  const std::size_t size = big_endian.size();
  if (size != 2 && size != 4 && size != 8) return std::nullopt;
  std::uint64_t bits = (big_endian[0] & 0x80) != 0 ? ~std::uint64_t{0} : 0;
  for (const char c : big_endian) bits = (bits << 8) | static_cast<unsigned char>(c);
  return std::to_string(static_cast<std::int64_t>(bits));
}

std::optional<std::string> uuid_text(std::string_view bytes) {
  if (bytes.size() != 16) return std::nullopt;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += {digits[byte >> 4], digits[byte & 15]};
  }
  return text;
}

}  // namespace

key_collector::key_collector(std::size_t fields, std::vector<key_place> keys, std::size_t limit, bool binary)
    : places_(std::move(keys)), key_of_field_(fields, none), limit_(limit), binary_(binary) {
  for (std::size_t i = 0; i < places_.size(); ++i) key_of_field_.at(places_[i].field) = i;
  rows_.keys.resize(places_.size());
  begin_field(0);
}

void key_collector::begin_field(std::size_t field) {
  field_ = field;
  key_ = field < key_of_field_.size() && !lost_ ? key_of_field_[field] : none;
  value_.clear();
}

void key_collector::append(std::string_view bytes) {
  if (key_ == none) return;
  if (bytes.size() > limit_ - std::min(limit_, bytes_ + value_.size())) return give_up();
  value_ += bytes;
}

void key_collector::end_field(bool is_null) {
  if (lost_) return;
  if (key_ != none) {
    // Legacy refuses a key that is NULL, unless it is told to read something else as NULL than we are.
    if (is_null || !to_text()) return give_up();
    std::string& array = rows_.keys[key_];
    bytes_ -= array.size();
    add_element(array, value_);
    bytes_ += array.size();
    if (bytes_ > limit_) return give_up();
  }
  begin_field(field_ + 1);
}

bool key_collector::to_text() {
  if (!binary_ || places_[key_].type == key_type::text) return true;
  auto text = places_[key_].type == key_type::integer ? integer_text(value_) : uuid_text(value_);
  if (!text) return false;
  value_ = std::move(*text);
  return true;
}

void key_collector::end_row() {
  if (lost_) return;
  if (field_ != key_of_field_.size()) return give_up();
  ++rows_.rows;
  begin_field(0);
}

void key_collector::give_up() {
  lost_ = true;
  rows_ = {};
  value_ = {};
  key_ = none;
}

std::optional<copied_rows> key_collector::take() {
  if (lost_ || field_ != 0) return std::nullopt;
  for (std::string& array : rows_.keys) array += array.empty() ? "{}" : "}";
  return std::move(rows_);
}

}  // namespace pgtandem::copy
