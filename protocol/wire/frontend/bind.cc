#include "protocol/wire/frontend/bind.h"

#include <utility>

#include "protocol/wire/body_reader.h"
#include "protocol/wire/message_writer.h"
#include "protocol/wire/types.h"

namespace pgtandem::wire {

namespace {

std::vector<std::int16_t> read_formats(body_reader& in) {
  const std::uint16_t count = in.count(2);
  std::vector<std::int16_t> formats;
  formats.reserve(count);
  for (std::uint16_t i = 0; i < count; ++i) formats.push_back(in.i16());
  return formats;
}

void write_formats(message_writer& w, std::span<const std::int16_t> formats) {
  w.count(formats.size());
  for (const std::int16_t format : formats) w.i16(format);
}

}  // namespace

void encode(const bind& m, std::string& out) {
  message_writer w(frontend_type::bind, out);
  w.cstring(m.portal);
  w.cstring(m.statement);
  write_formats(w, m.parameter_formats);
  w.count(m.parameters.size());
  for (const auto& parameter : m.parameters) w.value(parameter);
  write_formats(w, m.result_formats);
  w.finish();
}

std::optional<bind> decode_bind(std::string_view body) {
  body_reader in(body);
  bind m;
  m.portal = in.cstring();
  m.statement = in.cstring();
  m.parameter_formats = read_formats(in);
  const std::uint16_t count = in.count(4);
  m.parameters.reserve(count);
  for (std::uint16_t i = 0; i < count; ++i) m.parameters.push_back(in.value());
  m.result_formats = read_formats(in);
  return decoded(in, std::move(m));
}

std::optional<bind_header_view> decode_bind_header(std::string_view body) {
  body_reader in(body);
  bind_header_view m;
  m.portal = in.cstring();
  m.statement = in.cstring();
  const std::size_t begin = body.size() - in.remaining();
  const std::uint16_t format_count = in.count(2);
  (void)in.bytes(std::size_t{format_count} * 2);
  m.parameter_count = in.count(4);
  for (std::uint16_t i = 0; i < m.parameter_count && in.ok(); ++i) in.value();
  const std::size_t end = body.size() - in.remaining();
  m.parameters = body.substr(begin, end - begin);
  m.result_formats = read_formats(in);
  return decoded(in, std::move(m));
}

void encode_with_result_formats(const bind_header_view& m, std::span<const std::int16_t> formats,
                                std::string& out) {
  message_writer w(frontend_type::bind, out);
  w.cstring(m.portal);
  w.cstring(m.statement);
  w.bytes(m.parameters);
  write_formats(w, formats);
  w.finish();
}

bool encode_with_result_formats(std::string_view body, std::span<const std::int16_t> formats,
                                std::string& out) {
  const auto header = decode_bind_header(body);
  if (!header) return false;
  encode_with_result_formats(*header, formats, out);
  return true;
}

}  // namespace pgtandem::wire
