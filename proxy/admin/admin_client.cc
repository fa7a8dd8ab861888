#include "proxy/admin/admin_client.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "proxy/admin/admin_json.h"
#include "proxy/admin/query_string.h"
#include "proxy/config/values.h"

namespace pgtandem::proxy {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

// Longer than a daemon needs for anything but a disk that hangs.
constexpr std::chrono::seconds patience{30};
// A status with many thousands of tables and marks.
constexpr std::uint64_t most_bytes = 256 << 20;

using string_request = http::request<http::string_body>;
using string_response = http::response<http::string_body>;

asio::awaitable<string_response> talk(asio::ip::tcp::endpoint where, string_request request) {
  beast::tcp_stream stream(co_await asio::this_coro::executor);
  stream.expires_after(patience);
  co_await stream.async_connect(where, asio::use_awaitable);
  co_await http::async_write(stream, request, asio::use_awaitable);
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(most_bytes);
  co_await http::async_read(stream, buffer, parser, asio::use_awaitable);
  co_return parser.release();
}

template <class F>
auto checked(const std::string& where, F read) {
  try {
    return read();
  } catch (const admin_json_error& e) {
    throw admin_error("what answers at " + where + " is not this version of pgtandem: " + e.what());
  }
}

}  // namespace

admin_client::admin_client(const listen_address& admin) : admin_(admin) {}

admin_client::reply admin_client::exchange(const char* method, const std::string& target,
                                           const std::string& body) {
  const std::string where = to_string(admin_);
  if (admin_.port == 0)
    throw admin_error("admin.listen has port 0, so the daemon cannot be found; configure a port");
  string_request request(http::string_to_verb(method), target, 11);
  request.set(http::field::host, where);
  request.keep_alive(false);
  if (!body.empty()) request.set(http::field::content_type, "application/json");
  request.body() = body;
  request.prepare_payload();
  try {
    asio::io_context io{1};
    auto done = asio::co_spawn(
        io, talk({asio::ip::make_address(admin_.host), admin_.port}, std::move(request)), asio::use_future);
    io.run();
    string_response response = done.get();
    return {response.result_int(), std::move(response.body())};
  } catch (const boost::system::system_error& e) {
    throw admin_error("no daemon answers at " + where + " (" + e.code().message() +
                      "); start it with: pgtandem serve -c FILE");
  }
}

std::string admin_client::body_of(const reply& r) const {
  if (r.status == 200) return r.body;
  const std::string sentence = error_from_json(r.body);
  if (sentence.empty())
    throw admin_error("what answers at " + to_string(admin_) + " is not pgtandem (HTTP status " +
                      std::to_string(r.status) + ")");
  throw admin_error("the daemon says: " + sentence);
}

std::string admin_client::status_json() {
  return body_of(exchange("GET", "/status", ""));
}

daemon_status admin_client::status() {
  const std::string body = status_json();
  return checked(to_string(admin_), [&] { return daemon_status_from_json(body); });
}

std::string admin_client::unhealthy() {
  const reply r = exchange("GET", "/health", "");
  if (r.status == 200) return "";
  if (r.status != 503) (void)body_of(r);
  const std::string sentence = error_from_json(r.body);
  return sentence.empty() ? "no reason given" : sentence;
}

fence_reply admin_client::fence(const std::string& database) {
  const std::string body = body_of(exchange("POST", "/fence?database=" + percent_encode(database), ""));
  return checked(to_string(admin_), [&] { return fence_reply_from_json(body); });
}

retry_reply admin_client::retry_parked(const retry_request& request) {
  const std::string body = body_of(exchange("POST", "/parked/retry", to_json(request)));
  return checked(to_string(admin_), [&] { return retry_reply_from_json(body); });
}

heal_reply admin_client::heal(const heal_request& request) {
  const reply r = exchange("POST", "/heal", to_json(request));
  const std::string refused = r.status == 200 ? "" : error_from_json(r.body);
  if (r.status != 200 && r.status < 500 && !refused.empty()) return {{}, refused};
  const std::string body = body_of(r);
  return checked(to_string(admin_), [&] { return heal_reply_from_json(body); });
}

}  // namespace pgtandem::proxy
