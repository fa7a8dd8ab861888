// What the log needs of a key-value store: ordered families, atomic synced batches, range scans. The one
// implementation is rocks_store.h; tests add failing ones. Thread-safe but for write, which one thread calls.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pgtandem::outbox {

enum class family : std::uint8_t { data, state, meta, marks, chunks };

struct write_batch {
  struct op {
    outbox::family family;
    std::string key;
    std::optional<std::string> value;  // nullopt: delete
    std::string end{};                 // not empty: delete [key, end)
  };
  std::vector<op> ops;
  bool synced = false;  // somebody relies on it; else it is durable with the next batch that is
  void put(family f, std::string key, std::string value) {
    put_lazily(f, std::move(key), std::move(value));
    synced = true;
  }
  void erase(family f, std::string key) {
    ops.push_back({f, std::move(key), std::nullopt});
    synced = true;
  }
  void put_lazily(family f, std::string key, std::string value) {
    ops.push_back({f, std::move(key), std::move(value)});
  }
  void erase_range_lazily(family f, std::string from, std::string to) {
    ops.push_back({f, std::move(from), std::nullopt, std::move(to)});
  }
};

class store {
 public:
  // false ends the scan.
  using visitor = std::function<bool(std::string_view key, std::string_view value)>;

  virtual ~store() = default;
  // All of it behind all that was written before, fsynced with that if `synced`; or an error: then nothing is
  // known of what is there.
  virtual std::optional<std::string> write(const write_batch& batch) = 0;
  // Visits [from, to) in key order; an empty `to` is the end. nullopt, or what went wrong.
  virtual std::optional<std::string> scan(family f, const std::string& from, const std::string& to,
                                          const visitor& visit) const = 0;
  // Frees what lies wholly in [from, to); nobody reads there any more. Best effort.
  virtual void drop_range(family f, const std::string& from, const std::string& to) = 0;
  [[nodiscard]] virtual std::uint64_t disk_bytes() const = 0;
  [[nodiscard]] virtual std::uint64_t free_bytes() const = 0;
};

}  // namespace pgtandem::outbox
