#include "proxy/admin/api.h"

#include <algorithm>
#include <array>

#include "proxy/admin/admin_json.h"
#include "proxy/admin/query_string.h"
#include "proxy/config/values.h"

namespace pgtandem::proxy {
namespace {

api_response refusal(unsigned status, const std::string& sentence) {
  return {status, error_json(sentence), ""};
}

api_response get_status(const api_request&, admin_source& source) {
  return {200, to_json(source.status()), ""};
}

api_response get_health(const api_request&, admin_source& source) {
  std::string why_not;
  if (source.healthy(why_not)) return {200, R"({"healthy":true})", ""};
  return refusal(503, why_not);
}

api_response post_fence(const api_request& request, admin_source& source) {
  const auto database = query_parameter(request.target, "database");
  if (!database) return refusal(400, "write /fence?database=NAME");
  const auto fence = source.fence(*database);
  if (!fence) return refusal(404, "no database \"" + *database + "\" is configured");
  return {200, to_json(*fence), ""};
}

api_response post_heal(const api_request& request, admin_source& source) {
  heal_request heal;
  try {
    heal = heal_request_from_json(request.body);
  } catch (const admin_json_error& e) {
    return refusal(400, e.what());
  }
  if (heal.all == !heal.keys.empty()) return refusal(400, "write either \"all\": true or \"keys\"");
  const heal_reply reply = source.heal(heal);
  if (!reply.error.empty()) return refusal(409, reply.error);
  return {200, to_json(reply), ""};
}

api_response post_parked_retry(const api_request& request, admin_source& source) {
  retry_request retry;
  try {
    retry = retry_request_from_json(request.body);
  } catch (const admin_json_error& e) {
    return refusal(400, e.what());
  }
  const retry_reply reply = source.retry_parked(retry);
  if (!reply.error.empty()) return refusal(409, reply.error);
  return {200, to_json(reply), ""};
}

struct route {
  std::string_view path;
  std::string_view method;
  api_response (*serve)(const api_request&, admin_source&);
};

constexpr std::array<route, 5> routes{{{"/status", "GET", get_status},
                                       {"/health", "GET", get_health},
                                       {"/fence", "POST", post_fence},
                                       {"/heal", "POST", post_heal},
                                       {"/parked/retry", "POST", post_parked_retry}}};

}  // namespace

bool is_loopback_host(const std::string& host) {
  std::string lower(host);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  const bool has_port = lower.rfind(':') != std::string::npos && !lower.ends_with(']');
  const auto parsed = parse_listen_address(has_port ? lower : lower + ":80");
  const auto* address = std::get_if<listen_address>(&parsed);
  return address != nullptr && is_loopback(*address);
}

api_response answer(const api_request& request, admin_source& source) {
  if (request.hosts.size() != 1 || !is_loopback_host(request.hosts.front()))
    return refusal(403, "the Host has to be a loopback address: the admin API serves this machine only");
  if (request.method != "GET" && request.has_origin)
    return refusal(403, "requests with an Origin are refused: the admin API is not for web pages");
  const std::string path = request.target.substr(0, request.target.find('?'));
  for (const route& r : routes) {
    if (r.path != path) continue;
    if (r.method != request.method)
      return {405, error_json(path + " takes " + std::string(r.method)), std::string(r.method)};
    try {
      return r.serve(request, source);
    } catch (const std::exception& e) {
      return refusal(500, e.what());
    }
  }
  return refusal(
      404,
      "no such path; there are GET /status, GET /health, POST /fence, POST /heal and POST /parked/retry");
}

}  // namespace pgtandem::proxy
