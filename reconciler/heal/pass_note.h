// How far a pass over a whole table has come, in a form that outlives the daemon: kept with the mark that the
// pass is for (outbox::log::note_heal), so that one which was interrupted goes on where it stood. Pure.
//
// A note says: every row that these blocks held has reached the log since the mark ripened. It is made when
// nothing is left to be done for them, so it may lag behind the pass and is never ahead of it. That stays
// true as long as block numbers mean the same rows, whatever clients do: what they write is recorded or
// marked. So a note counts for the same ground alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/catalog/relation.h"
#include "reconciler/server/storage.h"

namespace pgtandem::reconciler {

enum class pass_half : std::uint8_t { legacy = 1, target = 2 };

struct pass_note {
  std::string ground;
  pass_half half = pass_half::legacy;
  std::uint64_t leaf = 0;   // done are, of this half, the leaves before it
  std::uint64_t block = 0;  // and of this leaf the blocks before it
  std::uint64_t rows = 0;   // read on legacy until then
  friend bool operator==(const pass_note&, const pass_note&) = default;
};

[[nodiscard]] std::string encode_pass_note(const pass_note& note);
// nullopt: it says nothing that is understood. Never throws.
[[nodiscard]] std::optional<pass_note> decode_pass_note(std::string_view bytes);

// One side of the ground: which server it is (of legacy, in which life: what a crash took back may have been
// read) and which files hold the table's rows.
struct pass_side {
  std::string server;
  std::vector<storage_leaf> leaves;
};
// Equal where block numbers mean the same rows, and rows are read alike: the same servers, the same files,
// the same shape of the table. Empty: one of the servers cannot be told from another, so nothing is to be
// noted.
[[nodiscard]] std::string pass_ground(const catalog::relation& r, const pass_side& legacy,
                                      const pass_side& target);

}  // namespace pgtandem::reconciler
