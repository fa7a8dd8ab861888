// Declares the commands and options to CLI11. Private to the command line.
#pragma once

#include <CLI/CLI.hpp>

#include "proxy/cli/invocation.h"

namespace pgtandem::proxy {

// `into` has to live as long as `app` parses; what was not given is left as it was.
void declare_commands(CLI::App& app, invocation& into);

}  // namespace pgtandem::proxy
