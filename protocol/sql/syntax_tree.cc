#include "protocol/sql/syntax_tree.h"

#include <pg_query.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <string>

#include "protocol/sql/parse_limits.h"

namespace pgtandem::sql {
namespace {

class parser_output {
 public:
  explicit parser_output(const char* text) : result_(pg_query_parse_protobuf(text)) {}
  ~parser_output() { pg_query_free_protobuf_parse_result(result_); }
  parser_output(const parser_output&) = delete;
  parser_output& operator=(const parser_output&) = delete;

  [[nodiscard]] bool ok() const { return result_.error == nullptr; }
  [[nodiscard]] std::size_t size() const { return result_.parse_tree.len; }
  [[nodiscard]] const std::uint8_t* data() const {
    return reinterpret_cast<const std::uint8_t*>(result_.parse_tree.data);
  }

 private:
  PgQueryProtobufParseResult result_;
};

// Called from C, which cannot pass an exception on: no memory is a null pointer, and unpacking fails cleanly.
void* allocate(void* memory, std::size_t size) {
  try {
    return static_cast<std::pmr::memory_resource*>(memory)->allocate(size, alignof(std::max_align_t));
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void release(void*, void*) {}

template <class T>
const T& member(const ProtobufCMessage& node, unsigned offset) {
  return *reinterpret_cast<const T*>(reinterpret_cast<const char*>(&node) + offset);
}

void append_field(const ProtobufCMessage& node, const ProtobufCFieldDescriptor& field,
                  std::vector<visited_node>& out) {
  if (field.type != PROTOBUF_C_TYPE_MESSAGE) return;
  if (field.label == PROTOBUF_C_LABEL_REPEATED) {
    const auto count = member<std::size_t>(node, field.quantifier_offset);
    const auto* items = member<ProtobufCMessage* const*>(node, field.offset);
    for (std::size_t i = 0; i < count; ++i) out.push_back({items[i], &node});
    return;
  }
  if ((field.flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 &&
      member<std::uint32_t>(node, field.quantifier_offset) != field.id)
    return;
  if (const auto* child = member<const ProtobufCMessage*>(node, field.offset)) out.push_back({child, &node});
}

}  // namespace

std::optional<syntax_tree> syntax_tree::parse(std::string_view text) {
  // The parser takes a C string, and would read less than the server does.
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  if (!within_parse_limits(text)) return std::nullopt;
  const std::string terminated(text);
  const parser_output output(terminated.c_str());
  if (!output.ok()) return std::nullopt;
  auto memory = std::make_unique<arena>(output.size() * 8 + 1024);
  ProtobufCAllocator allocator{allocate, release, memory.get()};
  const auto* root = pg_query__parse_result__unpack(&allocator, output.size(), output.data());
  if (root == nullptr) return std::nullopt;
  return syntax_tree(std::move(memory), root);
}

void append_children(const ProtobufCMessage& node, std::vector<visited_node>& out) {
  const ProtobufCMessageDescriptor& descriptor = *node.descriptor;
  if (&descriptor == &pg_query__node__descriptor) {  // one of some 230: ask which instead of trying each
    const auto chosen = static_cast<unsigned>(node_cast<PgQuery__Node>(node).node_case);
    const auto* field = protobuf_c_message_descriptor_get_field(&descriptor, chosen);
    if (field != nullptr) append_field(node, *field, out);
    return;
  }
  for (unsigned i = 0; i < descriptor.n_fields; ++i) append_field(node, descriptor.fields[i], out);
}

std::string_view string_of(const PgQuery__Node& node) {
  if (node.node_case != PG_QUERY__NODE__NODE_STRING) return {};
  return node.string->sval;
}

}  // namespace pgtandem::sql
