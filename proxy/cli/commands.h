// The commands. Each loads the configuration, does its work and returns an exit code (exit_codes.h); results
// go to `out`, errors to `err`. They throw config_error and usage_error; run.cc turns those into exit codes.
#pragma once

#include <iosfwd>

#include "proxy/cli/invocation.h"

namespace pgtandem::proxy {

int run_serve(const invocation& i, std::ostream& out, std::ostream& err);
int run_check(const invocation& i, std::ostream& out, std::ostream& err);
int run_status(const invocation& i, std::ostream& out, std::ostream& err);
int run_marks_list(const invocation& i, std::ostream& out, std::ostream& err);
int run_parked_list(const invocation& i, std::ostream& out, std::ostream& err);
int run_parked_retry(const invocation& i, std::ostream& out, std::ostream& err);
int run_wait(const invocation& i, std::ostream& out, std::ostream& err);
int run_drift_report(const invocation& i, std::ostream& out, std::ostream& err);
int run_heal(const invocation& i, std::ostream& out, std::ostream& err);

// The whole program: parses, runs, maps errors to exit codes.
int run_cli(int argc, const char* const* argv, std::ostream& out, std::ostream& err);

}  // namespace pgtandem::proxy
