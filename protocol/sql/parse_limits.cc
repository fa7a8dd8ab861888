#include "protocol/sql/parse_limits.h"

#include <algorithm>
#include <array>
#include <vector>

#include "protocol/sql/lexical.h"

namespace pgtandem::sql {
namespace {

// The bound. Within one pair of brackets, operands are joined by chains of operators: a chain of n tokens
// makes at most n levels above its deepest operand. Where the grammar makes a flat list a new chain begins.
// What nests across such a border is counted apart and outlives it: CASE, NOT, BETWEEN, JOIN and prefix
// operators until the next comma, set operations until the bracket ends.
struct bracket {
  std::size_t set_operations = 0;
  std::size_t deepest = 0;  // of the list's items before

  std::size_t nested = 0;         // CASE ... in this item
  std::size_t deepest_chain = 0;  // of this item's chains before

  std::size_t run = 0;      // tokens of the current chain
  std::size_t operand = 0;  // depth of its deepest bracketed operand

  void next_chain() {
    deepest_chain = std::max(deepest_chain, run + operand);
    run = operand = 0;
  }
  void next_item() {
    next_chain();
    deepest = std::max(deepest, nested + deepest_chain);
    nested = deepest_chain = 0;
  }
  [[nodiscard]] std::size_t depth() const {
    return set_operations + std::max(deepest, nested + std::max(deepest_chain, run + operand));
  }
};

class meter {
 public:
  void token() { ++result_.tokens, ++top().run; }
  void nested(std::size_t levels) { ++result_.tokens, top().nested += levels; }
  void next_chain() { ++result_.tokens, top().next_chain(); }
  void next_item() { ++result_.tokens, top().next_item(); }
  void set_operation() { next_item(), ++top().set_operations; }
  void open() {
    token();
    open_.emplace_back().set_operations = 2;  // a sub-select comes with nodes around it
  }
  void close() {
    token();
    if (open_.size() == 1) return;  // the parser will complain
    const std::size_t depth = top().depth();
    open_.pop_back();
    top().operand = std::max(top().operand, depth);
  }
  void end_of_statement() {
    ++result_.statements;
    next_item();
    if (open_.size() > 1) return;
    result_.nesting = std::max(result_.nesting, top().depth());
    top() = {};
  }
  text_measure finish() {
    while (open_.size() > 1) close();
    end_of_statement();
    return result_;
  }

  void operators(std::size_t levels, bool prefix) {
    token();
    // Only these can be prefix operators that pile up: - - - 1, and the tail of +-+-+-1, which is cut into
    // pieces.
    top().nested += levels - 1 + (prefix ? 1 : 0);
  }

  void word(std::string_view text) {
    constexpr std::size_t longest = 9;
    std::array<char, longest> folded{};
    if (text.size() > longest) return token();
    std::transform(text.begin(), text.end(), folded.begin(), fold_ascii);
    const std::string_view key(folded.data(), text.size());
    if (key == "and" || key == "or" || key == "when" || key == "then" || key == "else") {
      next_chain();
    } else if (key == "union" || key == "intersect" || key == "except") {
      set_operation();
    } else if (key == "join") {
      next_chain();
      nested(1);
    } else if (key == "case") {
      nested(4);  // itself, its branch, and one operator each before it and in it
    } else if (key == "between") {
      nested(2);
    } else if (key == "not") {
      nested(1);
    } else {
      token();
    }
  }

 private:
  bracket& top() { return open_.back(); }

  text_measure result_;
  std::vector<bracket> open_{1};
};

}  // namespace

text_measure measure(std::string_view text) {
  meter result;
  token_kind previous = token_kind::end;
  for (scanner scan(text);;) {
    const token token = scan.next();
    switch (token.kind) {
      case token_kind::end:
        return result.finish();
      case token_kind::word:
        // After a dot a keyword is a mere name.
        if (previous == token_kind::dot) {
          result.token();
        } else {
          result.word(token.text);
        }
        break;
      case token_kind::operators: {
        const auto cut = std::count_if(token.text.begin() + 1, token.text.end(),
                                       [](char c) { return c == '+' || c == '-'; });
        result.operators(1 + static_cast<std::size_t>(cut), previous == token_kind::operators);
        break;
      }
      case token_kind::open:
        result.open();
        break;
      case token_kind::close:
        result.close();
        break;
      case token_kind::comma:
        result.next_item();
        break;
      case token_kind::semicolon:
        result.end_of_statement();
        break;
      case token_kind::dot:
        break;
      case token_kind::literal:
      case token_kind::other:
        result.token();
        break;
    }
    previous = token.kind;
  }
}

bool within_parse_limits(std::string_view text) {
  // Each level takes a byte at least.
  if (text.size() <= max_nesting) return true;
  if (text.size() > max_text_bytes) return false;
  const text_measure found = measure(text);
  return found.nesting <= max_nesting && found.tokens <= max_tokens && found.statements <= max_statements;
}

}  // namespace pgtandem::sql
