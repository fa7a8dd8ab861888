// Gathers the keys of the rows that a COPY stream carries, field by field, as arrays in PostgreSQL's text
// form: one for each column of the key. Bounded: beyond its limit it gives up, and so it does wherever a
// reader does not understand what it reads. Sans-I/O; one per COPY, not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pgtandem::copy {

// What a column's value is in binary data; text data need no conversion.
enum class key_type : std::uint8_t { text, integer, uuid };

struct key_place {
  std::size_t field = 0;  // which field of a row holds this column of the key
  key_type type = key_type::text;
};

struct copied_rows {
  std::uint64_t rows = 0;
  std::vector<std::string> keys;  // one array for each column of the key
};

class key_collector {
 public:
  // Rows have so many fields; the keys take no more than about `limit` bytes.
  key_collector(std::size_t fields, std::vector<key_place> keys, std::size_t limit, bool binary);

  // Whether the value of the present field counts at all.
  [[nodiscard]] bool wants_field() const { return key_ != none; }
  void append(std::string_view bytes);
  void append(char c) {
    if (key_ != none) append(std::string_view(&c, 1));
  }
  void end_field(bool is_null);
  void end_row();

  void give_up();
  [[nodiscard]] bool lost() const { return lost_; }
  // All rows have been read; nullopt: their keys are not known.
  [[nodiscard]] std::optional<copied_rows> take();

 private:
  static constexpr std::size_t none = ~std::size_t{0};
  void begin_field(std::size_t field);
  // The text form of value_; false: it is none of its type.
  [[nodiscard]] bool to_text();

  std::vector<key_place> places_;
  std::vector<std::size_t> key_of_field_;  // index into places_, or none
  std::size_t limit_;
  bool binary_;
  copied_rows rows_;
  std::size_t bytes_ = 0;
  std::size_t field_ = 0;
  std::size_t key_ = none;  // of the present field
  std::string value_;
  bool lost_ = false;
};

}  // namespace pgtandem::copy
