// What legacy answers in our columns: images, keys, exact texts, names and the witness. Its content is made
// of the application's values, so it may be anything.
#include <array>

#include "protocol/change/image.h"
#include "protocol/change/json_scan.h"
#include "protocol/change/value_text.h"
#include "protocol/wire/backend/data_row.h"
#include "protocol/wire/frame.h"
#include "proxy/session/capture/own_query.h"
#include "proxy/session/legs/answer_text.h"
#include "tests/fuzz/fuzz.h"

namespace pgtandem::fuzz {
namespace {

catalog::relation table() {
  catalog::relation r;
  r.oid = oid_t{100};
  r.name = {"public", "t"};
  const auto add = [&](const char* name, const char* type, catalog::column_form form) {
    catalog::column c;
    c.name = name;
    c.type = type;
    c.form = form;
    r.columns.push_back(std::move(c));
  };
  add("id", "numeric", catalog::column_form::json);
  add("c", "character(4)", catalog::column_form::json);
  add("f", "double precision", catalog::column_form::float8);
  add("g", "real", catalog::column_form::float4);
  add("i", "interval", catalog::column_form::interval);
  add("m", "money", catalog::column_form::money);
  add("j", "json", catalog::column_form::text);
  r.key = {{.column = 0, .form = catalog::key_form::numeric},
           {.column = 1, .form = catalog::key_form::bpchar}};
  return r;
}

void captured(std::string_view text) {
  static const catalog::relation relation = table();
  const auto row = change::split_captured(text);
  if (!row) return;
  const auto image = change::make_image(*row, relation);
  if (!image) return;
  require(change::json_members(*image).has_value(), "an image is a JSON object");
  const auto key = change::make_key(*image, relation);
  if (!key) return;
  const auto members = change::json_members(*key);
  require(members && members->size() == relation.key.size(), "a key has its columns and no more");
  const auto again = change::make_key(*key, relation);
  require(again == key, "a canonical key is its own key");
}

void json(std::string_view text) {
  change::json_scanner scan(text);
  if (scan.skip_value()) require(scan.position() <= text.size(), "the scanner stays inside");
  if (const auto members = change::json_members(text))
    for (const auto& m : *members) (void)change::unescape_json(m.name);
  const auto plain = change::unescape_json(text);
  if (plain && plain->find('\0') == std::string::npos) {  // no value of PostgreSQL's has one
    std::string token;
    change::append_json_string(token, *plain);
    require(change::unescape_json(token) == plain, "a string is read as it was written");
  }
}

void values(std::string_view hex) {
  (void)change::float4_text(hex);
  (void)change::float8_text(hex);
  (void)change::interval_text(hex);
  (void)change::money_text(hex);
  (void)change::decode_base64(hex);
}

void own_answers(input& in) {
  std::vector<std::string> storage;
  for (std::size_t n = in.below(9); n > 0; --n) storage.emplace_back(in.text());
  wire::data_row row;
  for (const std::string& s : storage)
    row.columns.push_back(s == "~" ? std::nullopt : std::optional<std::string_view>(s));
  (void)proxy::decode_names(row);
  (void)proxy::decode_witness(row);
}

// Tags and errors, which the session puts into other words.
void answers(std::string_view bytes) {
  const std::string tag = proxy::tag_of_rows(bytes, 3);
  require(tag.size() <= bytes.size() + 8, "a tag does not grow");
  std::string_view rest = bytes;
  wire::frame_view f;
  if (wire::next_frame(rest, f) == wire::frame_status::complete) {
    const std::string fixed = proxy::without_our_column(f);
    std::string_view out = fixed;
    require(wire::next_frame(out, f) == wire::frame_status::complete && out.empty(),
            "an error stays a message");
  }
}

}  // namespace
}  // namespace pgtandem::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pgtandem::fuzz;
  input in(data, size);
  switch (in.below(5)) {
    case 0:
      captured(in.rest());
      break;
    case 1:
      json(in.rest());
      break;
    case 2:
      values(in.rest());
      break;
    case 3:
      own_answers(in);
      break;
    default:
      answers(in.rest());
      break;
  }
  return 0;
}
