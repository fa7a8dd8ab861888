// admin_server and admin_client over real sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio.hpp>

#include "proxy/admin/admin_client.h"
#include "proxy/admin/admin_json.h"
#include "proxy/admin/admin_limits.h"
#include "proxy/admin/fake_source_testing.h"

namespace pgtandem::proxy {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::HasSubstr;
using testing::StartsWith;

const listen_address any_port{"127.0.0.1", 0};

class raw_client {
 public:
  explicit raw_client(std::uint16_t port) : socket_(io_) {
    socket_.connect({asio::ip::make_address("127.0.0.1"), port});
  }
  void send(const std::string& bytes) { asio::write(socket_, asio::buffer(bytes)); }
  std::string read_all() {
    std::string r;
    boost::system::error_code end;
    asio::read(socket_, asio::dynamic_buffer(r), end);
    return r;
  }

 private:
  asio::io_context io_;
  tcp::socket socket_;
};

TEST(admin_socket, client_and_server_agree) {
  fake_source source;
  const admin_server server(any_port, source);
  admin_client client({"127.0.0.1", server.port()});
  EXPECT_EQ(client.status_json(), to_json(full_status()));
  EXPECT_EQ(client.status().databases.size(), 2U);
  EXPECT_EQ(client.fence("app").seq, 120U);
  EXPECT_EQ(client.heal({"app", "public.t", false, {"1"}}).marks, (std::vector<std::uint64_t>{11}));
  EXPECT_EQ(source.healed_.keys, (std::vector<std::string>{"1"}));
  EXPECT_EQ(client.unhealthy(), "");
}

TEST(admin_socket, refusals_reach_the_caller) {
  fake_source source;
  source.heal_.error = "no table public.t";
  source.why_not_ = "halted";
  const admin_server server(any_port, source);
  admin_client client({"127.0.0.1", server.port()});
  EXPECT_EQ(client.heal({"app", "public.t", true, {}}).error, "no table public.t");
  EXPECT_EQ(client.unhealthy(), "halted");
  try {
    (void)client.fence("no such&x=1");
    ADD_FAILURE();
  } catch (const admin_error& e) {
    EXPECT_STREQ(e.what(), "the daemon says: no database \"no such&x=1\" is configured");
  }
}

TEST(admin_socket, a_missing_daemon_is_named) {
  try {
    (void)admin_client({"127.0.0.1", 1}).status();  // nobody listens on port 1
    ADD_FAILURE();
  } catch (const admin_error& e) {
    EXPECT_THAT(e.what(), HasSubstr("no daemon answers at 127.0.0.1:1 "));
    EXPECT_THAT(e.what(), HasSubstr("pgtandem serve"));
  }
}

TEST(admin_socket, a_taken_port_is_named) {
  fake_source source;
  const admin_server server(any_port, source);
  EXPECT_THROW(admin_server({"127.0.0.1", server.port()}, source), std::runtime_error);
}

TEST(admin_socket, a_silent_client_does_not_block_others) {
  fake_source source;
  const admin_server server(any_port, source);
  raw_client silent(server.port());
  silent.send("GET /status HTTP/1.1\r\nHost: loc");
  admin_client client({"127.0.0.1", server.port()});
  EXPECT_EQ(client.status().version, "0.1.0");
}

TEST(admin_socket, a_silent_client_is_dropped) {
  fake_source source;
  admin_limits limits;
  limits.request_time = std::chrono::milliseconds(20);
  const admin_server server(any_port, source, limits);
  raw_client silent(server.port());
  silent.send("POST /heal HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{");
  EXPECT_EQ(silent.read_all(), "");  // returns once the server closes
}

TEST(admin_socket, limits_are_answered) {
  fake_source source;
  admin_limits limits;
  limits.body_bytes = 100;
  const admin_server server(any_port, source, limits);
  raw_client large(server.port());
  large.send("POST /heal HTTP/1.1\r\nHost: localhost\r\nContent-Length: 101\r\n\r\n");
  EXPECT_THAT(large.read_all(), StartsWith("HTTP/1.1 413 "));
  raw_client garbage(server.port());
  garbage.send("\x16\x03\x01 no HTTP at all\r\n\r\n");
  EXPECT_THAT(garbage.read_all(), StartsWith("HTTP/1.1 400 "));
}

TEST(admin_socket, too_many_connections_are_closed) {
  fake_source source;
  admin_limits limits;
  limits.connections = 1;
  const admin_server server(any_port, source, limits);
  raw_client first(server.port());
  first.send("GET");
  raw_client second(server.port());
  EXPECT_EQ(second.read_all(), "");
  first.send(" /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(first.read_all(), StartsWith("HTTP/1.1 200 "));
}

TEST(admin_socket, wrong_method_names_the_right_one) {
  fake_source source;
  const admin_server server(any_port, source);
  raw_client c(server.port());
  c.send("DELETE /heal HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const std::string reply = c.read_all();
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(reply, HasSubstr("Allow: POST\r\n"));
}

}  // namespace
}  // namespace pgtandem::proxy
