#include "outbox/log/unsynced_env.h"

#include <filesystem>
#include <utility>

namespace pgtandem::outbox {

namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

class tracked_file final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  tracked_file(unsynced_file_system& fs, std::string name, std::unique_ptr<rocksdb::FSWritableFile> file)
      : FSWritableFileOwnerWrapper(std::move(file)), fs_(fs), name_(std::move(name)) {}

  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options, IODebugContext* debug) override {
    return fs_.off() ? IOStatus::OK() : FSWritableFileOwnerWrapper::Append(data, options, debug);
  }
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& info, IODebugContext* debug) override {
    return fs_.off() ? IOStatus::OK() : FSWritableFileOwnerWrapper::Append(data, options, info, debug);
  }
  IOStatus Flush(const IOOptions& options, IODebugContext* debug) override {
    return fs_.off() ? IOStatus::OK() : FSWritableFileOwnerWrapper::Flush(options, debug);
  }
  IOStatus Truncate(std::uint64_t size, const IOOptions& options, IODebugContext* debug) override {
    return fs_.off() ? IOStatus::OK() : FSWritableFileOwnerWrapper::Truncate(size, options, debug);
  }
  // Closing does not sync.
  IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
    return fs_.off() ? IOStatus::OK() : FSWritableFileOwnerWrapper::Close(options, debug);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    return sync([&] { return FSWritableFileOwnerWrapper::Sync(options, debug); });
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return sync([&] { return FSWritableFileOwnerWrapper::Fsync(options, debug); });
  }

 private:
  template <class Action>
  IOStatus sync(const Action& action) {
    if (fs_.off()) return IOStatus::OK();
    if (fs_.syncs_fail()) return IOStatus::IOError("fdatasync", "Input/output error");
    const auto bytes = GetFileSize(IOOptions{}, nullptr);
    auto s = action();
    if (s.ok()) fs_.synced(name_, bytes);
    return s;
  }

  unsynced_file_system& fs_;
  std::string name_;
};

class tracked_directory final : public rocksdb::FSDirectoryWrapper {
 public:
  tracked_directory(unsynced_file_system& fs, std::unique_ptr<rocksdb::FSDirectory> directory)
      : FSDirectoryWrapper(std::move(directory)), fs_(fs) {}
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return synced(FSDirectoryWrapper::Fsync(options, debug));
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug,
                               const rocksdb::DirFsyncOptions& how) override {
    return synced(FSDirectoryWrapper::FsyncWithDirOptions(options, debug, how));
  }

 private:
  IOStatus synced(IOStatus s) {
    if (s.ok()) fs_.directory_synced();
    return s;
  }
  unsynced_file_system& fs_;
};

}  // namespace

void unsynced_file_system::power_off() {
  const std::lock_guard lock{mutex_};
  off_ = true;
}

void unsynced_file_system::power_off_after(unsigned syncs) {
  const std::lock_guard lock{mutex_};
  syncs_left_ = syncs;
  off_ = syncs == 0;
}

void unsynced_file_system::drop_unsynced() {
  const std::lock_guard lock{mutex_};
  std::error_code gone;
  for (const auto& [name, bytes] : synced_) {
    const auto size = std::filesystem::file_size(name, gone);
    if (!gone && size > bytes) std::filesystem::resize_file(name, bytes);
  }
  for (const auto& name : unlinked_) std::filesystem::remove(name, gone);
  synced_.clear();
  unlinked_.clear();
  syncs_left_.reset();
  off_ = false;
}

void unsynced_file_system::fail_syncs(bool fail) {
  const std::lock_guard lock{mutex_};
  fail_syncs_ = fail;
}

bool unsynced_file_system::off() const {
  const std::lock_guard lock{mutex_};
  return off_;
}

bool unsynced_file_system::syncs_fail() const {
  const std::lock_guard lock{mutex_};
  return fail_syncs_;
}

void unsynced_file_system::synced(const std::string& name, std::uint64_t bytes) {
  const std::lock_guard lock{mutex_};
  if (off_) return;
  synced_[name] = bytes;
  if (syncs_left_ && --*syncs_left_ == 0) off_ = true;
}

void unsynced_file_system::directory_synced() {
  const std::lock_guard lock{mutex_};
  if (!off_) unlinked_.clear();
}

void unsynced_file_system::created(const std::string& name) {
  const std::lock_guard lock{mutex_};
  if (off_) return;
  synced_[name] = 0;
  unlinked_.insert(name);
}

IOStatus unsynced_file_system::NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                               std::unique_ptr<rocksdb::FSWritableFile>* file,
                                               IODebugContext* debug) {
  // Off, a closing store may still make files; they must not hide those that are there.
  const auto real_name = off() ? name + ".never" : name;
  std::unique_ptr<rocksdb::FSWritableFile> inner;
  auto s = FileSystemWrapper::NewWritableFile(real_name, options, &inner, debug);
  if (!s.ok()) return s;
  created(name);
  *file = std::make_unique<tracked_file>(*this, name, std::move(inner));
  return s;
}

IOStatus unsynced_file_system::ReopenWritableFile(const std::string& name,
                                                  const rocksdb::FileOptions& options,
                                                  std::unique_ptr<rocksdb::FSWritableFile>* file,
                                                  IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSWritableFile> inner;
  auto s = FileSystemWrapper::ReopenWritableFile(name, options, &inner, debug);
  if (s.ok()) *file = std::make_unique<tracked_file>(*this, name, std::move(inner));
  return s;
}

IOStatus unsynced_file_system::ReuseWritableFile(const std::string& name, const std::string& old_name,
                                                 const rocksdb::FileOptions& options,
                                                 std::unique_ptr<rocksdb::FSWritableFile>* file,
                                                 IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSWritableFile> inner;
  auto s = FileSystemWrapper::ReuseWritableFile(name, old_name, options, &inner, debug);
  if (!s.ok()) return s;
  created(name);
  *file = std::make_unique<tracked_file>(*this, name, std::move(inner));
  return s;
}

IOStatus unsynced_file_system::NewDirectory(const std::string& name, const IOOptions& options,
                                            std::unique_ptr<rocksdb::FSDirectory>* directory,
                                            IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSDirectory> inner;
  auto s = FileSystemWrapper::NewDirectory(name, options, &inner, debug);
  if (s.ok()) *directory = std::make_unique<tracked_directory>(*this, std::move(inner));
  return s;
}

IOStatus unsynced_file_system::DeleteFile(const std::string& name, const IOOptions& options,
                                          IODebugContext* debug) {
  {
    const std::lock_guard lock{mutex_};
    if (off_) return IOStatus::OK();
    synced_.erase(name);
    unlinked_.erase(name);
  }
  return FileSystemWrapper::DeleteFile(name, options, debug);
}

// The new name counts as durable at once: RocksDB renames what it has synced, and syncs the directory after.
IOStatus unsynced_file_system::RenameFile(const std::string& from, const std::string& to,
                                          const IOOptions& options, IODebugContext* debug) {
  if (off()) return IOStatus::OK();
  auto s = FileSystemWrapper::RenameFile(from, to, options, debug);
  if (!s.ok()) return s;
  const std::lock_guard lock{mutex_};
  if (auto node = synced_.extract(from); !node.empty()) {
    synced_.erase(to);
    node.key() = to;
    synced_.insert(std::move(node));
  }
  unlinked_.erase(from);
  return s;
}

}  // namespace pgtandem::outbox
