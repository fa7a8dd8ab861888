// How the data of a COPY FROM STDIN are written, as its options say. Plain data.
#pragma once

#include <cstdint>
#include <string>

namespace pgtandem::copy {

enum class layout : std::uint8_t { text, csv, binary };

struct format {
  copy::layout layout = layout::text;
  char delimiter = '\t';
  std::string null = "\\N";
  bool header = false;
  char quote = '"';   // csv
  char escape = '"';  // csv
  friend bool operator==(const format&, const format&) = default;
};

}  // namespace pgtandem::copy
