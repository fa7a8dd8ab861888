#include <array>
#include <iostream>
#include <string_view>

#include "proxy/cli/command_line.h"
#include "proxy/cli/commands.h"
#include "proxy/cli/exit_codes.h"
#include "proxy/config/keys.h"

namespace pgtandem::proxy {
namespace {

int print_config_reference(const invocation&, std::ostream& out, std::ostream&) {
  out << config_reference();
  return exit_code::ok;
}

int print_cli_reference(const invocation&, std::ostream& out, std::ostream&) {
  out << cli_reference();
  return exit_code::ok;
}

struct command {
  std::string_view name;
  int (*run)(const invocation&, std::ostream&, std::ostream&);
  int on_trouble;  // exit code for what nobody foresaw
};

constexpr std::array<command, 11> commands{{{"serve", run_serve, exit_code::no},
                                            {"check", run_check, exit_code::no},
                                            {"status", run_status, exit_code::cannot_tell},
                                            {"marks list", run_marks_list, exit_code::cannot_tell},
                                            {"parked list", run_parked_list, exit_code::cannot_tell},
                                            {"parked retry", run_parked_retry, exit_code::cannot_tell},
                                            {"wait", run_wait, exit_code::cannot_tell},
                                            {"drift-report", run_drift_report, exit_code::cannot_tell},
                                            {"heal", run_heal, exit_code::cannot_tell},
                                            {"config-reference", print_config_reference, exit_code::no},
                                            {"help-all", print_cli_reference, exit_code::no}}};

}  // namespace

int run_cli(int argc, const char* const* argv, std::ostream& out, std::ostream& err) {
  const auto parsed = parse_command_line(argc, argv, out, err);
  if (const auto* done = std::get_if<finished>(&parsed)) return done->exit_code;
  const auto& asked = std::get<invocation>(parsed);
  for (const command& c : commands) {
    if (c.name != asked.command) continue;
    try {
      return c.run(asked, out, err);
    } catch (const config_error& e) {
      err << "pgtandem: " << e.what() << "\n";
      return exit_code::config;
    } catch (const usage_error& e) {
      err << "pgtandem: " << e.what() << "\n";
      return exit_code::usage;
    } catch (const std::exception& e) {
      err << "pgtandem: " << e.what() << "\n";
      return c.on_trouble;
    }
  }
  err << "pgtandem: command \"" << asked.command << "\" cannot be run\n";
  return exit_code::usage;
}

}  // namespace pgtandem::proxy
