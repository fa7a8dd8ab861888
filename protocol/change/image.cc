#include "protocol/change/image.h"

#include <algorithm>

#include "protocol/change/json_scan.h"
#include "protocol/change/value_text.h"

namespace pgtandem::change {

namespace {

using catalog::column_form;

bool names(std::string_view token, std::string_view column) {
  // Nearly all names need no escape.
  if (token.find('\\') == std::string_view::npos)
    return token.size() == column.size() + 2 && token.substr(1, column.size()) == column;
  return unescape_json(token) == column;
}

// Members usually come in the order of the columns: `hint` is where the search begins and is moved along.
std::optional<std::size_t> find_column(std::string_view token, const catalog::relation& r,
                                       std::size_t& hint) {
  for (std::size_t i = 0; i < r.columns.size(); ++i) {
    const std::size_t at = (hint + i) % r.columns.size();
    if (!names(token, r.columns[at].name)) continue;
    hint = at + 1;
    return at;
  }
  return std::nullopt;
}

// The JSON token for a column's exact text. `own` is what row_to_json gave for it.
std::optional<std::string> exact_token(column_form form, std::string_view overlay, std::string_view own) {
  if (overlay == "null") return "null";
  if (overlay.size() < 2 || overlay.front() != '"') return std::nullopt;
  if (form == column_form::text) return std::string{overlay};
  const auto hex = overlay.substr(1, overlay.size() - 2);
  std::optional<std::string> text;
  switch (form) {
    case column_form::float4:
      text = float4_text(hex);
      break;
    case column_form::float8:
      text = float8_text(hex);
      break;
    case column_form::money:
      text = money_text(hex);
      break;
    case column_form::interval:
      // The same bits are an infinite interval since PostgreSQL 17 and a finite one before: legacy knows.
      if (own == "\"infinity\"" || own == "\"-infinity\"") return std::string{own};
      text = interval_text(hex);
      break;
    case column_form::char_code:
      text = char_code_text(hex);
      break;
    default:
      return std::nullopt;
  }
  if (!text) return std::nullopt;
  return '"' + *text + '"';
}

// Generated columns are never written, so their values need not be exact.
bool needs_overlay(const catalog::column& c) {
  return c.form != column_form::json && !c.generated;
}

}  // namespace

std::optional<std::string> make_image(const captured_row_view& captured, const catalog::relation& relation) {
  const auto row = json_members(captured.row);
  const auto overlay = json_members(captured.overlay.empty() ? "{}" : captured.overlay);
  const auto in_row = std::count_if(relation.columns.begin(), relation.columns.end(),
                                    [](const catalog::column& c) { return !c.apart; });
  if (!row || !overlay || std::ssize(*row) != in_row) return std::nullopt;

  std::vector<std::string_view> own(relation.columns.size());
  std::size_t hint = 0;
  for (const auto& member : *row) {
    const auto column = find_column(member.name, relation, hint);
    if (!column || !own[*column].empty()) return std::nullopt;
    own[*column] = member.value;
  }

  std::string image;
  image.reserve(captured.row.size() + captured.overlay.size() + 16);
  image.append(captured.row.substr(0, captured.row.rfind('}')));
  std::vector<bool> exact(relation.columns.size());
  hint = 0;
  for (const auto& member : *overlay) {
    const auto column = find_column(member.name, relation, hint);
    if (!column || exact[*column]) return std::nullopt;
    const auto token = exact_token(relation.columns[*column].form, member.value, own[*column]);
    if (!token) return std::nullopt;
    if (!image.ends_with('{')) image.push_back(',');
    image.append(member.name).append(":").append(*token);
    exact[*column] = true;
  }
  for (std::size_t i = 0; i < exact.size(); ++i)
    if (!exact[i] && needs_overlay(relation.columns[i])) return std::nullopt;
  image.push_back('}');
  return image;
}

namespace {

// "1.50" -> "1.5", "-0.00" -> "0", "NaN" stays: numeric's equality on its text, a JSON number or string.
std::optional<std::string> canonical_numeric(std::string_view token) {
  auto text = token;
  if (text.size() >= 2 && text.front() == '"') text = text.substr(1, text.size() - 2);
  if (text == "NaN" || text == "Infinity" || text == "-Infinity") return '"' + std::string{text} + '"';
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto point = text.find('.');
  auto whole = text.substr(0, point);
  auto fraction = point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
  constexpr auto digits = "0123456789";
  if (whole.empty() || whole.find_first_not_of(digits) != std::string_view::npos) return std::nullopt;
  if (fraction.find_first_not_of(digits) != std::string_view::npos) return std::nullopt;
  while (whole.size() > 1 && whole.front() == '0') whole.remove_prefix(1);
  while (fraction.ends_with('0')) fraction.remove_suffix(1);
  std::string out;
  if (negative && !(whole == "0" && fraction.empty())) out.push_back('-');
  out.append(whole);
  if (!fraction.empty()) out.append(".").append(fraction);
  return out;
}

std::optional<std::string> canonical_key_token(catalog::key_form form, std::string_view token) {
  if (token == "null") return std::nullopt;  // key columns are NOT NULL
  if (form == catalog::key_form::numeric) return canonical_numeric(token);
  if (token.front() != '"') return std::string{token};
  if (form == catalog::key_form::floating) return token == "\"-0\"" ? "\"0\"" : std::string{token};
  const bool trim = form == catalog::key_form::bpchar && token.size() > 2;
  if (!trim && token.find('\\') == std::string_view::npos) return std::string{token};
  auto text = unescape_json(token);
  if (!text) return std::nullopt;
  if (form == catalog::key_form::bpchar) text->erase(text->find_last_not_of(' ') + 1);
  std::string out;
  append_json_string(out, *text);
  return out;
}

}  // namespace

std::optional<std::string> make_key(std::string_view image, const catalog::relation& relation) {
  const auto members = json_members(image);
  if (!members || relation.key.empty()) return std::nullopt;
  std::string key = "{";
  for (const auto& k : relation.key) {
    const auto& column = relation.columns[k.column];
    // The last member of a name counts, so that the exact text wins.
    std::size_t i = members->size();
    while (i > 0 && !names((*members)[i - 1].name, column.name)) --i;
    if (i == 0) return std::nullopt;
    const auto token = canonical_key_token(k.form, (*members)[i - 1].value);
    if (!token) return std::nullopt;
    if (key.size() > 1) key.push_back(',');
    append_json_string(key, column.name);
    key.append(":").append(*token);
  }
  key.push_back('}');
  return key;
}

bool key_is_canonical(const catalog::relation& relation) {
  for (const auto& k : relation.key)
    if (k.form == catalog::key_form::caseless || k.form == catalog::key_form::opaque) return false;
  return !relation.key.empty();
}

namespace {

// Equal strings of citext have it in common: they are equal in lower case, as the database's collation makes
// it. That of I is not i everywhere, and two signs beyond ASCII have i and k (U+0130, U+212A).
std::string without_case(std::string_view token) {
  std::string out;
  for (const char c : unescape_json(token).value_or("")) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool ascii = static_cast<unsigned char>(c) < 0x80;
    if (ascii && lower != 'i' && lower != 'k') out.push_back(lower);
  }
  return out;
}

}  // namespace

std::optional<std::string> key_likeness(std::string_view key,
                                        const std::vector<catalog::key_column>& columns) {
  const auto members = json_members(key);
  if (!members || members->size() != columns.size()) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].form == catalog::key_form::opaque) continue;
    const auto value = (*members)[i].value;
    if (columns[i].form == catalog::key_form::caseless)
      append_json_string(out, without_case(value));
    else
      out.append(value);
    out.push_back(',');
  }
  return out.empty() ? std::nullopt : std::optional(out);
}

}  // namespace pgtandem::change
