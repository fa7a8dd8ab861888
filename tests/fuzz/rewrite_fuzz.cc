// SQL text from a client: whatever it is, the parser's classification stays inside the text; a rewritten
// statement is the client's with one result column more; texts that differ in literals alone are classified
// alike, also out of the cache.
#include <vector>

#include "protocol/sql/characters.h"
#include "protocol/sql/lexical.h"
#include "protocol/sql/parse.h"
#include "protocol/sql/parse_limits.h"
#include "protocol/sql/rewrite.h"
#include "protocol/sql/shape.h"
#include "protocol/sql/syntax_tree.h"
#include "proxy/session/planner/unknown_text.h"
#include "tests/fuzz/fuzz.h"

namespace pgtandem::fuzz {
namespace {

constexpr std::string_view image = "pg_catalog.concat(pg_catalog.row_to_json(\"t\".*), ')', $$--$$)";

std::size_t* returning_count(PgQuery__Node& node) {
  switch (node.node_case) {
    case PG_QUERY__NODE__NODE_INSERT_STMT:
      return &node.insert_stmt->n_returning_list;
    case PG_QUERY__NODE__NODE_UPDATE_STMT:
      return &node.update_stmt->n_returning_list;
    case PG_QUERY__NODE__NODE_DELETE_STMT:
      return &node.delete_stmt->n_returning_list;
    default:
      return nullptr;
  }
}

std::vector<unsigned char> packed(const PgQuery__Node& node) {
  std::vector<unsigned char> bytes(pg_query__node__get_packed_size(&node));
  pg_query__node__pack(&node, bytes.data());
  return bytes;
}

void check_rewrite(std::string_view before, const sql::statement& one) {
  const std::string after = sql::add_returning(before, *one.dml, image);
  require(after.starts_with(before), "the client's text keeps its place");
  const auto old_tree = sql::syntax_tree::parse(before);
  require(old_tree && old_tree->root().n_stmts == 1, "a statement can stand alone");
  const auto new_tree = sql::syntax_tree::parse(after);
  require(new_tree && new_tree->root().n_stmts == 1, "a rewritten statement is one statement");
  PgQuery__Node& old_node = *old_tree->root().stmts[0]->stmt;
  PgQuery__Node& new_node = *new_tree->root().stmts[0]->stmt;
  std::size_t* old_count = returning_count(old_node);
  std::size_t* new_count = returning_count(new_node);
  require(old_count && new_count && *new_count == *old_count + 1, "there is one column more");
  require(one.dml->has_returning == (*old_count > 0), "it is known whether the client asked for rows");
  --*new_count;
  require(packed(old_node) == packed(new_node), "nothing else has changed");
}

bool alike(const sql::statement& a, const sql::statement& b) {
  return a.kind == b.kind && a.effect == b.effect && a.changes_names == b.changes_names &&
         a.and_chain == b.and_chain && a.refuses_transaction_block == b.refuses_transaction_block &&
         a.with_hold == b.with_hold && a.deallocates == b.deallocates &&
         a.dml.has_value() == b.dml.has_value() && a.written == b.written && a.read == b.read;
}

void require_alike(const sql::parsed_text& a, const sql::parsed_text& b, std::string_view property) {
  require(a.ok == b.ok && a.statements.size() == b.statements.size(), property);
  for (std::size_t i = 0; i < a.statements.size(); ++i)
    require(alike(a.statements[i], b.statements[i]), property);
}

// Another text of the same shape.
std::string with_other_literals(std::string_view shape) {
  std::string text;
  for (const char c : shape) {
    if (c == '\x01')
      text += "7";
    else if (c == '\x02')
      text += "3.25";
    else if (c == '\x03')
      text += "'zz'";
    else
      text += c;
  }
  return text;
}

void check_shape(std::string_view text, const sql::parsed_text& parsed) {
  std::string shape;
  if (!sql::take_literals_out(text, shape)) return;
  const std::string other = with_other_literals(shape);
  std::string other_shape;
  require(sql::take_literals_out(other, other_shape) && other_shape == shape,
          "other literals, the same shape");
  bool harmless_queries = parsed.ok;
  for (const auto& s : parsed.statements)
    harmless_queries &= s.kind == sql::statement_kind::select && s.effect == sql::effect::harmless;
  if (harmless_queries) require_alike(parsed, sql::parse(other), "one shape, one classification");
  sql::statement_cache cache(4);
  require_alike(*cache.get(text), parsed, "the cache says what the parser says");
  (void)cache.get(other);
  require_alike(*cache.get(text), parsed, "the cache says what the parser says, however it was filled");
}

void check_text(std::string_view text) {
  sql::scanner scan(text);
  while (scan.next().kind != sql::token_kind::end)
    require(scan.position() <= text.size(), "tokens stay inside");
  const auto unknown = proxy::one_unknown_statement(text);
  if (unknown) require(unknown->offset + unknown->length <= text.size(), "a statement lies inside its text");
  const sql::parsed_text parsed = sql::parse(text);
  require(parsed.ok || parsed.statements.empty(), "nothing is said of what is not understood");
  std::size_t end = 0;
  for (const sql::statement& one : parsed.statements) {
    require(one.offset >= end && one.offset + one.length <= text.size(),
            "statements follow each other inside");
    end = one.offset + one.length;
    require(sql::count_characters(text.substr(0, one.offset)) <= static_cast<std::int32_t>(one.offset),
            "positions are shifted by no more than the text before");
    if (one.dml) check_rewrite(text.substr(one.offset, one.length), one);
  }
  check_shape(text, parsed);
}

}  // namespace
}  // namespace pgtandem::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // The server refuses a NUL byte, too; beyond this size only the parser gets slower.
  if (size <= 16 * 1024) pgtandem::fuzz::check_text({reinterpret_cast<const char*>(data), size});
  return 0;
}
