// Images and keys: from the text that the capture expression returns to what a record stores.
//
// The capture expression (protocol/catalog/image_sql.h) yields `tableoid row overlay`, where `row` is
// row_to_json of the whole row and `overlay` a JSON object of the columns for which row_to_json is not
// exact, each as text or as hex of the type's send function. No I/O, no exceptions, thread-safe.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/catalog/relation.h"
#include "protocol/types.h"

namespace pgtandem::change {

// The capture text split in three; the views point into it.
struct captured_row_view {
  oid_t tableoid;
  std::string_view row;      // {...}
  std::string_view overlay;  // {...} or empty
};

// nullopt if `text` is not what the capture expression yields.
[[nodiscard]] std::optional<captured_row_view> split_captured(std::string_view text);

// Decodes the base64 form that is used when client_encoding is not UTF8 (marker 'B'); see image_sql.h.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

// One member of a JSON object as PostgreSQL printed it; `name` and `value` are raw JSON tokens.
struct json_member_view {
  std::string_view name;
  std::string_view value;
};

// Top-level members of a JSON object, in order. nullopt if it is not one. Numbers stay text.
[[nodiscard]] std::optional<std::vector<json_member_view>> json_members(std::string_view object);

// The image that a record stores: `row` with the overlay's columns in canonical text appended, so that the
// last member of a name counts (as json_to_recordset does). nullopt if a member does not fit `relation`.
[[nodiscard]] std::optional<std::string> make_image(const captured_row_view& captured,
                                                    const catalog::relation& relation);

// The canonical key of an image: a JSON object of the key columns in key order, equal for equal rows.
// nullopt if a key column is missing (the table was altered behind our back).
[[nodiscard]] std::optional<std::string> make_key(std::string_view image, const catalog::relation& relation);

// Whether equal keys always have equal canonical text: then changes of a key may be coalesced.
[[nodiscard]] bool key_is_canonical(const catalog::relation& relation);

// What keys of these columns have in common that may be equal though their texts differ. nullopt where that
// may be any two keys: nothing tells them apart, or `key` has other columns.
[[nodiscard]] std::optional<std::string> key_likeness(std::string_view key,
                                                      const std::vector<catalog::key_column>& columns);

}  // namespace pgtandem::change
