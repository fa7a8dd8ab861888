#include "outbox/log/rocks_store.h"

#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <stdexcept>

namespace pgtandem::outbox {

namespace {

namespace fs = std::filesystem;

// As enum family.
constexpr std::array<const char*, 5> family_names = {"data", "state", "meta", "marks", "chunks"};

rocksdb::DBOptions db_options(rocksdb::Env* env) {
  rocksdb::DBOptions o;
  if (env != nullptr) o.env = env;
  o.create_if_missing = true;
  o.create_missing_column_families = true;
  o.paranoid_checks = true;
  o.max_total_wal_size = 256ULL << 20;
  o.db_write_buffer_size = 192ULL << 20;
  o.bytes_per_sync = 1ULL << 20;
  o.max_open_files = -1;
  // The tail that a crash tore was never acknowledged.
  o.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  o.track_and_verify_wals_in_manifest = false;
  o.keep_log_file_num = 4;
  o.max_log_file_size = 8ULL << 20;
  return o;
}

rocksdb::ColumnFamilyOptions family_options(family f, std::uint64_t memtable_bytes) {
  rocksdb::ColumnFamilyOptions o;
  o.compaction_style = rocksdb::kCompactionStyleLevel;  // trimming by DeleteFilesInRange needs levels
  // Decisions are small, marks and cursors few; chunks are large, and seldom.
  o.write_buffer_size = f == family::data                           ? memtable_bytes
                        : f == family::state || f == family::chunks ? memtable_bytes / 4
                                                                    : memtable_bytes / 16;
  o.target_file_size_base = memtable_bytes;
  o.max_write_buffer_number = 2;
  const auto supported = rocksdb::GetSupportedCompressions();
  const bool lz4 = std::find(supported.begin(), supported.end(), rocksdb::kLZ4Compression) != supported.end();
  o.compression = lz4 ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
  return o;
}

std::optional<std::string> error_of(const rocksdb::Status& s) {
  if (s.ok()) return std::nullopt;
  return s.ToString();
}

[[noreturn]] void throw_open_error(const std::string& path, const rocksdb::Status& s) {
  const std::string text = s.ToString();
  const bool held = text.find("lock hold by current process") != std::string::npos ||
                    text.find("While lock file") != std::string::npos;
  if (s.IsIOError() && held)
    throw std::runtime_error(
        "outbox " + path +
        " is in use by another pgtandem; stop that one, or give this one its own outbox path");
  if (s.IsInvalidArgument() && text.find("olumn famil") != std::string::npos)
    throw std::runtime_error("outbox " + path + " was written by a newer pgtandem (" + text +
                             "); use that version or a later one");
  throw std::runtime_error("outbox " + path + " cannot be opened: " + text);
}

rocksdb::Slice slice(std::string_view s) {
  return {s.data(), s.size()};
}

class rocks_store final : public store {
 public:
  rocks_store(std::string path, std::unique_ptr<rocksdb::DB> db,
              std::vector<rocksdb::ColumnFamilyHandle*> handles)
      : path_(std::move(path)), db_(std::move(db)), handles_(std::move(handles)) {}

  ~rocks_store() override {
    for (auto* handle : handles_) db_->DestroyColumnFamilyHandle(handle);
    db_->Close();
  }
  rocks_store(const rocks_store&) = delete;
  rocks_store& operator=(const rocks_store&) = delete;

  std::optional<std::string> write(const write_batch& batch) override {
    std::size_t bytes = 0;
    for (const auto& op : batch.ops) bytes += op.key.size() + (op.value ? op.value->size() : 0) + 16;
    rocksdb::WriteBatch out{bytes};
    for (const auto& op : batch.ops) {
      auto* const f = handle(op.family);
      const auto s = op.value         ? out.Put(f, op.key, *op.value)
                     : op.end.empty() ? out.Delete(f, op.key)
                                      : out.DeleteRange(f, op.key, op.end);
      if (!s.ok()) return error_of(s);
    }
    rocksdb::WriteOptions options;
    options.sync = batch.synced;
    return error_of(db_->Write(options, &out));
  }

  std::optional<std::string> scan(family f, const std::string& from, const std::string& to,
                                  const visitor& visit) const override {
    rocksdb::ReadOptions options;
    options.fill_cache = false;  // a record is read once or twice, and in order
    const rocksdb::Slice end = slice(to);
    if (!to.empty()) options.iterate_upper_bound = &end;
    const std::unique_ptr<rocksdb::Iterator> it{db_->NewIterator(options, handle(f))};
    for (it->Seek(from); it->Valid(); it->Next())
      if (!visit(it->key().ToStringView(), it->value().ToStringView())) break;
    return error_of(it->status());
  }

  void drop_range(family f, const std::string& from, const std::string& to) override {
    const rocksdb::Slice begin = slice(from);
    const rocksdb::Slice end = slice(to);
    // What fails or lies in a file that reaches beyond is dropped by a later call.
    static_cast<void>(rocksdb::DeleteFilesInRange(db_.get(), handle(f), &begin, &end, false));
  }

  [[nodiscard]] std::uint64_t disk_bytes() const override {
    std::uint64_t bytes = 0;
    std::error_code error;
    for (fs::directory_iterator it{path_, error}, end; !error && it != end; it.increment(error)) {
      std::error_code gone;  // files come and go
      const auto size = it->file_size(gone);
      if (!gone) bytes += size;
    }
    return bytes;
  }

  [[nodiscard]] std::uint64_t free_bytes() const override {
    std::error_code error;
    const auto space = fs::space(path_, error);
    return error ? 0 : space.available;
  }

 private:
  [[nodiscard]] rocksdb::ColumnFamilyHandle* handle(family f) const {
    return handles_[static_cast<std::size_t>(f)];
  }

  std::string path_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;  // by family, then RocksDB's own default
};

}  // namespace

std::unique_ptr<store> open_rocks_store(const std::string& path, const rocks_options& options) {
  std::error_code error;
  if (fs::create_directories(path, error)) fs::permissions(path, fs::perms::owner_all, error);
  if (error) throw std::runtime_error("outbox " + path + " cannot be created: " + error.message());
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (std::size_t i = 0; i < family_names.size(); ++i)
    families.emplace_back(family_names[i], family_options(static_cast<family>(i), options.memtable_bytes));
  families.emplace_back(rocksdb::kDefaultColumnFamilyName,
                        family_options(family::meta, options.memtable_bytes));
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  const auto s = rocksdb::DB::Open(db_options(options.env), path, families, &handles, &db);
  if (!s.ok()) throw_open_error(path, s);
  return std::make_unique<rocks_store>(path, std::unique_ptr<rocksdb::DB>{db}, std::move(handles));
}

}  // namespace pgtandem::outbox
