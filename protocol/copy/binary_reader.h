// COPY's binary layout: a header, rows of fields with their lengths, a trailer. Sans-I/O; one per COPY.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/copy/key_collector.h"

namespace pgtandem::copy {

class binary_reader {
 public:
  void read(std::string_view piece, key_collector& to);
  void finish(key_collector& to);

 private:
  enum class part : std::uint8_t { header, extension, fields, length, value, trailer };
  // How many bytes the present part needs before it means something; 0: it is taken as it comes.
  [[nodiscard]] std::size_t needed() const;
  void take(key_collector& to);  // of buffer_, which is complete
  void begin_field(key_collector& to);
  // Takes bytes of what passes as it comes; how many.
  [[nodiscard]] std::size_t pass(std::string_view piece, key_collector& to);

  part part_ = part::header;
  std::string buffer_;
  std::uint32_t left_ = 0;    // bytes of the extension or value
  std::uint16_t fields_ = 0;  // of the row that are still to come
};

}  // namespace pgtandem::copy
