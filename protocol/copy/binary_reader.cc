#include "protocol/copy/binary_reader.h"

#include <algorithm>

#include "protocol/wire/byte_order.h"

namespace pgtandem::copy {
namespace {

constexpr std::size_t signature_size = 11;
constexpr std::size_t header_size = signature_size + 4 + 4;  // flags, length of what follows

}  // namespace

std::size_t binary_reader::needed() const {
  switch (part_) {
    case part::header:
      return header_size;
    case part::fields:
      return 2;
    case part::length:
      return 4;
    default:
      return 0;
  }
}

void binary_reader::read(std::string_view piece, key_collector& to) {
  while (!piece.empty() && !to.lost()) {
    const std::size_t whole = needed();
    if (whole == 0) {
      piece.remove_prefix(pass(piece, to));
      continue;
    }
    const std::size_t n = std::min(piece.size(), whole - buffer_.size());
    buffer_ += piece.substr(0, n);
    piece.remove_prefix(n);
    if (buffer_.size() < whole) return;
    take(to);
    buffer_.clear();
  }
}

std::size_t binary_reader::pass(std::string_view piece, key_collector& to) {
  if (part_ == part::trailer) return piece.size();  // legacy refuses anything behind it
  const std::size_t n = std::min<std::size_t>(piece.size(), left_);
  left_ -= static_cast<std::uint32_t>(n);
  if (part_ == part::value) to.append(piece.substr(0, n));
  if (left_ > 0) return n;
  if (part_ == part::extension) {
    part_ = part::fields;
  } else {
    to.end_field(false);
    begin_field(to);
  }
  return n;
}

void binary_reader::take(key_collector& to) {
  if (part_ == part::header) {
    left_ = wire::load_be32(buffer_.data() + signature_size + 4);
    part_ = left_ > 0 ? part::extension : part::fields;
  } else if (part_ == part::fields) {
    fields_ = wire::load_be16(buffer_.data());
    if (fields_ == 0xffff)
      part_ = part::trailer;
    else
      begin_field(to);
  } else {
    left_ = wire::load_be32(buffer_.data());
    const bool is_null = left_ == 0xffffffff;
    if (is_null || left_ == 0) {
      to.end_field(is_null);
      begin_field(to);
    } else {
      part_ = part::value;
    }
  }
}

// Or ends the row.
void binary_reader::begin_field(key_collector& to) {
  if (fields_ == 0) {
    to.end_row();
    part_ = part::fields;
  } else {
    --fields_;
    part_ = part::length;
  }
}

void binary_reader::finish(key_collector& to) {
  if (part_ != part::trailer && (part_ != part::fields || !buffer_.empty())) to.give_up();
}

}  // namespace pgtandem::copy
