#include "proxy/daemon/code_watch.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "protocol/catalog/definers.h"
#include "protocol/client/connection.h"
#include "protocol/sql/builtin_functions.h"
#include "proxy/daemon/pause.h"

namespace pgtandem::proxy {
namespace {

using namespace std::chrono_literals;
constexpr auto look_again = 60s;
constexpr auto retry = 1s;

}  // namespace

code_watch::code_watch(code_watch_options options, bool fresh)
    : options_(std::move(options)), lines_(options_.noted.resume(fresh)) {}

void code_watch::start() {
  bool known = look();
  thread_ = std::jthread([this, known](const std::stop_token& stop) mutable {
    while (known ? code_.wait_until_wanted(stop, look_again) : pause(stop, retry)) known = look();
  });
}

void code_watch::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

// While it fails, every statement is taken to run code of users: right, and slower.
bool code_watch::look() {
  try {
    const std::uint64_t as_of = code_.version();
    client::connection legacy(options_.legacy);
    legacy.query_simple("SET jit = off");  // compiling takes longer than the queries run
    const xid_t next = catalog::next_definer(legacy);
    auto code = catalog::load_user_code(legacy, sql::listed_functions());
    const auto lines = catalog::lines_of(code, sql::listed_functions());
    code_.learn(std::move(code), as_of);
    std::set<std::string> fresh;
    if (lines_) std::ranges::set_difference(lines, *lines_, std::inserter(fresh, fresh.end()));
    if (!fresh.empty() && !seen(legacy) && !options_.on_unseen(fresh)) return false;
    if (lines_ != lines) options_.noted.store(lines);
    lines_ = lines;
    looked_ = next;
    return true;
  } catch (const std::exception& e) {
    spdlog::warn("{}: reading users' functions, operators and views: {}", options_.database, e.what());
    return false;
  }
}

// Whether all that was defined since the last look was defined through pgtandem: then nothing has been taken
// for proven meanwhile.
bool code_watch::seen(client::connection& legacy) const {
  if (!looked_) return false;
  const auto who = catalog::definers_since(legacy, *looked_, code_.announced());
  return who.seen && !who.others;
}

}  // namespace pgtandem::proxy
