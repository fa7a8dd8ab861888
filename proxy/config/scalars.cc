#include "proxy/config/scalars.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>

#include "protocol/catalog/load.h"
#include "proxy/config/nearest.h"
#include "proxy/config/values.h"

namespace pgtandem::proxy {
namespace {

std::string shape(const YAML::Node& n) {
  if (n.IsNull()) return "nothing";
  if (n.IsMap()) return "a map";
  if (n.IsSequence()) return "a list";
  return "\"" + n.Scalar() + "\"";
}

// yaml-cpp tags quoted scalars "!", plain ones "?".
bool quoted(const YAML::Node& n) {
  return n.Tag() == "!";
}

std::string scalar(const YAML::Node& n, const std::string& wanted) {
  if (!n.IsScalar()) throw value_error("expected " + wanted + ", found " + shape(n));
  if (n.Scalar().find('\0') != std::string::npos) throw value_error("a zero byte is not allowed");
  return n.Scalar();
}

std::vector<std::string> read_patterns(const YAML::Node& n) {
  const std::string wanted = "a list of patterns, for instance [\"public.*\"]";
  if (!n.IsSequence()) throw value_error("expected " + wanted + ", found " + shape(n));
  std::vector<std::string> r;
  for (const auto& element : n) {
    const int at = element.Mark().is_null() ? 0 : element.Mark().line + 1;
    if (!element.IsScalar()) throw value_error("expected a pattern, found " + shape(element), at);
    r.push_back(element.Scalar());
    if (auto wrong = catalog::check_pattern(r.back()))
      throw value_error("pattern \"" + r.back() + "\": " + *wrong, at);
  }
  return r;
}

std::string read_choice(const config_key& key, const YAML::Node& n) {
  std::string all;
  for (const std::string& c : key.choices) all += (all.empty() ? "" : " or ") + c;
  const std::string text = scalar(n, all);
  if (std::find(key.choices.begin(), key.choices.end(), text) != key.choices.end()) return text;
  if (key.path == "transport" && text == "kafka")
    throw value_error("kafka is not available yet; write local");
  auto close = nearest(text, key.choices);
  throw value_error("expected " + all + ", found \"" + text + "\"" +
                    (close ? ", did you mean \"" + *close + "\"?" : std::string()));
}

bool read_boolean(const YAML::Node& n) {
  const std::string text = scalar(n, "true or false");
  if (!quoted(n) && text == "true") return true;
  if (!quoted(n) && text == "false") return false;
  throw value_error("expected true or false (without quotes), found \"" + text + "\"");
}

std::uint64_t read_count(const YAML::Node& n) {
  const std::string text = scalar(n, "a number");
  std::uint64_t r = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), r);
  if (error != std::errc{} || end != text.data() + text.size() || r < 1 || r > 256)
    throw value_error("expected a number from 1 to 256, found \"" + text + "\"");
  return r;
}

}  // namespace

config_value read_value(const config_key& key, const YAML::Node& n) {
  switch (key.kind) {
    case value_kind::address: {
      auto parsed = parse_listen_address(scalar(n, "host:port"));
      if (auto* wrong = std::get_if<address_error>(&parsed)) throw value_error(wrong->sentence);
      return std::get<listen_address>(parsed);
    }
    case value_kind::patterns:
      return read_patterns(n);
    case value_kind::choice:
      return read_choice(key, n);
    case value_kind::boolean:
      return read_boolean(n);
    case value_kind::count:
      return read_count(n);
    case value_kind::size: {
      const std::string text = scalar(n, "a size, for instance 2GiB");
      if (auto r = parse_size(text)) return *r;
      throw value_error("\"" + text + "\" is not a size; write bytes or, for instance, 512MiB or 2GiB");
    }
    case value_kind::duration: {
      const std::string text = scalar(n, "a duration, for instance 30s");
      if (auto r = parse_duration(text)) return *r;
      throw value_error("\"" + text + "\" is not a duration; write, for instance, 500ms, 30s or 5m");
    }
    case value_kind::path: {
      std::string text = scalar(n, "a path");
      if (text.empty()) throw value_error("the path is empty");
      return text;
    }
    // Not named in errors: it may hold a password.
    case value_kind::conninfo:
      return scalar(n, "a connection string, for instance \"host=127.0.0.1 dbname=app\"");
  }
  throw value_error("the value has no known type");
}

}  // namespace pgtandem::proxy
