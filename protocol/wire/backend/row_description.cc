#include "protocol/wire/backend/row_description.h"

#include <utility>

#include "protocol/wire/body_reader.h"
#include "protocol/wire/message_writer.h"
#include "protocol/wire/types.h"

namespace pgtandem::wire {

namespace {

// Behind the name: table and type OID, attribute, size, modifier, format.
constexpr std::size_t fixed_field_size = 4 + 2 + 4 + 2 + 4 + 2;
constexpr std::size_t min_field_size = 1 + fixed_field_size;

field_description read_field(body_reader& in) {
  field_description f;
  f.name = in.cstring();
  f.table_oid = in.u32();
  f.column_attr = in.i16();
  f.type_oid = in.u32();
  f.type_size = in.i16();
  f.type_modifier = in.i32();
  f.format = in.i16();
  return f;
}

}  // namespace

void encode(const row_description& m, std::string& out) {
  message_writer w(backend_type::row_description, out);
  w.count(m.fields.size());
  for (const field_description& f : m.fields) {
    w.cstring(f.name);
    w.u32(f.table_oid);
    w.i16(f.column_attr);
    w.u32(f.type_oid);
    w.i16(f.type_size);
    w.i32(f.type_modifier);
    w.i16(f.format);
  }
  w.finish();
}

std::optional<row_description> decode_row_description(std::string_view body) {
  body_reader in(body);
  row_description m;
  const std::uint16_t count = in.count(min_field_size);
  m.fields.reserve(count);
  for (std::uint16_t i = 0; i < count; ++i) m.fields.push_back(read_field(in));
  return decoded(in, std::move(m));
}

bool row_description_drop_last(std::string_view body, std::string& out_message) {
  body_reader in(body);
  const std::uint16_t count = in.count(min_field_size);
  if (count == 0) return false;
  std::size_t last = 0;
  for (std::uint16_t i = 0; i < count && in.ok(); ++i) {
    last = body.size() - in.remaining();
    (void)in.cstring();
    (void)in.bytes(fixed_field_size);
  }
  if (!in.finished()) return false;
  message_writer w(backend_type::row_description, out_message);
  w.count(count - 1u);
  w.bytes(body.substr(2, last - 2));
  w.finish();
  return true;
}

}  // namespace pgtandem::wire
