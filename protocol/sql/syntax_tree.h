// PostgreSQL's raw parse tree of a text, as libpg_query's protobuf-c structures, and a walk over all of its
// nodes. Private to this folder. Owns every node; references into it live as long as the tree. Immutable
// after parsing, so that threads may read it together; parsing itself is thread-safe (libpg_query keeps its
// state per thread).
#pragma once

#include <pg_query/pg_query.pb-c.h>

#include <memory>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace pgtandem::sql {

class syntax_tree {
 public:
  // nullopt: the parser refuses the text, or the text is beyond what it may be given (parse_limits.h).
  [[nodiscard]] static std::optional<syntax_tree> parse(std::string_view text);

  [[nodiscard]] const PgQuery__ParseResult& root() const { return *root_; }

 private:
  using arena = std::pmr::monotonic_buffer_resource;
  syntax_tree(std::unique_ptr<arena> memory, const PgQuery__ParseResult* root)
      : memory_(std::move(memory)), root_(root) {}

  std::unique_ptr<arena> memory_;  // holds all nodes: nothing is freed one by one
  const PgQuery__ParseResult* root_;
};

// A node as the walk meets it; `parent` is null for the root.
struct visited_node {
  const ProtobufCMessage* node;
  const ProtobufCMessage* parent;
};

// Appends the direct children of a message, absent ones left out.
void append_children(const ProtobufCMessage& node, std::vector<visited_node>& out);

// Visits `root` and everything below it, by the descriptors alone, so that no kind of node can be forgotten.
// `visit(visited_node)` says whether to go below that node. Uses the heap, not the stack, for depth.
template <class Visit>
void walk(const ProtobufCMessage& root, Visit&& visit) {
  std::vector<visited_node> open{{&root, nullptr}};
  while (!open.empty()) {
    const visited_node next = open.back();
    open.pop_back();
    if (visit(next)) append_children(*next.node, open);
  }
}

template <class T>
[[nodiscard]] const T& node_cast(const ProtobufCMessage& node) {
  return reinterpret_cast<const T&>(node);
}

// The string inside a Node that holds a String; empty for other nodes.
[[nodiscard]] std::string_view string_of(const PgQuery__Node& node);

}  // namespace pgtandem::sql
