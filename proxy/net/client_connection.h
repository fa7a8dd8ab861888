// The driver of one client session: moves bytes between two sockets and the session state machine, and
// performs what it asks for. Lives on one io_context, kept alive by its own coroutines; the listener owns it
// by name and ends it with stop() or cut().
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "proxy/net/cancel_registry.h"
#include "proxy/net/session_host.h"
#include "proxy/session/legs/startup.h"

namespace pgtandem::proxy {

using stream_socket = boost::asio::generic::stream_protocol::socket;

// What the connections of one listener share. Outlives them.
struct connection_context {
  boost::asio::io_context& io;
  sql::statement_cache& statements;  // of io's thread
  std::function<session_host*(const std::string&)> find_host;
  std::vector<std::string> databases;
  cancel_registry& cancels;
  std::function<void(client_connection*)> on_closed;  // nothing refers to the connection any more
};

class client_connection : public std::enable_shared_from_this<client_connection> {
 public:
  client_connection(connection_context& context, stream_socket client);
  ~client_connection();

  void start();
  // Ends the session when it is between transactions, with 57P01. On io's thread.
  void stop();
  // Ends it now.
  void cut();
  // Forwards a cancel request if legacy is at work for this session. From any thread.
  void request_cancel();

 private:
  struct leg {
    explicit leg(stream_socket s) : socket(std::move(s)) {}
    stream_socket socket;
    bool writing = false;  // waiting until the socket takes more
    bool failed = false;   // the peer is gone: what it would be sent is dropped
    bool paused = false;   // its reader waits for room on the other side
  };

  boost::asio::awaitable<void> run();
  boost::asio::awaitable<bool> start_up();
  boost::asio::awaitable<bool> connect_legacy(const client::endpoint& to, stream_socket& socket);
  boost::asio::awaitable<void> read_client();
  boost::asio::awaitable<void> read_server();
  boost::asio::awaitable<void> read_leg(leg& from, byte_buffer& in, void (session::*on_bytes)(),
                                        void (session::*on_eof)(),
                                        bool (client_connection::*must_wait)() const);
  boost::asio::awaitable<void> wait_while(bool (client_connection::*must_wait)() const, leg& paused);
  boost::asio::awaitable<void> send_cancel(std::string packet);
  boost::asio::awaitable<void> answer_cancel(const startup_cancel& request);

  // Writes what can be written, performs actions, wakes readers.
  void drain();
  void flush(leg& to, byte_buffer& out);
  void perform(action& a);
  void close();
  // Until the outbox has answered everything, its thread may still come back to io.
  void end_if_all_answered();
  [[nodiscard]] bool client_must_wait() const;
  [[nodiscard]] bool server_must_wait() const;

  connection_context& context_;
  leg client_;
  leg server_;
  boost::asio::steady_timer resumed_;  // cancelled whenever a paused reader may look again
  startup startup_;
  byte_buffer startup_in_;
  byte_buffer startup_out_;
  session_host* host_ = nullptr;
  std::unique_ptr<session> session_;
  std::uint32_t registered_pid_ = 0;
  int cancels_under_way_ = 0;
  int answers_owed_ = 0;  // by the outbox
  bool raw_ = false;
  bool stopping_ = false;
  bool closed_ = false;
  bool ended_ = false;  // on_closed has been told
  bool draining_ = false;
};

}  // namespace pgtandem::proxy
