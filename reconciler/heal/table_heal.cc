#include "reconciler/heal/table_heal.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "protocol/catalog/image_sql.h"
#include "protocol/catalog/load.h"
#include "reconciler/server/key_lookup.h"

namespace pgtandem::reconciler {

namespace {

// A heal of this many windows is small: it is never paused.
constexpr unsigned small_heal_windows = 50;
// As much as this is read again after a restart.
constexpr unsigned windows_between_notes = 8;
constexpr std::chrono::milliseconds fence_poll{50};
// Keys that clients took over are remembered up to this number, then it is seen what became of them.
constexpr std::size_t most_dropped = 10'000;

const catalog::relation* only(const std::vector<catalog::relation>& found) {
  return found.empty() ? nullptr : &found.front();
}

}  // namespace

table_heal::table_heal(heal_log log, heal_servers servers, heal_work work)
    : log_(std::move(log)),
      servers_(servers),
      work_(std::move(work)),
      whole_(work_.scope == change::mark_scope::table),
      window_keys_(std::max<std::uint32_t>(servers.options.rows_per_window, 1)) {
  progress_.table = work_.table;
  progress_.running = true;
}

step_result table_heal::step() {
  if (dropped_.size() > most_dropped) settle_dropped();
  switch (phase_) {
    case phase::prepare:
      return prepare();
    case phase::keys:
      return heal_keys();
    case phase::ranges:
      return heal_range();
    case phase::fence:
      return wait_for_target();
    case phase::surplus:
      return find_surplus();
    case phase::dropped:
      return heal_dropped();
    case phase::verify:
      return verify();
    case phase::finished:
      break;
  }
  return {true, {}};
}

void table_heal::start_over() {
  phase_ = phase::prepare;
  keys_.clear();
  dropped_.clear();
  forget_note();
}

void table_heal::widen() {
  whole_ = true;
  start_over();
}

std::string table_heal::title() const {
  return catalog::qualified_name(work_.table);
}

step_result table_heal::prepare() {
  if (!find_table()) {
    phase_ = phase::finished;
    return {true, {}};
  }
  check_target();
  equalities_ = key_equalities(relation_, relation_);
  if (whole_) {
    begin_ranges();
  } else {
    keys_.assign(work_.keys.begin(), work_.keys.end());
    after_keys_ = phase::dropped;
    phase_ = phase::keys;
  }
  return {};
}

bool table_heal::find_table() {
  client::connection& legacy = servers_.legacy.get();
  const auto located = locate_table(legacy, work_.table);
  if (!located) {
    spdlog::info("{} does not exist on legacy any more: nothing of it is left to heal", title());
    return false;
  }
  if (!servers_.options.filter.matches(located->root) || (located->kind != 'r' && located->kind != 'p')) {
    spdlog::info("{} is not a mirrored table any more: nothing of it is left to heal", title());
    return false;
  }
  // A leaf's keys need not be its root's: heal the whole root then.
  if (located->root != work_.table) whole_ = true;
  const auto found = catalog::load_named_relations(legacy, {located->root});
  const catalog::relation* relation = only(found);
  if (!relation) throw std::runtime_error(title() + " cannot be mirrored: it is temporary or a system table");
  if (!relation->refusals.empty()) {
    throw std::runtime_error(
        fmt::format("{} cannot be healed: {}", title(), fmt::join(relation->refusals, "; ")));
  }
  relation_ = *relation;
  return true;
}

void table_heal::check_target() {
  const auto known = servers_.verified.find(relation_.name);
  if (!whole_ && known != servers_.verified.end() && known->second == relation_) return;
  const auto found = catalog::load_named_relations(servers_.target.get(), {relation_.name});
  const auto problems = catalog::incompatibilities(relation_, only(found));
  if (!problems.empty()) {
    servers_.verified.erase(relation_.name);
    throw std::runtime_error(
        fmt::format("the target cannot take rows of {}: {}", title(), fmt::join(problems, "; ")));
  }
  servers_.verified[relation_.name] = relation_;
}

void table_heal::begin_ranges() {
  const auto side_of = [this](client::connection& c) {
    return pass_side{server_identity(c), load_leaves(c, relation_.name)};
  };
  std::string life = server_life(servers_.legacy.get());
  pass_side legacy = side_of(servers_.legacy.get());
  if (!legacy.server.empty()) legacy.server += "/" + life;
  pass_side target = side_of(servers_.target.get());
  // A step that throws is repeated, so nothing has changed up to here.
  const bool noteworthy = work_.scope == change::mark_scope::table && work_.marks.size() == 1;
  ground_ = noteworthy ? pass_ground(relation_, legacy, target) : "";
  life_ = std::move(life);
  leaves_ = std::move(legacy.leaves);
  target_leaves_ = std::move(target.leaves);
  leaf_ = 0;
  block_ = 0;
  size_read_again_ = false;
  window_blocks_ = first_window_blocks;
  windows_since_note_ = 0;
  surplus_from_.reset();
  too_large_ = 0;
  progress_.pass_rows = 0;
  progress_.pass_resumed = 0;
  progress_.pass_estimate = 0;
  for (const storage_leaf& leaf : leaves_) progress_.pass_estimate += leaf.rows;
  phase_ = phase::ranges;

  // Only what was noted before this heal began counts, and only once.
  noted_ = noted_ || !work_.note.empty();
  const auto note = decode_pass_note(std::exchange(work_.note, {}));
  if (note && !ground_.empty() && note->ground == ground_)
    go_on_from(*note);
  else
    forget_note();
}

void table_heal::go_on_from(const pass_note& note) {
  if (note.half == pass_half::legacy) {
    leaf_ = std::min<std::size_t>(note.leaf, leaves_.size());
    block_ = note.block;
  } else {
    leaf_ = leaves_.size();
    surplus_from_ = note;
  }
  progress_.pass_rows = note.rows;
  progress_.pass_resumed = note.rows;
  windows_ = small_heal_windows;  // it is none
  spdlog::info("the pass over {} goes on behind the {} rows that it had read before a restart", title(),
               note.rows);
}

bool table_heal::note_is_due() const {
  return windows_since_note_ >= windows_between_notes;
}

// It says that nothing is left to be done for what was read until now. Keys that clients took over are known
// to this object alone, so it is seen first what became of them. Waiting for that costs nothing: the next
// window waits for the same records. Of rows that are too large it is only known here that they are owed:
// once there was one, the note stays behind it.
bool table_heal::keep_note() {
  settle_dropped();
  if (!keys_.empty()) {
    after_keys_ = phase_;
    phase_ = phase::keys;
    return false;
  }
  windows_since_note_ = 0;
  if (ground_.empty() || too_large_ > 0) return true;
  const pass_half half = phase_ == phase::ranges ? pass_half::legacy : pass_half::target;
  log_.log.note_heal(work_.marks.front(),
                     encode_pass_note({ground_, half, leaf_, block_, progress_.pass_rows}));
  noted_ = true;
  return true;
}

void table_heal::forget_note() {
  if (std::exchange(noted_, false)) log_.log.note_heal(work_.marks.front(), {});
}

bool table_heal::take_note(window_outcome outcome) {
  ++windows_;
  ++windows_since_note_;
  progress_.rows_read += outcome.rows;
  if (outcome.discarded) {
    ++discards_;
    return false;
  }
  discards_ = 0;
  progress_.rows_written += outcome.written;
  too_large_ += outcome.too_large;
  std::ranges::move(outcome.dropped, std::back_inserter(dropped_));
  return true;
}

// A discarded window comes again after a short while, a long pass leaves legacy some air.
step_result table_heal::pause() const {
  if (discards_ > 0)
    return {false, std::chrono::milliseconds(std::min(10U << std::min(discards_, 7U), 1000U))};
  if (windows_ > small_heal_windows) return {false, servers_.options.pause};
  return {};
}

step_result table_heal::heal_keys() {
  if (keys_.empty()) {
    phase_ = after_keys_;
    return {};
  }
  const auto count = std::min<std::size_t>(keys_.size(), window_keys_);
  const std::vector<std::string> keys(keys_.begin(), keys_.begin() + static_cast<std::ptrdiff_t>(count));
  client::connection& legacy = servers_.legacy.get();
  if (take_note(heal_through_window(log_, relation_,
                                    [&] { return read_by_key(legacy, relation_, equalities_, keys); }))) {
    keys_.erase(keys_.begin(), keys_.begin() + static_cast<std::ptrdiff_t>(count));
  } else {
    window_keys_ = shorter_window(count);
  }
  return pause();
}

step_result table_heal::heal_range() {
  const bool all_read = leaf_ == leaves_.size();
  // One that goes on in the other half is not noted behind where it stood.
  const bool to_note = all_read ? !surplus_from_ : note_is_due();
  if (to_note && !keep_note()) return {};
  if (all_read) {
    if (!legacy_lives_on()) {
      begin_ranges();
      return {};
    }
    phase_ = phase::fence;
    fence_.reset();
    return {};
  }
  client::connection& legacy = servers_.legacy.get();
  storage_leaf& leaf = leaves_[leaf_];
  if (block_ >= leaf.blocks && !size_read_again_) {
    leaf.blocks = blocks_of(legacy, leaf.oid);
    size_read_again_ = true;
  }
  if (block_ >= leaf.blocks) {
    ++leaf_;
    block_ = 0;
    size_read_again_ = false;
    return {};
  }
  if (filenode_of(legacy, leaf.oid) != leaf.filenode) {
    begin_ranges();  // rewritten meanwhile: blocks that were read may hold other rows now
    return {};
  }
  const std::uint64_t last = std::min(block_ + window_blocks_, leaf.blocks);
  auto outcome = heal_through_window(log_, relation_,
                                     [&] { return read_by_block(legacy, relation_, leaf, block_, last); });
  const std::uint64_t rows = outcome.rows;
  const std::uint64_t bytes = outcome.bytes;
  if (take_note(std::move(outcome))) {
    window_blocks_ =
        next_window_blocks(last - block_, rows, bytes, {.rows = servers_.options.rows_per_window});
    block_ = last;
    progress_.pass_rows += rows;
  } else {
    window_blocks_ = shorter_window(last - block_);
  }
  return pause();
}

step_result table_heal::wait_for_target() {
  if (!fence_) fence_ = log_.log.last_prepared(log_.partition);
  if (servers_.options.applied() < *fence_) return {false, fence_poll};
  const auto from = std::exchange(surplus_from_, std::nullopt);
  auto leaves = load_leaves(servers_.target.get(), relation_.name);
  const bool go_on = from && same_storage(leaves, target_leaves_);
  target_leaves_ = std::move(leaves);
  leaf_ = go_on ? std::min<std::size_t>(from->leaf, target_leaves_.size()) : 0;
  block_ = go_on ? from->block : 0;
  size_read_again_ = false;
  window_blocks_ = first_window_blocks;
  phase_ = phase::surplus;
  return {};
}

step_result table_heal::find_surplus() {
  if (note_is_due() && !keep_note()) return {};
  if (leaf_ == target_leaves_.size()) {
    phase_ = phase::dropped;
    return {};
  }
  client::connection& target = servers_.target.get();
  storage_leaf& leaf = target_leaves_[leaf_];
  if (block_ >= leaf.blocks && !size_read_again_) {
    leaf.blocks = blocks_of(target, leaf.oid);
    size_read_again_ = true;
  }
  if (block_ >= leaf.blocks) {
    ++leaf_;
    block_ = 0;
    size_read_again_ = false;
    return {};
  }
  const std::uint64_t last = std::min(block_ + window_blocks_, leaf.blocks);
  const auto keys = read_keys_by_block(target, relation_, leaf, block_, last);
  if (!keys.empty()) {
    for (auto& key : missing_on_legacy(servers_.legacy.get(), relation_, equalities_, keys)) {
      keys_.push_back(std::move(key));
    }
  }
  window_blocks_ =
      next_window_blocks(last - block_, keys.size(), 0, {.rows = servers_.options.rows_per_window});
  block_ = last;
  ++windows_;
  ++windows_since_note_;
  if (!keys_.empty()) {
    after_keys_ = phase::surplus;
    phase_ = phase::keys;
  }
  return pause();
}

step_result table_heal::heal_dropped() {
  if (dropped_.empty()) {
    if (!whole_) return finish();
    phase_ = phase::verify;
    return {};
  }
  settle_dropped();
  after_keys_ = phase::dropped;
  phase_ = phase::keys;
  return {};
}

step_result table_heal::verify() {
  // Rewritten behind the last window, or partitions came and went; or legacy has crashed meanwhile.
  if (!same_storage(leaves_, load_leaves(servers_.legacy.get(), relation_.name)) || !legacy_lives_on()) {
    begin_ranges();
    return {};
  }
  if (!same_storage(target_leaves_, load_leaves(servers_.target.get(), relation_.name))) {
    fence_.reset();
    phase_ = phase::fence;
    return {};
  }
  return finish();
}

void table_heal::settle_dropped() {
  for (auto& key : keys_to_heal_again(log_, dropped_)) keys_.push_back(std::move(key));
  dropped_.clear();
}

step_result table_heal::finish() {
  if (too_large_ > 0) {
    const std::uint64_t rows = too_large_;
    too_large_ = 0;
    start_over();
    throw std::runtime_error(fmt::format("{} rows of {} are too large to be mirrored", rows, title()));
  }
  phase_ = phase::finished;
  return {true, {}};
}

}  // namespace pgtandem::reconciler
