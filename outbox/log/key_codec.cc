#include "outbox/log/key_codec.h"

namespace pgtandem::outbox {

namespace {

template <class Int>
void append_be(std::string& out, Int v) {
  for (int shift = 8 * (sizeof(Int) - 1); shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(v >> shift));
}

template <class Int>
Int read_be(std::string_view bytes) {
  Int v = 0;
  for (std::size_t i = 0; i < sizeof(Int); ++i) v = v << 8 | static_cast<std::uint8_t>(bytes[i]);
  return v;
}

}  // namespace

std::string record_key(partition_t p, seq_t seq) {
  std::string key;
  append_be(key, p.value);
  append_be(key, seq.value);
  return key;
}

std::optional<std::pair<partition_t, seq_t>> parse_record_key(std::string_view key) {
  if (key.size() != 12) return std::nullopt;
  return std::pair{partition_t{read_be<std::uint32_t>(key)}, seq_t{read_be<std::uint64_t>(key.substr(4))}};
}

std::string chunk_key(staging_t staging, std::uint32_t number) {
  std::string key;
  append_be(key, staging.value);
  append_be(key, number);
  return key;
}

std::optional<staging_t> staging_of(std::string_view key) {
  if (key.size() != 12) return std::nullopt;
  return staging_t{read_be<std::uint64_t>(key)};
}

std::string be64(std::uint64_t v) {
  std::string bytes;
  append_be(bytes, v);
  return bytes;
}

std::optional<std::uint64_t> parse_be64(std::string_view bytes) {
  if (bytes.size() != 8) return std::nullopt;
  return read_be<std::uint64_t>(bytes);
}

std::string partition_meta_key(std::string_view name, partition_t p) {
  std::string key{name};
  append_be(key, p.value);
  return key;
}

std::optional<partition_t> parse_partition_meta_key(std::string_view name, std::string_view key) {
  if (!key.starts_with(name) || key.size() != name.size() + 4) return std::nullopt;
  return partition_t{read_be<std::uint32_t>(key.substr(name.size()))};
}

}  // namespace pgtandem::outbox
