#include "proxy/daemon/noted_file.h"

#include <boost/json.hpp>
#include <filesystem>

#include "proxy/daemon/small_file.h"

namespace pgtandem::proxy {

std::optional<std::set<std::string>> noted_file::load() const {
  std::set<std::string> lines;
  if (!load_list(path_, [&](const boost::json::value& line) { lines.emplace(line.as_string()); }))
    return std::nullopt;
  return lines;
}

std::optional<std::set<std::string>> noted_file::resume(bool new_log) const {
  if (!new_log) return load().value_or(std::set<std::string>{});
  remove();
  return std::nullopt;
}

void noted_file::remove() const {
  std::filesystem::remove(path_);
}

void noted_file::store(const std::set<std::string>& lines) const {
  store_list(path_, boost::json::array(lines.begin(), lines.end()));
}

}  // namespace pgtandem::proxy
