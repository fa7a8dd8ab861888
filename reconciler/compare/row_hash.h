// SQL that boils a row or its key down to 64 bits, alike on both servers. Pure functions.
//
// What is hashed is the text of the whole row as record_out prints it under pinned settings: it quotes, so
// that neither NULL and '' nor two swapped columns look alike, and it calls the types' own output functions.
#pragma once

#include <string>
#include <string_view>

#include "protocol/catalog/relation.h"

namespace pgtandem::reconciler {

struct hash_form {
  bool md5 = false;   // the servers' hashtextextended disagree
  bool utf8 = false;  // their encodings differ: hash the text's UTF-8
  friend bool operator==(const hash_form&, const hash_form&) = default;
};

// bigint of a text expression; `seed` tells apart hashes of the same text.
[[nodiscard]] std::string text_hash(std::string_view text, int seed, const hash_form& form);
// bigint of the row `t`: all columns of legacy's relation, by name, in legacy's order.
[[nodiscard]] std::string row_hash(const catalog::relation& legacy, const hash_form& form);
// int in [0, buckets) of the key of the row `t`; equal keys give equal buckets. `buckets` is a power of two.
[[nodiscard]] std::string key_bucket(const catalog::relation& legacy, std::uint32_t buckets,
                                     const hash_form& form);
// A query of one text column that both servers must answer alike.
[[nodiscard]] std::string probe_sql(const hash_form& form);
// Text of one column of the row `t` for people, NULL for NULL; a long one is cut and told apart by its md5.
[[nodiscard]] std::string shown_column(const catalog::column& column);

}  // namespace pgtandem::reconciler
