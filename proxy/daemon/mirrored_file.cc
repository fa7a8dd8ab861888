#include "proxy/daemon/mirrored_file.h"

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

mirrored_file::mirrored_file(std::string path) : path_(std::move(path)) {}

std::set<change::table_name> mirrored_file::load() const {
  std::set<change::table_name> tables;
  if (!std::filesystem::exists(path_)) return tables;
  std::ifstream in(path_, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  if (!in) fail("read", path_);
  try {
    const boost::json::value stored = boost::json::parse(text.str());
    for (const auto& entry : stored.as_array())
      tables.insert({std::string(entry.at("schema").as_string()), std::string(entry.at("name").as_string())});
  } catch (const std::exception& e) {
    throw std::runtime_error("cannot understand " + path_ + ": " + e.what() +
                             "; remove it to have every table healed");
  }
  return tables;
}

void mirrored_file::remove() const {
  std::filesystem::remove(path_);
}

void mirrored_file::store(const std::set<change::table_name>& tables) const {
  boost::json::array all;
  for (const auto& t : tables) {
    boost::json::object entry;
    entry["schema"] = t.schema;
    entry["name"] = t.name;
    all.push_back(std::move(entry));
  }
  write_file_durably(path_, boost::json::serialize(all) + "\n");
}

}  // namespace pgtandem::proxy
