// Answers of legacy put into the words it would have used without our rewriting. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/wire/frame.h"

namespace pgtandem::proxy {

// A portal that is fetched in parts counts in its tag what the last part gave. `complete` is a
// CommandComplete.
[[nodiscard]] std::string tag_of_rows(std::string_view complete, std::int32_t rows);

// The error of a Bind with a wrong number of result formats: legacy counts our column, and our format, too.
[[nodiscard]] std::string without_our_column(const wire::frame_view& error);

// The error of an own query that reads keys ahead of an UPDATE or DELETE (`command`), as that one would have
// failed.
[[nodiscard]] std::string as_of_statement(const wire::frame_view& error, std::string_view command);

// Whether the last field of a RowDescription is the image of a rewritten statement.
[[nodiscard]] bool ends_in_our_column(const wire::frame_view& row_description);

}  // namespace pgtandem::proxy
