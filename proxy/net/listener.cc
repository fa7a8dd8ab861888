#include "proxy/net/listener.h"

#include <spdlog/spdlog.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "proxy/net/client_connection.h"

namespace pgtandem::proxy {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

// One thread with its io_context, and the connections that live on it.
struct io_thread {
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  sql::statement_cache statements;
  std::unique_ptr<connection_context> context;
  std::unordered_map<client_connection*, std::weak_ptr<client_connection>> connections;  // on its thread only
  std::thread thread;
};

constexpr auto accept_pause = std::chrono::milliseconds(100);

}  // namespace

struct listener::impl {
  listen_address address;
  std::function<session_host*(const std::string&)> hosts;
  std::vector<std::string> databases;
  cancel_registry cancels;
  std::vector<std::unique_ptr<io_thread>> threads;
  std::unique_ptr<tcp::acceptor> acceptor;
  std::unique_ptr<asio::steady_timer> pause;
  std::size_t next = 0;
  std::uint16_t port = 0;
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t open = 0;  // connections that are not over, under mutex

  void accept();
  void adopt(tcp::socket socket);
  template <class Do>
  void each_connection(Do what);
};

void listener::impl::accept() {
  acceptor->async_accept([this](error_code ec, tcp::socket socket) {
    if (ec == asio::error::operation_aborted || !acceptor->is_open()) return;
    if (ec) {
      // Out of descriptors, most likely: others will close.
      spdlog::warn("cannot accept a client: {}", ec.message());
      pause->expires_after(accept_pause);
      pause->async_wait([this](error_code stopped) {
        if (!stopped) accept();
      });
      return;
    }
    adopt(std::move(socket));
    accept();
  });
}

void listener::impl::adopt(tcp::socket socket) {
  io_thread& t = *threads[next++ % threads.size()];
  error_code ec;
  const auto protocol = socket.local_endpoint(ec).protocol();
  const auto handle = ec ? -1 : socket.release(ec);
  if (ec) return;
  {
    const std::lock_guard lock(mutex);
    ++open;
  }
  asio::post(t.io, [&t, handle, protocol] {
    stream_socket client(t.io, asio::generic::stream_protocol(protocol.family(), protocol.protocol()),
                         handle);
    auto connection = std::make_shared<client_connection>(*t.context, std::move(client));
    t.connections.emplace(connection.get(), connection);
    connection->start();
  });
}

template <class Do>
void listener::impl::each_connection(Do what) {
  for (auto& t : threads) {
    asio::post(t->io, [&t = *t, what] {
      std::vector<std::shared_ptr<client_connection>> all;
      for (auto& [_, weak] : t.connections)
        if (auto connection = weak.lock()) all.push_back(std::move(connection));
      for (auto& connection : all) what(*connection);
    });
  }
}

listener::listener(listen_address address, unsigned threads,
                   std::function<session_host*(const std::string&)> hosts, std::vector<std::string> databases)
    : impl_(std::make_unique<impl>()) {
  impl_->address = std::move(address);
  impl_->hosts = std::move(hosts);
  impl_->databases = std::move(databases);
  for (unsigned i = 0; i < std::max(threads, 1U); ++i) {
    auto t = std::make_unique<io_thread>();
    const auto on_closed = [this, t = t.get()](client_connection* connection) {
      t->connections.erase(connection);
      const std::lock_guard lock(impl_->mutex);
      --impl_->open;
      impl_->changed.notify_all();
    };
    t->context.reset(new connection_context{t->io, t->statements, impl_->hosts, impl_->databases,
                                            impl_->cancels, on_closed});
    impl_->threads.push_back(std::move(t));
  }
}

listener::~listener() {
  stop_accepting();
  wait_closed(std::chrono::milliseconds(0), [] { return true; });
  for (auto& t : impl_->threads) {
    t->work.reset();
    t->io.stop();
    if (t->thread.joinable()) t->thread.join();
  }
  // The outbox hangs; should it answer yet, it finds contexts that nobody runs.
  if (impl_->open > 0) (void)impl_.release();
}

void listener::start() {
  asio::io_context& io = impl_->threads.front()->io;
  error_code ec;
  const auto host = asio::ip::make_address(impl_->address.host, ec);
  tcp::endpoint endpoint(host, impl_->address.port);
  if (ec) {
    tcp::resolver resolver(io);
    const auto found = resolver.resolve(impl_->address.host, std::to_string(impl_->address.port), ec);
    if (ec) throw std::runtime_error("cannot listen on " + impl_->address.host + ": " + ec.message());
    endpoint = found.begin()->endpoint();
  }
  try {
    impl_->acceptor = std::make_unique<tcp::acceptor>(io, endpoint, true);
  } catch (const boost::system::system_error& e) {
    throw std::runtime_error("cannot listen on " + impl_->address.host + ":" +
                             std::to_string(impl_->address.port) + ": " + e.code().message() +
                             "; is another pgtandem running, or the port taken?");
  }
  impl_->pause = std::make_unique<asio::steady_timer>(io);
  impl_->port = impl_->acceptor->local_endpoint().port();
  impl_->accept();
  for (auto& t : impl_->threads) t->thread = std::thread([&io = t->io] { io.run(); });
}

std::uint16_t listener::port() const {
  return impl_->port;
}

void listener::stop_accepting() {
  if (!impl_->acceptor) return;
  asio::post(impl_->threads.front()->io, [this] {
    error_code ignored;
    impl_->acceptor->close(ignored);
    impl_->pause->cancel();
  });
  impl_->each_connection([](client_connection& c) { c.stop(); });
}

void listener::wait_closed(std::chrono::milliseconds grace, const std::function<bool()>& hurry) {
  const auto deadline = std::chrono::steady_clock::now() + grace;
  std::unique_lock lock(impl_->mutex);
  while (impl_->open > 0 && std::chrono::steady_clock::now() < deadline && !hurry())
    impl_->changed.wait_for(lock, std::chrono::milliseconds(50));
  if (impl_->open == 0 || !impl_->acceptor) return;
  lock.unlock();
  impl_->each_connection([](client_connection& c) { c.cut(); });
  lock.lock();
  impl_->changed.wait_for(lock, std::chrono::seconds(5), [this] { return impl_->open == 0; });
}

}  // namespace pgtandem::proxy
