#include "protocol/wire/message_writer.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace pgtandem::wire {
namespace {

TEST(message_writer, an_unfinished_message_leaves_nothing) {
  std::string out = "kept";
  {
    message_writer w('D', out);
    w.u32(1);
  }
  EXPECT_EQ(out, "kept");
}

// A value of 4 GB would wrap a 32-bit length. Only the size of the view is looked at before it is refused.
TEST(message_writer, a_value_beyond_any_message_is_refused_before_it_is_copied) {
  std::string out = "kept";
  const char byte = 'x';
  const std::string_view huge(&byte, (std::size_t{1} << 32) + 4);
  EXPECT_THROW(
      {
        message_writer w('D', out);
        w.value(huge);
      },
      std::length_error);
  EXPECT_EQ(out, "kept");
}

}  // namespace
}  // namespace pgtandem::wire
