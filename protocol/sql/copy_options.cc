#include "protocol/sql/copy_options.h"

#include <optional>
#include <string_view>

#include "protocol/sql/lexical.h"

namespace pgtandem::sql {
namespace {

// As given; what is not follows from the layout.
struct options {
  copy::layout layout = copy::layout::text;
  std::optional<char> delimiter;
  std::optional<std::string> null;
  std::optional<char> quote;
  std::optional<char> escape;
  bool header = false;
};

std::string folded(std::string_view text) {
  std::string out;
  for (const char c : text) out += fold_ascii(c);
  return out;
}

std::optional<bool> boolean(const PgQuery__Node* value) {
  if (value == nullptr) return true;
  if (value->node_case == PG_QUERY__NODE__NODE_BOOLEAN) return value->boolean->boolval != 0;
  if (value->node_case == PG_QUERY__NODE__NODE_INTEGER) return value->integer->ival != 0;
  const std::string word = folded(string_of(*value));
  // HEADER MATCH compares the line, too.
  if (word == "true" || word == "on" || word == "match") return true;
  if (word == "false" || word == "off") return false;
  return std::nullopt;
}

bool read_layout(std::string_view name, options& out) {
  if (name == "text")
    out.layout = copy::layout::text;
  else if (name == "csv")
    out.layout = copy::layout::csv;
  else if (name == "binary")
    out.layout = copy::layout::binary;
  else
    return false;
  return true;
}

bool read_character(std::string_view text, std::optional<char>& out) {
  if (text.size() != 1) return false;
  out = text[0];
  return true;
}

bool read_option(const PgQuery__DefElem& option, options& out) {
  const std::string_view name = option.defname;
  if (name == "header") {
    const auto value = boolean(option.arg);
    out.header = value.value_or(false);
    return value.has_value();
  }
  if (option.arg == nullptr || option.arg->node_case != PG_QUERY__NODE__NODE_STRING) return false;
  const std::string_view value = string_of(*option.arg);
  if (name == "format") return read_layout(value, out);
  if (name == "delimiter") return read_character(value, out.delimiter);
  if (name == "quote") return read_character(value, out.quote);
  if (name == "escape") return read_character(value, out.escape);
  if (name != "null") return false;
  out.null = value;
  return true;
}

copy::format format_of(const options& given) {
  const bool csv = given.layout == copy::layout::csv;
  copy::format f;
  f.layout = given.layout;
  f.delimiter = given.delimiter.value_or(csv ? ',' : '\t');
  f.null = given.null.value_or(csv ? "" : "\\N");
  f.header = given.header;
  f.quote = given.quote.value_or('"');
  f.escape = given.escape.value_or(f.quote);
  return f;
}

}  // namespace

std::shared_ptr<const copy_source> read_copy_source(const PgQuery__CopyStmt& node) {
  const bool elsewhere = node.is_program != 0 || std::string_view(node.filename) != "";
  if (elsewhere || node.where_clause != nullptr) return nullptr;
  options given;
  for (std::size_t i = 0; i < node.n_options; ++i) {
    const PgQuery__Node& option = *node.options[i];
    if (option.node_case != PG_QUERY__NODE__NODE_DEF_ELEM || !read_option(*option.def_elem, given))
      return nullptr;
  }
  auto source = std::make_shared<copy_source>();
  source->format = format_of(given);
  for (std::size_t i = 0; i < node.n_attlist; ++i) source->columns.emplace_back(string_of(*node.attlist[i]));
  return source;
}

}  // namespace pgtandem::sql
