#include "protocol/catalog/shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "protocol/catalog/load_sql.h"

namespace pgtandem::catalog {
namespace {

// "column price" of "column price numeric(10,2)"; names with blanks in them are quoted.
std::string_view subject(std::string_view line) {
  const auto kind = line.find(' ');
  if (kind == std::string_view::npos) return line;
  std::size_t end = kind + 1;
  for (bool quoted = false; end < line.size() && (quoted || line[end] != ' '); ++end)
    if (line[end] == '"') quoted = !quoted;
  return line.substr(0, end);
}

std::vector<std::string> without(std::vector<std::string> lines, const std::vector<std::string>& others) {
  std::erase_if(lines, [&](const std::string& l) {
    return std::find(others.begin(), others.end(), l) != others.end();
  });
  return lines;
}

}  // namespace

shapes load_shapes(client::connection& c, const std::vector<oid_t>& oids) {
  std::vector<std::uint32_t> values;
  for (const oid_t oid : oids) values.push_back(oid.value);
  const auto rows = c.query(std::string(shapes_sql()), {fmt::format("{{{}}}", fmt::join(values, ","))});
  shapes out;
  for (int i = 0; i < rows.rows(); ++i) {
    table_shape& s = out[oid_t{static_cast<std::uint32_t>(rows.u64(i, 0))}];
    if (s.lines.empty()) s.name = {std::string(rows.at(i, 1)), std::string(rows.at(i, 2))};
    s.lines.emplace_back(rows.at(i, 3));
  }
  return out;
}

shapes shapes_of(const std::vector<relation>& relations) {
  shapes out;
  for (const relation& r : relations) out[r.oid] = {r.name, r.shape};
  return out;
}

std::optional<bool> alteration_probe::altered(const shapes& known) {
  std::vector<oid_t> oids;
  for (const auto& [oid, shape] : known) oids.push_back(oid);
  try {
    return load_shapes(server(), oids) != known;
  } catch (const client::pg_error&) {
    server_.reset();
    return std::nullopt;
  }
}

std::optional<bool> alteration_probe::carries_otherwise(const std::set<std::string>& known) {
  try {
    return texts_of(load_carriers(server())) != known;
  } catch (const client::pg_error&) {
    server_.reset();
    return std::nullopt;
  }
}

client::connection& alteration_probe::server() {
  if (!server_ || !server_->alive()) {
    server_.emplace(conninfo_);
    // Compiling takes longer than these queries ever run.
    server_->query_simple("SET search_path = pg_catalog; SET jit = off");
  }
  return *server_;
}

std::string describe_alteration(const std::vector<std::string>& before,
                                const std::vector<std::string>& after) {
  auto gone = without(before, after);
  std::vector<std::string> sentences;
  for (const std::string& line : without(after, before)) {
    const auto was = std::find_if(gone.begin(), gone.end(),
                                  [&](const std::string& g) { return subject(g) == subject(line); });
    if (was == gone.end()) {
      sentences.push_back(line + " is new");
    } else {
      sentences.push_back(fmt::format("{} became {}", *was, line));
      gone.erase(was);
    }
  }
  for (const std::string& line : gone) sentences.push_back(line + " is gone");
  return fmt::format("{}", fmt::join(sentences, "; "));
}

}  // namespace pgtandem::catalog
