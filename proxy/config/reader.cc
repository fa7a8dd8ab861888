#include "proxy/config/reader.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>

#include "proxy/config/keys.h"
#include "proxy/config/nearest.h"
#include "proxy/config/scalars.h"

namespace pgtandem::proxy {
namespace {

std::string join(const std::vector<std::string>& words) {
  std::string r;
  for (const std::string& w : words) r += (r.empty() ? "" : ", ") + w;
  return r;
}

std::string below(const std::string& section, const std::string& name) {
  return section.empty() ? name : section + "." + name;
}

// A section of the file while it is read: `pattern` is its path in the table ("databases.NAME"), `path` the
// one in the file ("databases.app").
struct section {
  std::string pattern;
  std::string path;
  database_config* database = nullptr;
};

class reader {
 public:
  reader(config_source& out, const std::string& text) : out_(out) {
    const YAML::Node root = parse(text);
    out_.lines[""] = 1;
    if (!root.IsMap())
      out_.fail(line(root, 1), "the file is not a map of keys; it starts with, e.g., listen:");
    read_section({}, root);
    for (auto& [name, database] : out_.values.databases)
      fill_defaults({"databases.NAME", "databases." + name, &database}, "databases.NAME.");
    fill_defaults({}, "");
  }

 private:
  YAML::Node parse(const std::string& text) {
    try {
      const std::vector<YAML::Node> documents = YAML::LoadAll(text);
      if (documents.empty()) out_.fail(1, "the file is empty; it needs at least databases:");
      if (documents.size() > 1) out_.fail(line(documents[1], 1), "a second document starts; write one only");
      return documents.front();
    } catch (const YAML::Exception& e) {
      out_.fail(e.mark.is_null() ? 1 : e.mark.line + 1, "not YAML: " + e.msg);
    }
  }

  // yaml-cpp counts from 0, and puts a value that is left out onto the line after its key.
  static int line(const YAML::Node& n, int otherwise) {
    return n.IsNull() || n.Mark().is_null() ? otherwise : n.Mark().line + 1;
  }

  void read_section(const section& where, const YAML::Node& node) {
    std::set<std::string> seen;
    for (const auto& entry : node) {
      const int at = line(entry.first, out_.line_of(where.path));
      if (!entry.first.IsScalar()) out_.fail(at, "a key has to be a plain word");
      const std::string name = entry.first.Scalar();
      if (!seen.insert(name).second) {
        out_.fail(at, "duplicate key \"" + below(where.path, name) + "\" (first on line " +
                          std::to_string(out_.lines[below(where.path, name)]) + ")");
      }
      if (where.pattern == "databases") {
        read_database(name, entry.second, at);
      } else {
        read_entry(where, name, entry.second, at);
      }
    }
  }

  void read_database(const std::string& name, const YAML::Node& node, int at) {
    const std::string path = "databases." + name;
    out_.lines[path] = at;
    // PostgreSQL cuts names at 63 bytes: a longer one could never be asked for.
    if (name.empty() || name.size() > 63 || name.find('\0') != std::string::npos)
      out_.fail(at, "\"" + name + "\" cannot be a database's name: write 1 to 63 bytes");
    if (!node.IsMap()) out_.fail(line(node, at), path + " has to be a map with legacy and target");
    database_config& d = out_.values.databases[name];
    d.name = name;
    read_section({"databases.NAME", path, &d}, node);
  }

  void read_entry(const section& where, const std::string& name, const YAML::Node& node, int at) {
    const std::string pattern = below(where.pattern, name);
    const std::string path = below(where.path, name);
    const auto valid = names_below(where.pattern);
    if (std::find(valid.begin(), valid.end(), name) == valid.end()) unknown(where, name, valid, at);
    out_.lines[path] = at;
    for (const config_key& k : config_keys()) {
      if (k.path != pattern) continue;
      config_place place{out_.values, where.database};
      try {
        k.store(place, read_value(k, node));
      } catch (const value_error& e) {
        out_.fail(e.line > 0 ? e.line : line(node, at), path + ": " + e.what());
      }
      return;
    }
    if (!node.IsMap()) {
      const std::string inside = pattern == "databases" ? "database names" : join(names_below(pattern));
      out_.fail(line(node, at), path + " has to be a map of " + inside);
    }
    read_section({pattern, path, where.database}, node);
  }

  [[noreturn]] void unknown(const section& where, const std::string& name,
                            const std::vector<std::string>& valid, int at) {
    std::string sentence = "unknown key \"" + below(where.path, name) + "\"";
    if (auto close = nearest(name, valid)) out_.fail(at, sentence + ", did you mean \"" + *close + "\"?");
    // A right word in the wrong place.
    for (const config_key& k : config_keys()) {
      const auto dot = k.path.rfind('.');
      if (dot != std::string_view::npos && k.path.substr(dot + 1) == name)
        out_.fail(at, sentence + ", did you mean \"" + std::string(k.path) + "\"?");
    }
    out_.fail(at, sentence + "; valid here: " + join(valid));
  }

  void fill_defaults(const section& where, const std::string& prefix) {
    for (const config_key& k : config_keys()) {
      const bool of_database = k.path.starts_with("databases.NAME.");
      if (of_database != (where.database != nullptr)) continue;
      const std::string path = below(where.path, std::string(k.path.substr(prefix.size())));
      if (out_.lines.contains(path)) continue;
      if (k.default_text.empty()) out_.fail(out_.line_of(path), "key \"" + path + "\" is missing");
      config_place place{out_.values, where.database};
      k.store(place, read_value(k, YAML::Load(std::string(k.default_text))));
    }
  }

  config_source& out_;
};

}  // namespace

int config_source::line_of(std::string path) const {
  while (true) {
    if (auto found = lines.find(path); found != lines.end()) return found->second;
    if (path.empty()) return 1;
    const auto dot = path.rfind('.');
    path.resize(dot == std::string::npos ? 0 : dot);
  }
}

void config_source::fail(int line, const std::string& sentence) const {
  throw config_error(values.file + ":" + std::to_string(line) + ": " + sentence);
}

config_source read_config(const std::string& file, const std::string& text) {
  config_source r;
  r.values.file = file;
  reader(r, text);
  return r;
}

}  // namespace pgtandem::proxy
