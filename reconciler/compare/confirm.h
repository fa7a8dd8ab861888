// Tells real differences from rows that are still on their way. No I/O of its own: reads, marks and the fence
// are functions of the caller.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace pgtandem::reconciler {

struct row_state {
  bool present = false;
  std::string hash;
  std::string version;  // changes with every write of the row: tableoid, xmin, ctid
};

enum class row_verdict { equal, missing_on_target, surplus_on_target, differs, moving };

struct confirm_io {
  // One state per key, in their order.
  std::function<std::vector<row_state>(const std::vector<std::string>&)> read_legacy;
  std::function<std::vector<row_state>(const std::vector<std::string>&)> read_target;
  std::function<bool()> marked;        // a heal of the table is owed
  std::function<std::string()> fence;  // everything prepared before is applied now; or an error
};

// What the four reads of one row prove, in the order in which they were made: target, legacy, (fence),
// target, legacy. A row that legacy has must not have moved between its two reads. A row that legacy has not
// must be the same version on the target before the first and after the fence: had a write that came and went
// left it there, the delete would lie before the fence.
[[nodiscard]] row_verdict judge(const row_state& target_before, const row_state& legacy_before,
                                const row_state& target_after, const row_state& legacy_after);

// Judges all keys, trying again those that move, up to `rounds` times. Marks are looked for between the first
// read and the fence: a write that was seen without its image is marked then, or healed before the fence.
// Throws std::runtime_error if the fence cannot be passed, and what the readers throw.
[[nodiscard]] std::vector<row_verdict> confirm(const std::vector<std::string>& keys, const confirm_io& io,
                                               unsigned rounds);

}  // namespace pgtandem::reconciler
