#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "proxy/config/config.h"
#include "proxy/config/contradictions.h"
#include "proxy/config/reader.h"

namespace pgtandem::proxy {
namespace {

std::string read_file(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) throw config_error(path + ": is a directory, not a file");
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (in) text << in.rdbuf();
  // An empty file sets failbit on `text` alone.
  if (!in.is_open() || in.bad())
    throw config_error(path + ": cannot be read: " + std::strerror(errno != 0 ? errno : EIO));
  return text.str();
}

}  // namespace

config load_config(const std::string& path) {
  const std::filesystem::path absolute = std::filesystem::absolute(path).lexically_normal();
  config_source source = read_config(absolute.string(), read_file(absolute.string()));
  refuse_contradictions(source);
  config& c = source.values;
  c.outbox_path = (absolute.parent_path() / c.outbox_path).lexically_normal().string();
  return std::move(c);
}

}  // namespace pgtandem::proxy
