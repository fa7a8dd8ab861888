// What the admin API answers, without sockets: routing, checks, JSON. Owns nothing; not thread-safe beyond
// its admin_source.
//
// The API has no authentication: it is bound to loopback, and refuses what a web page could make a browser
// send (DNS rebinding by the Host, cross-site posts by the Origin).
#pragma once

#include <string>
#include <vector>

#include "proxy/admin/admin_server.h"

namespace pgtandem::proxy {

struct api_request {
  std::string method;              // "GET"
  std::string target;              // "/fence?database=app"
  std::vector<std::string> hosts;  // each Host header
  bool has_origin = false;
  std::string body;
};

struct api_response {
  unsigned status = 200;
  std::string body;   // JSON
  std::string allow;  // with 405: the method to use
};

[[nodiscard]] api_response answer(const api_request& request, admin_source& source);

// "localhost", 127.x.y.z or [::1], with or without a port.
[[nodiscard]] bool is_loopback_host(const std::string& host);

}  // namespace pgtandem::proxy
