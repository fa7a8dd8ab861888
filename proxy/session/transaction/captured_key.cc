#include "proxy/session/transaction/captured_key.h"

#include <utility>

#include "protocol/catalog/image_sql.h"
#include "protocol/change/image.h"

namespace pgtandem::proxy {

std::optional<std::string_view> as_text(std::string_view captured, std::string& decoded) {
  if (!captured.starts_with('B')) return captured;
  auto text = change::decode_base64(captured.substr(1));
  if (!text) return std::nullopt;
  decoded = std::move(*text);
  return decoded;
}

std::optional<captured_key> read_key(std::optional<std::string_view> captured,
                                     const mirrored_catalog& catalog) {
  std::string decoded;
  if (captured) captured = as_text(*captured, decoded);
  const auto row = captured ? change::split_captured(*captured) : std::nullopt;
  if (!row) return std::nullopt;
  const catalog::relation* relation = catalog.find(row->tableoid);
  if (relation == nullptr) return captured_key{};
  const catalog::relation part = catalog::key_part(*relation);
  const auto image = change::make_image(*row, part);
  auto key = image ? change::make_key(*image, part) : std::nullopt;
  if (!key) return std::nullopt;
  return captured_key{relation, std::move(*key)};
}

}  // namespace pgtandem::proxy
