// Writes a configuration file into a directory of its own and loads it. For tests only.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "proxy/config/config.h"

namespace pgtandem::proxy {

class config_file {
 public:
  explicit config_file(const std::string& text) {
    std::string pattern = (std::filesystem::temp_directory_path() / "pgtandem_config_XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    directory_ = pattern;
    std::ofstream(path(), std::ios::binary) << text;
  }
  ~config_file() { std::filesystem::remove_all(directory_); }
  config_file(const config_file&) = delete;
  config_file& operator=(const config_file&) = delete;

  [[nodiscard]] const std::string& directory() const { return directory_; }
  [[nodiscard]] std::string path() const { return directory_ + "/pgtandem.yaml"; }

 private:
  std::string directory_;
};

// What load_config says of `text`, with the file's name cut to "FILE"; "" if it takes it.
inline std::string config_complaint(const std::string& text) {
  const config_file file(text);
  try {
    (void)load_config(file.path());
  } catch (const config_error& e) {
    std::string what = e.what();
    if (what.starts_with(file.path())) what.replace(0, file.path().size(), "FILE");
    return what;
  }
  return "";
}

}  // namespace pgtandem::proxy
