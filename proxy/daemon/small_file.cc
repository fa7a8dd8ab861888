#include "proxy/daemon/small_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace pgtandem::proxy {
namespace {

[[noreturn]] void fail(const std::string& what, const std::string& path) {
  throw std::runtime_error("cannot " + what + " " + path + ": " + std::strerror(errno));
}

struct descriptor {
  int fd;
  ~descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

void sync_path(const std::string& path, int flags) {
  const descriptor d{::open(path.c_str(), flags | O_CLOEXEC)};
  if (d.fd < 0) fail("open", path);
  if (::fsync(d.fd) != 0) fail("sync", path);
}

}  // namespace

void write_file_durably(const std::string& path, const std::string& content) {
  const std::string fresh = path + ".new";
  {
    std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
    out << content;
    out.flush();
    if (!out) fail("write", fresh);
  }
  sync_path(fresh, O_RDONLY);
  if (std::rename(fresh.c_str(), path.c_str()) != 0) fail("replace", path);
  sync_path(std::filesystem::path(path).parent_path().string(), O_RDONLY | O_DIRECTORY);
}

void store_list(const std::string& path, const boost::json::array& entries) {
  write_file_durably(path, boost::json::serialize(entries) + "\n");
}

bool load_list(const std::string& path, const std::function<void(const boost::json::value&)>& each) {
  if (!std::filesystem::exists(path)) return false;
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  if (!in) fail("read", path);
  try {
    const boost::json::value stored = boost::json::parse(text.str());
    for (const auto& entry : stored.as_array()) each(entry);
  } catch (const std::exception& e) {
    throw std::runtime_error("cannot understand " + path + ": " + e.what() +
                             "; remove it to have every table healed");
  }
  return true;
}

}  // namespace pgtandem::proxy
