// The command line: which commands and options there are, and what they mean. No command is run here.
#pragma once

#include <iosfwd>
#include <string>
#include <variant>

#include "proxy/cli/invocation.h"

namespace pgtandem::proxy {

// The exit code when there is nothing to run: help and version were printed to `out`, errors to `err`.
struct finished {
  int exit_code = 0;
};
[[nodiscard]] std::variant<invocation, finished> parse_command_line(int argc, const char* const* argv,
                                                                    std::ostream& out, std::ostream& err);

// The whole of docs/cli.md.
[[nodiscard]] std::string cli_reference();

}  // namespace pgtandem::proxy
