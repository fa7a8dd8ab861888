#include "proxy/admin/admin_server.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <stdexcept>
#include <thread>

#include "proxy/admin/admin_json.h"
#include "proxy/admin/admin_limits.h"
#include "proxy/admin/api.h"
#include "proxy/config/values.h"

namespace pgtandem::proxy {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::awaitable;
using asio::redirect_error;
using asio::use_awaitable;
using tcp = asio::ip::tcp;

using string_request = http::request<http::string_body>;
using string_response = http::response<http::string_body>;

string_response make_response(unsigned version, const api_response& a) {
  string_response r(static_cast<http::status>(a.status), version);
  r.set(http::field::content_type, "application/json");
  r.set(http::field::cache_control, "no-store");
  if (!a.allow.empty()) r.set(http::field::allow, a.allow);
  // One request a connection: nobody can hold one open between two.
  r.keep_alive(false);
  r.body() = a.body;
  r.prepare_payload();
  return r;
}

api_request to_api(string_request&& in) {
  api_request r;
  r.method = std::string(in.method_string());
  r.target = std::string(in.target());
  const auto [first, last] = in.equal_range(http::field::host);
  for (auto it = first; it != last; ++it) r.hosts.emplace_back(it->value());
  r.has_origin = in.count(http::field::origin) > 0;
  r.body = std::move(in.body());
  return r;
}

// What to tell a client whose request could not be read; nothing if it went away or was too slow.
std::optional<api_response> unreadable(const beast::error_code& error) {
  if (error == http::error::body_limit) return api_response{413, error_json("the body is too large"), ""};
  if (error == http::error::header_limit) return api_response{431, error_json("the header is too large"), ""};
  if (error == http::error::end_of_stream || error == http::error::partial_message) return std::nullopt;
  if (error.category() == make_error_code(http::error::bad_method).category())
    return api_response{400, error_json("not an HTTP request: " + error.message()), ""};
  return std::nullopt;
}

}  // namespace

struct admin_server::impl {
  impl(const listen_address& listen, admin_source& s, const admin_limits& l)
      : source(s), limits(l), acceptor(io), retry(io) {
    const tcp::endpoint where(asio::ip::make_address(listen.host), listen.port);
    try {
      acceptor.open(where.protocol());
      acceptor.set_option(tcp::acceptor::reuse_address(true));
      acceptor.bind(where);
      acceptor.listen();
    } catch (const boost::system::system_error& e) {
      throw std::runtime_error("cannot listen on admin.listen " + to_string(listen) + ": " +
                               e.code().message() + "; is another pgtandem running? Write another address");
    }
    port = acceptor.local_endpoint().port();
    co_spawn(io, accept(), asio::detached);
    thread = std::thread([this] { io.run(); });
  }

  // Unfinished coroutines go with `io`, once the thread that runs them is gone.
  ~impl() {
    io.stop();
    thread.join();
  }

  awaitable<void> accept() {
    while (true) {
      beast::error_code error;
      tcp::socket socket = co_await acceptor.async_accept(redirect_error(use_awaitable, error));
      if (!error && connections < limits.connections) {
        ++connections;
        co_spawn(io, serve(beast::tcp_stream(std::move(socket))),
                 [this](std::exception_ptr) { --connections; });
        continue;
      }
      // Too many connections close at once (`socket` ends here); out of descriptors is waited for.
      if (!error) continue;
      retry.expires_after(std::chrono::milliseconds(100));
      co_await retry.async_wait(redirect_error(use_awaitable, error));
    }
  }

  awaitable<void> serve(beast::tcp_stream stream) {
    beast::flat_buffer buffer;
    http::request_parser<http::string_body> parser;
    parser.body_limit(limits.body_bytes);
    parser.header_limit(16 * 1024);
    beast::error_code error;
    // One deadline for the whole request: a client that sends a byte now and then gains nothing.
    stream.expires_after(limits.request_time);
    co_await http::async_read(stream, buffer, parser, redirect_error(use_awaitable, error));
    const unsigned version = 11;
    string_response response;
    if (error) {
      const auto told = unreadable(error);
      if (!told) co_return;
      response = make_response(version, *told);
    } else {
      response = make_response(version, answer(to_api(parser.release()), source));
    }
    stream.expires_after(limits.request_time);
    co_await http::async_write(stream, response, redirect_error(use_awaitable, error));
    stream.socket().shutdown(tcp::socket::shutdown_send, error);
    // Closing with unread bytes would reset the connection and lose the answer: read up what is left.
    std::array<char, 4096> rest;
    error.clear();
    for (std::size_t read = 0; !error && read < 4 * limits.body_bytes;)
      read += co_await stream.async_read_some(asio::buffer(rest), redirect_error(use_awaitable, error));
  }

  admin_source& source;
  admin_limits limits;
  std::uint16_t port = 0;
  std::size_t connections = 0;
  asio::io_context io{1};
  tcp::acceptor acceptor;
  asio::steady_timer retry;
  std::thread thread;
};

admin_server::admin_server(const listen_address& listen, admin_source& source)
    : admin_server(listen, source, admin_limits{}) {}
admin_server::admin_server(const listen_address& listen, admin_source& source, const admin_limits& limits)
    : impl_(std::make_unique<impl>(listen, source, limits)) {}
admin_server::~admin_server() = default;

std::uint16_t admin_server::port() const {
  return impl_->port;
}

}  // namespace pgtandem::proxy
