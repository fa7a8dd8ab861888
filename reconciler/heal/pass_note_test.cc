#include "reconciler/heal/pass_note.h"

#include <gtest/gtest.h>

#include <functional>

namespace pgtandem::reconciler {
namespace {

TEST(pass_note, is_read_back_and_damage_is_none) {
  const pass_note note{"ground", pass_half::target, 3, 1'000'000'000'000, 7};
  const std::string bytes = encode_pass_note(note);
  EXPECT_EQ(decode_pass_note(bytes), note);
  for (std::size_t i = 0; i < bytes.size(); ++i) EXPECT_FALSE(decode_pass_note(bytes.substr(0, i))) << i;
  EXPECT_FALSE(decode_pass_note(bytes + "x"));
  EXPECT_FALSE(decode_pass_note('\2' + bytes.substr(1))) << "a later version";
  std::string other_half = bytes;
  other_half[bytes.find("ground") + 6] = 3;
  EXPECT_FALSE(decode_pass_note(other_half));
}

storage_leaf leaf(std::uint32_t oid, std::uint64_t filenode) {
  storage_leaf l;
  l.oid = oid_t(oid);
  l.filenode = filenode;
  return l;
}

struct ground_parts {
  catalog::relation relation;
  pass_side legacy{"here/00000001", {leaf(16384, 16384), leaf(16390, 17000)}};
  pass_side target{"there/00000001", {leaf(16384, 16384)}};

  ground_parts() { relation.shape = {"column id integer", "column v text", "key id"}; }
  [[nodiscard]] std::string ground() const { return pass_ground(relation, legacy, target); }
};

TEST(pass_ground, is_another_one_where_anything_of_it_changed) {
  const std::string before = ground_parts{}.ground();
  const std::vector<std::function<void(ground_parts&)>> changes = {
      [](auto& g) { g.legacy.leaves[1].filenode = 17001; },  // rewritten
      [](auto& g) { g.legacy.leaves[0].oid = oid_t(16385); },
      [](auto& g) { g.legacy.leaves.pop_back(); },  // a partition was dropped
      [](auto& g) { g.target.leaves[0].filenode = 16385; },
      [](auto& g) { g.legacy.server = "here/00000002"; },
      [](auto& g) { g.target.server = "elsewhere/00000001"; },
      [](auto& g) { g.relation.shape[1] = "column v varchar"; },
      [](auto& g) { g.target.leaves.push_back(g.legacy.leaves[1]), g.legacy.leaves.pop_back(); },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    ground_parts parts;
    changes[i](parts);
    EXPECT_NE(parts.ground(), before) << i;
  }
}

TEST(pass_ground, is_the_same_whatever_grew_and_in_whatever_order_the_shape_comes) {
  const std::string before = ground_parts{}.ground();
  ground_parts parts;
  parts.legacy.leaves[0].blocks = 99;
  parts.target.leaves[0].rows = 99;
  std::swap(parts.relation.shape[0], parts.relation.shape[2]);
  EXPECT_EQ(parts.ground(), before);
}

TEST(pass_ground, is_nothing_without_knowing_which_servers_these_are) {
  ground_parts parts;
  parts.legacy.server = "";
  EXPECT_EQ(parts.ground(), "");
}

}  // namespace
}  // namespace pgtandem::reconciler
