// A RocksDB environment for tests that knows what a power failure would leave: at crash() every file loses
// what was not synced, and files whose directory entry was not synced vanish. It can also fail writes and
// syncs. Thread-safe; outlives the stores that use it.
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

namespace pgtandem::outbox {

class unsynced_file_system final : public rocksdb::FileSystemWrapper {
 public:
  unsynced_file_system() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  [[nodiscard]] const char* Name() const override { return "unsynced"; }

  // From here on nothing reaches the files any more, though the caller is told so: the machine is off.
  void power_off();
  // The same once `syncs` more syncs of files have succeeded.
  void power_off_after(unsigned syncs);
  // What is left of the files is what was synced before power_off().
  void drop_unsynced();
  void fail_syncs(bool fail);

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReopenWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* file,
                                       rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReuseWritableFile(const std::string& name, const std::string& old_name,
                                      const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file,
                                      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(const std::string& name, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* directory,
                                 rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override;

  // For the wrapped files.
  [[nodiscard]] bool off() const;
  [[nodiscard]] bool syncs_fail() const;
  void synced(const std::string& name, std::uint64_t bytes);
  void directory_synced();

 private:
  void created(const std::string& name);

  mutable std::mutex mutex_;
  bool off_ = false;
  std::optional<unsigned> syncs_left_;  // until the power goes
  bool fail_syncs_ = false;
  std::map<std::string, std::uint64_t> synced_;  // every file written since the start: its durable length
  std::set<std::string> unlinked_;               // created since the directory was synced last
};

}  // namespace pgtandem::outbox
