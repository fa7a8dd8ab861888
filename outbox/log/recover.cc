#include "outbox/log/recover.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <random>
#include <set>
#include <stdexcept>
#include <vector>

#include "outbox/log/key_codec.h"
#include "outbox/log/row_codec.h"

namespace pgtandem::outbox {

namespace {

// 1 knew no chunks, 2 no writers of marks on legacy, 3 neither their transactions nor notes of heals.
constexpr unsigned format_version = 4;

std::string make_uuid() {
  std::random_device random;
  unsigned char b[16];
  for (auto& byte : b) byte = static_cast<unsigned char>(random());
  b[6] = static_cast<unsigned char>((b[6] & 0x0f) | 0x40);
  b[8] = static_cast<unsigned char>((b[8] & 0x3f) | 0x80);
  std::string id;
  for (int i = 0; i < 16; ++i) {
    char hex[3];
    std::snprintf(hex, sizeof hex, "%02x", b[i]);
    if (i == 4 || i == 6 || i == 8 || i == 10) id += '-';
    id += hex;
  }
  return id;
}

class recovery {
 public:
  recovery(store& s, const std::string& path, log_state& state) : store_(s), path_(path), state_(state) {}

  recovered run() {
    check_format();  // first: a newer one may mean anything by the rest
    read_meta();
    read_states();
    read_marks();
    read_stagings();
    for (const partition_t p : state_.index.partitions()) {
      const auto seqs = state_.index.undecided_seqs(p);
      state_.in_doubt[p].insert(seqs.begin(), seqs.end());
      state_.last_seq = std::max(state_.last_seq, state_.index.last(p));
    }
    if (!fresh_ && id_.empty()) damaged("its id is missing");
    recovered out{id_, fresh_};
    if (out.created) out.id = make_uuid();
    tidy(out);
    return out;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error("outbox " + path_ + " " + what);
  }
  [[noreturn]] void damaged(const std::string& what) const {
    fail("is damaged (" + what + "); move it away and start with a new one, which heals every table");
  }

  void scan(family f, const std::string& from, const store::visitor& visit) {
    if (const auto error = store_.scan(f, from, {}, visit)) fail("cannot be read: " + *error);
  }

  void read_meta() {
    scan(family::meta, {}, [&](std::string_view key, std::string_view value) {
      if (key == meta_key::id)
        id_ = value;
      else if (const auto named = parse_partition_meta_key(meta_key::partition, key))
        state_.partitions.emplace(value, *named);
      else if (const auto low = parse_partition_meta_key(meta_key::low, key))
        state_.index.trim(*low, seq_t{number(value)});
      else if (const auto proven = parse_partition_meta_key(meta_key::proven, key))
        state_.proven[*proven] = seq_t{number(value)};
      return true;
    });
  }

  [[nodiscard]] std::uint64_t number(std::string_view value) const {
    const auto v = parse_be64(value);
    if (!v) damaged("a cursor is no number");
    return *v;
  }

  void check_format() {
    std::string format;
    scan(family::meta, {}, [&](std::string_view key, std::string_view value) {
      if (key == meta_key::format) format = value;
      fresh_ = false;
      return true;
    });
    if (fresh_) return;
    if (format.empty()) damaged("the format version is missing");
    unsigned version = 0;
    const auto* const end = format.data() + format.size();
    const auto parsed = std::from_chars(format.data(), end, version);
    if (parsed.ec != std::errc{} || parsed.ptr != end) damaged("the format version is no number");
    if (version > format_version)
      fail("was written by a newer pgtandem (format " + format + ", this one understands up to " +
           std::to_string(format_version) + "); use that version or a later one");
    outdated_ = version < format_version;
  }

  // What lies at or below `low` may still be there and is stepped over, not read.
  void read_states() {
    std::string from;
    for (bool more = true; more;) {
      more = false;
      scan(family::state, std::string{from}, [&](std::string_view key, std::string_view value) {
        const auto at = parse_record_key(key);
        if (!at) damaged("a record's key");
        const auto& [p, seq] = *at;
        if (seq <= state_.index.last(p)) {
          from = record_key(p, seq_t{state_.index.last(p).value + 1});
          more = true;
          return false;
        }
        const auto row = decode_state(value);
        if (!row) damaged("the state of record " + std::to_string(seq.value));
        state_.index.add(p, seq, row->state, row->incarnation, row->bytes, row->staging);
        return true;
      });
    }
  }

  void read_marks() {
    scan(family::marks, {}, [&](std::string_view key, std::string_view value) {
      const auto id = parse_be64(key);
      auto m = id ? decode_mark(mark_id{*id}, value) : std::nullopt;
      if (!m) damaged("a mark");
      const auto writer = m->writer ? state_.index.find(*m->writer) : std::nullopt;
      // A heal begins on ripe marks alone: where one has begun, the writer has ended long ago.
      m->ripe = !m->heal_note.empty() || (!m->on_legacy && (!writer || writer->state != decision::undecided));
      state_.last_mark = std::max(state_.last_mark, m->id);
      state_.marks.add(std::move(*m));
      return true;
    });
  }

  // Chunks that no record names belong to transactions that have ended with the daemon.
  void read_stagings() {
    std::set<staging_t> named;
    for (const partition_t p : state_.index.partitions())
      for (const staging_t staging : state_.index.stagings_up_to(p, state_.index.last(p)))
        named.insert(staging);
    std::string from;
    for (bool more = true; more;) {
      more = false;
      scan(family::chunks, std::string{from}, [&](std::string_view key, std::string_view) {
        const auto staging = staging_of(key);
        if (!staging) damaged("the key of a chunk");
        state_.last_staging = std::max(state_.last_staging, *staging);
        if (!named.contains(*staging)) unnamed_.push_back(*staging);
        from = chunks_of(*staging).second;
        more = true;
        return false;
      });
    }
  }

  // What has to be written before the log is used.
  void tidy(const recovered& log) {
    write_batch batch;
    if (log.created) batch.put(family::meta, std::string{meta_key::id}, log.id);
    if (log.created || outdated_)
      batch.put(family::meta, std::string{meta_key::format}, std::to_string(format_version));
    for (const staging_t staging : unnamed_) {
      const auto [from, to] = chunks_of(staging);
      batch.erase_range_lazily(family::chunks, from, to);
      state_.trimmed_stagings.push_back(staging);
    }
    if (batch.ops.empty()) return;
    if (const auto error = store_.write(batch)) fail("cannot be written: " + *error);
  }

  store& store_;
  const std::string& path_;
  log_state& state_;
  bool fresh_ = true;
  bool outdated_ = false;  // an earlier format, which this one understands
  std::vector<staging_t> unnamed_;
  std::string id_;
};

}  // namespace

recovered recover(store& s, const std::string& path, log_state& state) {
  return recovery{s, path, state}.run();
}

}  // namespace pgtandem::outbox
