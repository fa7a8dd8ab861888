#include "proxy/session/capture/old_keys.h"

#include <algorithm>

#include "protocol/catalog/image_sql.h"

namespace pgtandem::proxy {
namespace {

constexpr std::uint32_t text_type = 25;

// How many parameters it is prepared with: all up to the last that it uses.
std::size_t parameter_count(const old_keys_query& q) {
  return q.choice.parameters.empty() ? 0 : q.choice.parameters.back();
}

bool uses(const old_keys_query& q, std::size_t number) {
  return std::binary_search(q.choice.parameters.begin(), q.choice.parameters.end(), number);
}

}  // namespace

std::shared_ptr<const old_keys_query> make_old_keys_query(std::string_view update_text,
                                                          const sql::dml_info& dml,
                                                          const catalog::relation& relation,
                                                          const resolved_name& target) {
  auto choice = sql::choose_rows(update_text, dml);
  if (!choice) return nullptr;
  auto q = std::make_shared<old_keys_query>();
  const auto form = catalog::image_form_for(catalog::key_part(relation), target.unmet);
  q->sql = "SELECT " + catalog::key_expression(relation, dml.alias, form) + " " + choice->from_where +
           " FOR UPDATE";
  q->choice = std::move(*choice);
  return q;
}

std::vector<std::uint32_t> parameter_types(const old_keys_query& q, std::vector<std::uint32_t> types) {
  types.resize(parameter_count(q));
  // Those that it does not use still need one.
  for (std::size_t i = 0; i < types.size(); ++i)
    if (types[i] == 0 && !uses(q, i + 1)) types[i] = text_type;
  return types;
}

std::optional<wire::bind> bind_of(const old_keys_query& q, const wire::bind& update) {
  const std::size_t count = parameter_count(q);
  if (update.parameters.size() < count) return std::nullopt;
  wire::bind out;
  out.parameter_formats = update.parameter_formats;
  if (out.parameter_formats.size() > 1) {
    if (out.parameter_formats.size() != update.parameters.size()) return std::nullopt;
    out.parameter_formats.resize(count);
  } else if (count == 0) {
    out.parameter_formats.clear();
  }
  for (std::size_t i = 0; i < count; ++i)
    out.parameters.push_back(uses(q, i + 1) ? update.parameters[i] : std::nullopt);
  return out;
}

}  // namespace pgtandem::proxy
