#include "proxy/admin/admin_json.h"

#include <boost/json.hpp>
#include <set>

#include "proxy/admin/admin_fields.h"
#include "proxy/admin/utf8.h"

namespace pgtandem::proxy {
namespace {

namespace json = boost::json;

class writer {
 public:
  template <class T>
  void operator()(const char* name, const T& field, fields::need = fields::need::required) {
    out_[name] = value(field);
  }
  json::object take() { return std::move(out_); }

 private:
  static json::value value(bool b) { return b; }
  static json::value value(std::uint64_t n) { return n; }
  static json::value value(std::int64_t n) { return n; }
  static json::value value(const std::string& s) { return json::value(json::string(valid_utf8(s))); }
  template <class T>
  static json::value value(const std::vector<T>& list) {
    json::array r;
    for (const T& element : list) r.push_back(value(element));
    return r;
  }
  template <class S>
  requires std::is_class_v<S>
  static json::value value(const S& s) {
    writer w;
    fields::visit(w, s);
    return w.take();
  }

  json::object out_;
};

// Reads one object; `path` names it in errors.
class reader {
 public:
  reader(const json::value& v, std::string path) : path_(std::move(path)) {
    if (!v.is_object()) wrong(path_.empty() ? "the document" : path_, "an object");
    in_ = &v.get_object();
  }

  template <class T>
  void operator()(const char* name, T& field, fields::need need = fields::need::required) {
    seen_.insert(name);
    const std::string path = path_.empty() ? name : path_ + "." + name;
    const json::value* v = in_->if_contains(name);
    if (v == nullptr && need == fields::need::optional) return;
    if (v == nullptr) throw admin_json_error("field \"" + path + "\" is missing");
    read(*v, path, field);
  }

  void refuse_unknown() const {
    for (const auto& member : *in_)
      if (!seen_.contains(std::string(member.key())))
        throw admin_json_error("unknown field \"" + std::string(member.key()) + "\"");
  }

 private:
  [[noreturn]] static void wrong(const std::string& path, const std::string& wanted) {
    throw admin_json_error(path + " has to be " + wanted);
  }
  static void read(const json::value& v, const std::string& path, bool& out) {
    if (!v.is_bool()) wrong(path, "true or false");
    out = v.get_bool();
  }
  static void read(const json::value& v, const std::string& path, std::string& out) {
    if (!v.is_string()) wrong(path, "a string");
    out = std::string(v.get_string());
  }
  template <class N>
  requires(std::is_same_v<N, std::uint64_t> ||
           std::is_same_v<N, std::int64_t>) static void read(const json::value& v, const std::string& path,
                                                             N& out) {
    json::error_code error;
    if (!v.is_double()) out = v.to_number<N>(error);
    if (v.is_double() || error) wrong(path, "a whole number");
  }
  template <class T>
  static void read(const json::value& v, const std::string& path, std::vector<T>& out) {
    if (!v.is_array()) wrong(path, "a list");
    out.clear();
    for (const json::value& element : v.get_array()) {
      const std::string at = path + "[" + std::to_string(out.size()) + "]";
      read(element, at, out.emplace_back());
    }
  }
  template <class S>
  requires std::is_class_v<S>
  static void read(const json::value& v, const std::string& path, S& out) {
    reader r(v, path);
    fields::visit(r, out);
  }

  std::string path_;
  const json::object* in_ = nullptr;
  std::set<std::string> seen_;
};

json::value parse(std::string_view text) {
  json::error_code error;
  json::value v = json::parse(json::string_view(text.data(), text.size()), error);
  if (error) throw admin_json_error("not JSON: " + error.message());
  return v;
}

template <class S>
std::string write(const S& s) {
  writer w;
  fields::visit(w, s);
  return json::serialize(w.take());
}

enum class unknown_fields { ignored, refused };

template <class S>
S read(std::string_view text, unknown_fields unknown) {
  const json::value v = parse(text);
  S s;
  reader r(v, "");
  fields::visit(r, s);
  if (unknown == unknown_fields::refused) r.refuse_unknown();
  return s;
}

template <class S>
S read_reply(std::string_view text) {
  return read<S>(text, unknown_fields::ignored);
}

template <class S>
S read_request(std::string_view text) {
  return read<S>(text, unknown_fields::refused);
}

// {"databases":[{"name":..,"<member>":[..]}]}
template <class List>
std::string lists_json(const daemon_status& s, const char* member, List database_status::*list) {
  json::array databases;
  for (const database_status& d : s.databases) {
    writer w;
    w("name", d.name);
    w(member, d.*list);
    databases.push_back(w.take());
  }
  return json::serialize(json::object{{"databases", std::move(databases)}});
}

}  // namespace

std::string to_json(const daemon_status& s) {
  return write(s);
}

std::string marks_json(const daemon_status& s) {
  return lists_json(s, "marks", &database_status::marks);
}
std::string parked_json(const daemon_status& s) {
  return lists_json(s, "parked", &database_status::parked);
}

std::string to_json(const fence_reply& r) {
  return write(r);
}
std::string to_json(const heal_request& r) {
  return write(r);
}
std::string to_json(const heal_reply& r) {
  return write(r);
}
std::string to_json(const retry_request& r) {
  return write(r);
}
std::string to_json(const retry_reply& r) {
  return write(r);
}

std::string error_json(std::string_view sentence) {
  return json::serialize(json::object{{"error", json::string(valid_utf8(sentence))}});
}

daemon_status daemon_status_from_json(std::string_view text) {
  return read_reply<daemon_status>(text);
}
fence_reply fence_reply_from_json(std::string_view text) {
  return read_reply<fence_reply>(text);
}
heal_reply heal_reply_from_json(std::string_view text) {
  return read_reply<heal_reply>(text);
}

retry_reply retry_reply_from_json(std::string_view text) {
  return read_reply<retry_reply>(text);
}

heal_request heal_request_from_json(std::string_view text) {
  return read_request<heal_request>(text);
}
retry_request retry_request_from_json(std::string_view text) {
  return read_request<retry_request>(text);
}

std::string error_from_json(std::string_view text) {
  json::error_code error;
  const json::value v = json::parse(json::string_view(text.data(), text.size()), error);
  if (error || !v.is_object()) return "";
  const json::value* sentence = v.get_object().if_contains("error");
  return sentence != nullptr && sentence->is_string() ? std::string(sentence->get_string()) : "";
}

}  // namespace pgtandem::proxy
