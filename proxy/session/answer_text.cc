#include "proxy/session/answer_text.h"

#include <cstdio>

#include "protocol/wire/backend/command_complete.h"
#include "protocol/wire/backend/error_response.h"

namespace pgtandem::proxy {

std::string tag_of_rows(std::string_view complete, std::int32_t rows) {
  std::string_view rest = complete;
  wire::frame_view f;
  if (wire::next_frame(rest, f) != wire::frame_status::complete) return std::string(complete);
  const auto m = wire::decode_command_complete(f.body);
  const auto blank = m ? m->tag.rfind(' ') : std::string_view::npos;
  if (blank == std::string_view::npos) return std::string(complete);
  const std::string tag = std::string(m->tag.substr(0, blank + 1)) + std::to_string(rows);
  std::string bytes;
  wire::encode(wire::command_complete{tag}, bytes);
  return bytes;
}

bool ends_in_our_column(const wire::frame_view& row_description) {
  using namespace std::string_view_literals;
  constexpr auto name = "pgtandem_image\0"sv;
  constexpr std::size_t behind_name = 18;  // numbers of a field
  const std::string_view body = row_description.body;
  return body.size() >= name.size() + behind_name &&
         body.substr(body.size() - behind_name - name.size(), name.size()) == name;
}

std::string without_our_column(const wire::frame_view& error) {
  auto m = wire::decode_error_response(error.body);
  if (!m) return std::string(error.raw);
  int formats = 0, columns = 0, end = 0;
  std::string fixed;
  for (auto& [code, value] : m->fields) {
    if (code != 'M') continue;
    const std::string text(value);
    if (std::sscanf(text.c_str(), "bind message has %d result formats but query has %d columns%n", &formats,
                    &columns, &end) == 2 &&
        end == static_cast<int>(text.size())) {
      fixed = "bind message has " + std::to_string(formats - 1) + " result formats but query has " +
              std::to_string(columns - 1) + " columns";
      value = fixed;
    }
  }
  std::string bytes;
  wire::encode_error(*m, bytes);
  return bytes;
}

}  // namespace pgtandem::proxy
