#include "proxy/daemon/mirrored_file.h"

#include <boost/json.hpp>
#include <filesystem>

#include "proxy/daemon/small_file.h"

namespace pgtandem::proxy {
namespace {

// The first release wrote names alone.
known_tables::value_type known_table_of(const boost::json::object& entry) {
  known_table table;
  if (const auto* shape = entry.if_contains("shape")) {
    for (const auto& line : shape->as_array()) table.shape.emplace_back(line.as_string());
    table.valid_after = seq_t{entry.at("valid_after").to_number<std::uint64_t>()};
    table.fits = entry.at("fits").as_bool();
    table.left_out = entry.at("left_out").as_bool();
  }
  return {{std::string(entry.at("schema").as_string()), std::string(entry.at("name").as_string())}, table};
}

}  // namespace

mirrored_file::mirrored_file(std::string path) : path_(std::move(path)) {}

known_tables mirrored_file::load() const {
  known_tables tables;
  load_list(path_,
            [&](const boost::json::value& entry) { tables.insert(known_table_of(entry.as_object())); });
  return tables;
}

void mirrored_file::remove() const {
  std::filesystem::remove(path_);
}

void mirrored_file::store(const known_tables& tables) const {
  boost::json::array all;
  for (const auto& [name, table] : tables) {
    boost::json::object entry;
    entry["schema"] = name.schema;
    entry["name"] = name.name;
    entry["shape"] = boost::json::array(table.shape.begin(), table.shape.end());
    entry["valid_after"] = table.valid_after.value;
    entry["fits"] = table.fits;
    entry["left_out"] = table.left_out;
    all.push_back(std::move(entry));
  }
  store_list(path_, all);
}

}  // namespace pgtandem::proxy
