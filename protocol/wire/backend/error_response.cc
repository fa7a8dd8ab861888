#include "protocol/wire/backend/error_response.h"

#include <charconv>
#include <stdexcept>

#include "protocol/wire/body_reader.h"
#include "protocol/wire/message_writer.h"

namespace pgtandem::wire {

namespace {

std::optional<error_fields> decode_fields(std::string_view body) {
  body_reader in(body);
  error_fields m;
  for (char code = in.u8(); code != '\0'; code = in.u8()) m.fields.emplace_back(code, in.cstring());
  return decoded(in, std::move(m));
}

void encode_fields(char type, const error_fields& m, std::string& out) {
  message_writer w(type, out);
  for (const auto& [code, text] : m.fields) {
    if (code == '\0') throw std::invalid_argument("field code 0 would end the message");
    w.u8(code);
    w.cstring(text);
  }
  w.u8('\0');
  w.finish();
}

void encode_report(char type, const error_report& report, std::string& out) {
  error_fields m;
  const auto add = [&m](char code, std::string_view text) {
    m.fields.emplace_back(code, text.substr(0, text.find('\0')));
  };
  add(error_field::severity_localized, report.severity);
  add(error_field::severity, report.severity);
  add(error_field::sqlstate, report.sqlstate);
  add(error_field::message, report.message);
  if (!report.detail.empty()) add(error_field::detail, report.detail);
  if (!report.hint.empty()) add(error_field::hint, report.hint);
  encode_fields(type, m, out);
}

std::optional<std::int64_t> to_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  // Beyond any statement's length: nothing that moving would make sense of, and moving it might overflow.
  constexpr std::int64_t most = std::int64_t{1} << 32;
  if (number < 0 || number > most) return std::nullopt;
  return number;
}

}  // namespace

std::optional<std::string_view> error_fields::field(char code) const {
  for (const auto& [c, text] : fields) {
    if (c == code) return text;
  }
  return std::nullopt;
}

std::optional<error_fields> decode_error_response(std::string_view body) {
  return decode_fields(body);
}
std::optional<error_fields> decode_notice_response(std::string_view body) {
  return decode_fields(body);
}

void encode_error(const error_fields& m, std::string& out) {
  encode_fields(backend_type::error_response, m, out);
}
void encode_notice(const error_fields& m, std::string& out) {
  encode_fields(backend_type::notice_response, m, out);
}

void encode_error(const error_report& report, std::string& out) {
  encode_report(backend_type::error_response, report, out);
}
void encode_notice(const error_report& report, std::string& out) {
  encode_report(backend_type::notice_response, report, out);
}

std::optional<std::string> move_error_position(std::string_view body,
                                               const std::function<std::int64_t(std::int64_t)>& moved,
                                               char type) {
  const auto fields = decode_fields(body);
  if (!fields) return std::nullopt;
  std::string out;
  message_writer w(type, out);
  for (const auto& [code, text] : fields->fields) {
    const auto position = code == error_field::position ? to_number(text) : std::nullopt;
    const std::int64_t there = position ? moved(*position) : 1;
    if (there < 1) continue;
    w.u8(code);
    w.cstring(position ? std::string_view(std::to_string(there)) : text);
  }
  w.u8('\0');
  w.finish();
  return out;
}

std::optional<std::string> shift_error_position(std::string_view body, std::int32_t delta_chars, char type) {
  return move_error_position(
      body, [delta_chars](std::int64_t at) { return at + delta_chars; }, type);
}

}  // namespace pgtandem::wire
