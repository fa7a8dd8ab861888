#include "reconciler/heal/pass_note.h"

#include <algorithm>

#include "protocol/change/byte_codec.h"

namespace pgtandem::reconciler {

namespace {

constexpr std::uint8_t format_version = 1;

void write_side(change::byte_writer& out, const pass_side& side) {
  out.string(side.server);
  out.varint(side.leaves.size());
  for (const storage_leaf& leaf : side.leaves) {
    out.varint(leaf.oid.value);
    out.varint(leaf.filenode);
  }
}

std::uint64_t digest(std::vector<std::string> shape) {
  std::ranges::sort(shape);  // it comes in any order
  change::byte_writer lines;
  for (const std::string& line : shape) lines.string(line);
  return change::checksum(std::move(lines).finish());
}

}  // namespace

std::string encode_pass_note(const pass_note& note) {
  change::byte_writer out;
  out.u8(format_version);
  out.string(note.ground);
  out.u8(static_cast<std::uint8_t>(note.half));
  out.varint(note.leaf);
  out.varint(note.block);
  out.varint(note.rows);
  return std::move(out).finish();
}

std::optional<pass_note> decode_pass_note(std::string_view bytes) {
  change::byte_reader in{bytes};
  if (in.u8() != format_version) return std::nullopt;
  pass_note note;
  note.ground = in.string();
  note.half = static_cast<pass_half>(in.u8());
  if (note.half != pass_half::legacy && note.half != pass_half::target) in.fail();
  note.leaf = in.varint();
  note.block = in.varint();
  note.rows = in.varint();
  if (!in.done()) return std::nullopt;
  return note;
}

std::string pass_ground(const catalog::relation& r, const pass_side& legacy, const pass_side& target) {
  if (legacy.server.empty() || target.server.empty()) return {};
  change::byte_writer out;
  out.u64_le(digest(r.shape));
  write_side(out, legacy);
  write_side(out, target);
  return std::move(out).finish();
}

}  // namespace pgtandem::reconciler
