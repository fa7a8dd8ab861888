#include "proxy/session/legs/answer_text.h"

#include <charconv>

#include "protocol/wire/backend/command_complete.h"
#include "protocol/wire/backend/error_response.h"

namespace pgtandem::proxy {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// "bind message has 3 result formats but query has 2 columns": both counts include what is ours.
std::string with_numbers_less_one(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t start = i;
    while (i < text.size() && is_digit(text[i])) ++i;
    std::uint32_t number = 0;
    const auto [_, error] = std::from_chars(text.data() + start, text.data() + i, number);
    if (error == std::errc{} && number > 0)
      out += std::to_string(number - 1);
    else
      out += text[i++];
  }
  return out;
}

}  // namespace

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
  // The routine's name tells this error from others of its SQLSTATE in every language of lc_messages.
  if (!m || m->field('R') != "PortalSetResultFormat") return std::string(error.raw);
  std::string fixed;
  for (auto& [code, value] : m->fields) {
    if (code != 'M') continue;
    fixed = with_numbers_less_one(value);
    value = fixed;
  }
  std::string bytes;
  wire::encode_error(*m, bytes);
  return bytes;
}

std::string as_of_statement(const wire::frame_view& error, std::string_view command) {
  auto m = wire::decode_error_response(error.body);
  if (!m) return std::string(error.raw);
  // Command names are not translated: "cannot execute SELECT FOR UPDATE in a read-only transaction".
  constexpr std::string_view own = "SELECT FOR UPDATE";
  std::string message(m->field('M').value_or(""));
  if (const auto at = message.find(own); at != std::string::npos) message.replace(at, own.size(), command);
  // A place in a text that the client has not sent.
  std::erase_if(m->fields, [](const auto& field) { return field.first == 'P'; });
  for (auto& [code, value] : m->fields)
    if (code == 'M') value = message;
  std::string bytes;
  wire::encode_error(*m, bytes);
  return bytes;
}

}  // namespace pgtandem::proxy
