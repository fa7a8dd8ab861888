#include <algorithm>
#include <random>
#include <string>

#include "protocol/sql/parse.h"
#include "protocol/sql/shape.h"
#include "protocol/sql/text_lru.h"

namespace pgtandem::sql {
namespace {

constexpr std::size_t max_cached_text = 16 * 1024;
constexpr std::size_t bytes_per_entry = 1024;  // on average; the bound is this times the capacity

// Only plain queries: elsewhere a literal may decide what happens, as in EXPLAIN (ANALYZE 0), and a text with
// COMMIT in it may have to be cut, which takes true offsets.
bool may_share(const parsed_text& parsed) {
  return parsed.ok &&
         std::all_of(parsed.statements.begin(), parsed.statements.end(), [](const statement& one) {
           return one.kind == statement_kind::select && one.effect == effect::harmless &&
                  !one.depends_on_literal;
         });
}

std::uint64_t random_seed() {
  std::random_device source;
  return (std::uint64_t{source()} << 32) | source();
}

}  // namespace

struct statement_cache::impl {
  explicit impl(std::size_t capacity, std::uint64_t seed)
      : texts(capacity, capacity * bytes_per_entry, seed),
        shapes(capacity, capacity * bytes_per_entry, seed) {}

  text_lru texts;
  text_lru shapes;
  std::string shape;  // kept for its memory
};

statement_cache::statement_cache(std::size_t capacity)
    : impl_(std::make_unique<impl>(capacity, random_seed())) {}
statement_cache::~statement_cache() = default;

std::shared_ptr<const parsed_text> statement_cache::get(std::string_view text) {
  if (text.size() > max_cached_text) return std::make_shared<const parsed_text>(parse(text));
  if (auto known = impl_->texts.find(text)) return known;
  const bool shaped = take_literals_out(text, impl_->shape);
  if (shaped) {
    if (auto known = impl_->shapes.find(impl_->shape)) return known;
  }
  parsed_text parsed = parse(text);
  const bool share = shaped && may_share(parsed);
  if (share) {
    // They would be right for this text alone: better for none than for one.
    for (statement& one : parsed.statements) one.offset = one.length = 0;
  }
  auto result = std::make_shared<const parsed_text>(std::move(parsed));
  if (share) {
    impl_->shapes.insert(impl_->shape, result);
  } else {
    impl_->texts.insert(text, result);
  }
  return result;
}

}  // namespace pgtandem::sql
