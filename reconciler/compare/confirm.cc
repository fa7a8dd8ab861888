#include "reconciler/compare/confirm.h"

#include <stdexcept>

namespace pgtandem::reconciler {

row_verdict judge(const row_state& target_before, const row_state& legacy_before,
                  const row_state& target_after, const row_state& legacy_after) {
  if (legacy_before.present != legacy_after.present) return row_verdict::moving;
  if (legacy_before.present) {
    if (legacy_before.version != legacy_after.version) return row_verdict::moving;
    if (!target_after.present) return row_verdict::missing_on_target;
    return target_after.hash == legacy_before.hash ? row_verdict::equal : row_verdict::differs;
  }
  if (!target_after.present) return row_verdict::equal;
  const bool same = target_before.present && target_before.version == target_after.version;
  return same ? row_verdict::surplus_on_target : row_verdict::moving;
}

std::vector<row_verdict> confirm(const std::vector<std::string>& keys, const confirm_io& io,
                                 unsigned rounds) {
  std::vector<row_verdict> verdicts(keys.size(), row_verdict::moving);
  for (unsigned round = 0; round < rounds; ++round) {
    std::vector<std::size_t> open;
    std::vector<std::string> open_keys;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (verdicts[i] != row_verdict::moving) continue;
      open.push_back(i);
      open_keys.push_back(keys[i]);
    }
    if (open.empty()) break;
    const auto target_before = io.read_target(open_keys);
    const auto legacy_before = io.read_legacy(open_keys);
    const bool marked = io.marked();
    if (const std::string error = io.fence(); !error.empty()) throw std::runtime_error(error);
    if (marked) continue;
    const auto target_after = io.read_target(open_keys);
    const auto legacy_after = io.read_legacy(open_keys);
    for (std::size_t j = 0; j < open.size(); ++j) {
      verdicts[open[j]] = judge(target_before[j], legacy_before[j], target_after[j], legacy_after[j]);
    }
  }
  return verdicts;
}

}  // namespace pgtandem::reconciler
