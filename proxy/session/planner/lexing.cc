#include "proxy/session/planner/lexing.h"

#include <algorithm>
#include <array>

#include "proxy/session/planner/characters.h"

namespace pgtandem::proxy {

using namespace std::literals;

void lexing::note_parameter(std::string_view name, std::string_view value) {
  // In these a byte of a character may look like a quote or a backslash.
  constexpr std::array unparsable{"SJIS"sv,    "BIG5"sv,  "GBK"sv,           "UHC"sv,
                                  "GB18030"sv, "JOHAB"sv, "SHIFT_JIS_2004"sv};
  if (name == "client_encoding")
    parsable_encoding_ = std::find(unparsable.begin(), unparsable.end(), value) == unparsable.end();
  else if (name == "standard_conforming_strings")
    standard_conforming_strings_ = value == "on";
}

bool lexing::awaited_for(std::string_view text) const {
  return unsure_ && depends_on_settings(text);
}

std::shared_ptr<const sql::parsed_text> lexing::understand(std::string_view text,
                                                           sql::statement_cache& known) const {
  // ASCII is the same in all of them.
  if (!parsable_encoding_ && depends_on_settings(text)) return nullptr;
  if (awaited_for(text)) return nullptr;
  if (!standard_conforming_strings_ && has_backslash(text)) return understand_anew(text);
  return known.get(text);
}

std::shared_ptr<const sql::parsed_text> lexing::understand_anew(std::string_view text) const {
  return std::make_shared<const sql::parsed_text>(
      standard_conforming_strings_ ? sql::parse(text) : sql::parse_with_backslashes(text));
}

}  // namespace pgtandem::proxy
