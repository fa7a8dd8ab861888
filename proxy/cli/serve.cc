// pgtandem serve: the daemon, or a supervisor around it.
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <ostream>

#include "proxy/cli/commands.h"
#include "proxy/cli/supervise.h"
#include "proxy/config/config.h"
#include "proxy/daemon/daemon.h"

namespace pgtandem::proxy {
namespace {

void log_to_stderr(const std::string& level) {
  auto logger = spdlog::stderr_logger_mt("pgtandem");
  logger->set_level(spdlog::level::from_str(level));
  logger->flush_on(spdlog::level::debug);
  logger->set_pattern("%Y-%m-%d %H:%M:%S.%e %z [%P] %l: %v");
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace

int run_serve(const invocation& i, std::ostream&, std::ostream&) {
  const config c = load_config(i.file);
  log_to_stderr(c.log_level);
  if (i.supervise) return supervise([&c] { return run_daemon(c); });
  return run_daemon(c);
}

}  // namespace pgtandem::proxy
