// The daemon: everything that `pgtandem serve` runs, from the listening socket to the appliers.
#pragma once

#include "proxy/config/config.h"

namespace pgtandem::proxy {

// Runs until TERM or INT ended it in order. Returns the exit code of `pgtandem serve`: 0 stopped in order,
// 1 could not start or go on (said in the log). Logs through spdlog's default logger. Called once, by the
// main thread, before any other thread exists.
int run_daemon(const config& c);

}  // namespace pgtandem::proxy
