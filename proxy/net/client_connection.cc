#include "proxy/net/client_connection.h"

#include <spdlog/spdlog.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "protocol/planted_bug.h"
#include "protocol/wire/frontend/cancel_request.h"

namespace pgtandem::proxy {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t first_read = 8 * 1024;
constexpr std::size_t largest_read = 128 * 1024;
// Beyond this a reader waits until the other side has taken something. Larger than the kernel's buffers, so
// that a client which writes without reading gets as far as it would without pgtandem.
constexpr std::size_t high_water = 4 * 1024 * 1024;
// Like authentication_timeout, for what comes before legacy's own starts.
constexpr auto start_up_timeout = std::chrono::seconds(60);
constexpr auto connect_timeout = std::chrono::seconds(10);

void tune(stream_socket& socket) {
  error_code ignored;
  if (socket.local_endpoint(ignored).protocol().family() != AF_UNIX) {
    socket.set_option(tcp::no_delay(true), ignored);
    socket.set_option(asio::socket_base::keep_alive(true), ignored);
  }
  socket.non_blocking(true, ignored);
}

}  // namespace

client_connection::client_connection(connection_context& context, stream_socket client)
    : context_(context),
      client_(std::move(client)),
      server_(stream_socket(context.io)),
      resumed_(context.io, asio::steady_timer::time_point::max()),
      startup_(
          [&context](const std::string& name) -> std::optional<std::string> {
            const session_host* host = context.find_host(name);
            return host == nullptr ? std::nullopt : std::optional(host->legacy().dbname);
          },
          context.databases) {}

client_connection::~client_connection() = default;

void client_connection::start() {
  tune(client_.socket);
  auto self = shared_from_this();
  asio::co_spawn(context_.io, run(), [self](std::exception_ptr) { self->close(); });
}

asio::awaitable<void> client_connection::run() {
  auto self = shared_from_this();
  asio::steady_timer deadline(context_.io, start_up_timeout);
  deadline.async_wait([self](error_code ec) {
    if (!ec && !self->session_) self->close();
  });
  if (!co_await start_up()) co_return;
  deadline.cancel();
  asio::co_spawn(context_.io, read_server(), [self](std::exception_ptr) {});
  session_->on_client_bytes();
  drain();
  co_await read_client();
  // The session goes on until legacy has answered what was sent.
  while (!closed_) co_await resumed_.async_wait(use_tuple);
}

asio::awaitable<bool> client_connection::start_up() {
  std::array<char, 2048> bytes;
  for (;;) {
    const startup_result result = startup_.advance(startup_in_, startup_out_);
    if (!startup_out_.empty()) {
      const auto [ec, n] =
          co_await asio::async_write(client_.socket, asio::buffer(startup_out_.data()), use_tuple);
      if (ec) co_return false;
      startup_out_.consume(n);
    }
    if (std::holds_alternative<startup_refused>(result)) co_return false;
    if (const auto* cancel = std::get_if<startup_cancel>(&result)) {
      co_await answer_cancel(*cancel);
      co_return false;
    }
    if (const auto* connect = std::get_if<startup_connect>(&result)) {
      host_ = context_.find_host(connect->database);
      host_->session_opened();
      session_environment environment = host_->environment();
      environment.statements = &context_.statements;
      environment.raw = connect->replication;
      if (!co_await connect_legacy(host_->legacy(), server_.socket)) {
        const std::string why = fatal_error("08001", "pgtandem cannot reach the legacy server",
                                            "See `pgtandem check` and `pgtandem status`.");
        (void)co_await asio::async_write(client_.socket, asio::buffer(why), use_tuple);
        co_return false;
      }
      tune(server_.socket);
      session_ = std::make_unique<session>(std::move(environment));
      session_->server_out().append(connect->packet);
      session_->client_in().append(startup_in_.data());
      co_return true;
    }
    const auto [ec, n] = co_await client_.socket.async_read_some(asio::buffer(bytes), use_tuple);
    if (ec) co_return false;
    startup_in_.append({bytes.data(), n});
  }
}

asio::awaitable<bool> client_connection::connect_legacy(const client::endpoint& to, stream_socket& socket) {
  asio::steady_timer deadline(context_.io, connect_timeout);
  deadline.async_wait([&socket](error_code ec) {
    if (!ec) {
      error_code ignored;
      socket.close(ignored);
    }
  });
  if (to.host.starts_with('/')) {
    const asio::local::stream_protocol::endpoint endpoint(to.host + "/.s.PGSQL." + to.port);
    const auto [ec] = co_await socket.async_connect(endpoint, use_tuple);
    co_return !ec;
  }
  tcp::resolver resolver(context_.io);
  const auto [failed, found] = co_await resolver.async_resolve(to.host, to.port, use_tuple);
  if (failed) co_return false;
  for (const auto& candidate : found) {
    error_code ignored;
    socket.close(ignored);
    const auto [ec] = co_await socket.async_connect(candidate.endpoint(), use_tuple);
    if (!ec) co_return true;
  }
  co_return false;
}

bool client_connection::client_must_wait() const {
  return cancels_under_way_ > 0 || session_->server_out().size() > high_water ||
         (session_->blocked() && session_->client_in().size() > high_water);
}

bool client_connection::server_must_wait() const {
  return session_->client_out().size() > high_water || session_->full();
}

asio::awaitable<void> client_connection::read_client() {
  return read_leg(client_, session_->client_in(), &session::on_client_bytes, &session::on_client_eof,
                  &client_connection::client_must_wait);
}

asio::awaitable<void> client_connection::read_server() {
  return read_leg(server_, session_->server_in(), &session::on_server_bytes, &session::on_server_eof,
                  &client_connection::server_must_wait);
}

asio::awaitable<void> client_connection::read_leg(leg& from, byte_buffer& in, void (session::*on_bytes)(),
                                                  void (session::*on_eof)(),
                                                  bool (client_connection::*must_wait)() const) {
  auto self = shared_from_this();
  std::vector<char> bytes(first_read);
  while (!closed_) {
    if ((this->*must_wait)()) co_await wait_while(must_wait, from);
    const auto [ec, n] = co_await from.socket.async_read_some(asio::buffer(bytes), use_tuple);
    // A cancel request may have come while the read was waiting.
    if (!ec && (this->*must_wait)()) co_await wait_while(must_wait, from);
    if (closed_) co_return;
    if (ec) {
      ((*session_).*on_eof)();
      drain();
      co_return;
    }
    in.append({bytes.data(), n});
    ((*session_).*on_bytes)();
    drain();
    if (n == bytes.size() && n < largest_read) bytes.resize(n * 2);
  }
}

asio::awaitable<void> client_connection::wait_while(bool (client_connection::*must_wait)() const,
                                                    leg& paused) {
  while (!closed_ && (this->*must_wait)()) {
    paused.paused = true;
    co_await resumed_.async_wait(use_tuple);
    paused.paused = false;
  }
}

void client_connection::drain() {
  if (closed_ || draining_) return;
  draining_ = true;
  for (bool again = true; again;) {
    flush(server_, session_->server_out());
    flush(client_, session_->client_out());
    auto actions = session_->take_actions();
    for (action& a : actions) perform(a);
    again = !actions.empty();
  }
  draining_ = false;
  if (registered_pid_ == 0 && session_->backend_pid() != 0) {
    registered_pid_ = session_->backend_pid();
    context_.cancels.add(registered_pid_, session_->cancel_key(), weak_from_this());
  }
  if (stopping_ && session_->idle() && !session_->closed()) stop();
  const bool told_all = session_->client_out().empty() || client_.failed;
  if ((session_->closed() || session_->broken()) && told_all) {
    close();
  } else if (client_.paused || server_.paused) {
    resumed_.cancel();
  }
}

void client_connection::flush(leg& to, byte_buffer& out) {
  while (!to.writing && !out.empty()) {
    if (to.failed) {
      out.consume(out.size());
      return;
    }
    error_code ec;
    const std::size_t n = to.socket.write_some(asio::buffer(out.data()), ec);
    if (ec == asio::error::would_block) {
      to.writing = true;
      to.socket.async_wait(stream_socket::wait_write, [self = shared_from_this(), &to](error_code) {
        to.writing = false;
        self->drain();
      });
      return;
    }
    if (ec) {
      to.failed = true;
      continue;
    }
    out.consume(n);
  }
}

void client_connection::perform(action& a) {
  auto self = shared_from_this();
  // Answers come on the outbox's thread.
  const auto back = [self](auto then) {
    asio::post(self->context_.io, [self, then = std::move(then)]() mutable {
      --self->answers_owed_;
      then(*self->session_);
      // A closed connection still has to settle what its session left behind.
      if (self->closed_) {
        auto actions = self->session_->take_actions();
        for (action& late : actions) self->perform(late);
        self->end_if_all_answered();
      } else {
        self->drain();
      }
    });
  };
  if (auto* p = std::get_if<prepare_action>(&a)) {
    if (planted(planted_bug::record_after_commit)) {
      ++answers_owed_;
      back([](session& s) { s.on_prepared({prepare_outcome::kind::degraded, {}, {}}); });
      auto late = std::make_shared<asio::steady_timer>(context_.io, std::chrono::milliseconds(50));
      late->async_wait([late, host = host_, record = std::move(p->record)](error_code) mutable {
        host->prepare(std::move(record), [host](prepare_outcome o) {
          if (o.what == prepare_outcome::kind::durable) host->decide(o.seq, true);
        });
      });
      return;
    }
    ++answers_owed_;
    host_->prepare(std::move(p->record), [back](prepare_outcome outcome) {
      back([outcome = std::move(outcome)](session& s) mutable { s.on_prepared(std::move(outcome)); });
    });
  } else if (auto* s = std::get_if<stage_action>(&a)) {
    ++answers_owed_;
    host_->stage(std::move(s->chunk), [back, staging = s->chunk.staging](std::string error) {
      back([staging, error = std::move(error)](session& of) mutable {
        of.on_staged(staging, std::move(error));
      });
    });
  } else if (const auto* dropped = std::get_if<drop_staging_action>(&a)) {
    host_->drop_staging(dropped->staging);
  } else if (const auto* d = std::get_if<decide_action>(&a)) {
    host_->decide(d->seq, d->committed);
  } else if (const auto* doubt = std::get_if<in_doubt_action>(&a)) {
    host_->in_doubt(doubt->seq);
  } else if (auto* m = std::get_if<mark_action>(&a)) {
    ++answers_owed_;
    host_->add_marks(std::move(*m), session_->backend_pid(),
                     [back](std::vector<std::uint64_t> ids, std::string error) {
                       back([ids = std::move(ids), error = std::move(error)](session& s) mutable {
                         s.on_marked(std::move(ids), std::move(error));
                       });
                     });
  } else if (auto* r = std::get_if<ripen_action>(&a)) {
    host_->ripen(std::move(*r));
  } else {
    auto& orphaned = std::get<orphan_action>(a);
    host_->orphan(std::move(orphaned.marks), orphaned.backend_pid);
  }
}

void client_connection::stop() {
  stopping_ = true;
  if (closed_) return;
  if (!session_) {
    close();
    return;
  }
  if (!session_->idle()) return;
  session_->client_out().append(
      fatal_error("57P01", "terminating connection because pgtandem is shutting down"));
  flush(client_, session_->client_out());
  close();
}

void client_connection::cut() {
  close();
}

void client_connection::close() {
  if (closed_) return;
  closed_ = true;
  if (session_) {
    if (!session_->closed()) session_->on_server_eof();
    auto actions = session_->take_actions();
    for (action& a : actions) perform(a);
  }
  error_code ignored;
  client_.socket.close(ignored);
  server_.socket.close(ignored);
  resumed_.cancel();
  if (registered_pid_ != 0) context_.cancels.remove(registered_pid_, this);
  if (host_ != nullptr) host_->session_closed();
  end_if_all_answered();
}

void client_connection::end_if_all_answered() {
  if (closed_ && answers_owed_ == 0 && !std::exchange(ended_, true)) context_.on_closed(this);
}

asio::awaitable<void> client_connection::answer_cancel(const startup_cancel& request) {
  // Whether it worked is never told, as with PostgreSQL.
  if (const auto connection = context_.cancels.find(request.pid, request.key)) connection->request_cancel();
  co_return;
}

void client_connection::request_cancel() {
  asio::post(context_.io, [self = shared_from_this()] {
    if (self->closed_ || !self->session_->busy()) return;
    std::string packet;
    wire::encode(wire::cancel_request{static_cast<std::int32_t>(self->session_->backend_pid()),
                                      self->session_->cancel_key()},
                 packet);
    asio::co_spawn(self->context_.io, self->send_cancel(std::move(packet)), [self](std::exception_ptr) {});
  });
}

asio::awaitable<void> client_connection::send_cancel(std::string packet) {
  // Until legacy has taken it, the next statement waits: a late cancel must not hit it.
  ++cancels_under_way_;
  stream_socket socket(context_.io);
  if (co_await connect_legacy(host_->legacy(), socket)) {
    (void)co_await asio::async_write(socket, asio::buffer(packet), use_tuple);
    std::array<char, 1> closed;
    (void)co_await socket.async_read_some(asio::buffer(closed), use_tuple);
  }
  --cancels_under_way_;
  resumed_.cancel();
}

}  // namespace pgtandem::proxy
