// The store in RocksDB: column families of the same names, one write-ahead log, level compaction. Holds the
// lock of its directory while it lives. Thread-safe as store.h says.
#pragma once

#include <memory>
#include <string>

#include "outbox/log/store.h"

namespace rocksdb {
class Env;
}

namespace pgtandem::outbox {

struct rocks_options {
  rocksdb::Env* env = nullptr;  // nullptr: the default; outlives the store
  std::uint64_t memtable_bytes = 64ULL << 20;
};

// Opens or creates; throws std::runtime_error with a sentence that says what to do.
[[nodiscard]] std::unique_ptr<store> open_rocks_store(const std::string& path,
                                                      const rocks_options& options = {});

}  // namespace pgtandem::outbox
