#include "proxy/cli/command_line_builder.h"

#include <string>

#include "proxy/config/values.h"

namespace pgtandem::proxy {
namespace {

CLI::App* add_command(CLI::App& app, invocation& into, const std::string& name, const std::string& what) {
  CLI::App* command = app.add_subcommand(name, what);
  command->add_option("-c,--config", into.file, "Configuration file (docs/configuration.md)")
      ->required()
      ->type_name("FILE");
  command->callback([&into, command, name] {
    into.command = name;
    const CLI::Option* timeout = command->get_option_no_throw("--timeout");
    if (timeout != nullptr && timeout->empty())
      into.timeout = parse_duration(timeout->get_default_str()).value_or(std::chrono::seconds(30));
  });
  return command;
}

void add_database(CLI::App* command, invocation& into) {
  command->add_option("--database", into.database, "Only this database of the configuration")
      ->type_name("NAME");
}

void add_table(CLI::App* command, invocation& into, bool required) {
  command->add_option("--table", into.table, "schema.name, or name in schema public")
      ->required(required)
      ->type_name("NAME");
}

void add_json(CLI::App* command, invocation& into) {
  command->add_flag("--json", into.json, "Print JSON, in a stable form (docs/cli.md)");
}

void add_timeout(CLI::App* command, invocation& into, const std::string& fallback) {
  command
      ->add_option_function<std::string>(
          "--timeout",
          [&into](const std::string& text) {
            const auto parsed = parse_duration(text);
            if (!parsed)
              throw CLI::ValidationError(
                  "--timeout", "\"" + text + "\" is not a duration; write, for instance, 500ms, 30s or 5m");
            into.timeout = *parsed;
          },
          "Longest wait, for instance 30s")
      ->default_str(fallback)
      ->type_name("DURATION");
}

void declare_heal(CLI::App& app, invocation& into) {
  CLI::App* heal = add_command(
      app, into, "heal", "Re-read rows from legacy through the log, and wait until the target has them");
  add_table(heal, into, true);
  // One value per --key: a second word would be taken for another key.
  auto* keys =
      heal->add_option("--key", into.keys,
                       "Key of one row, may be given again: the value, or a JSON object where the key has "
                       "several columns")
          ->allow_extra_args(false)
          ->type_name("KEY");
  heal->add_flag("--all", into.all, "Every row of the table")->excludes(keys);
  add_timeout(heal, into, "5m");
  add_database(heal, into);
  heal->footer("Exit code: 0 healed; 1 refused or failed; 2 time-out or no daemon.");
}

void declare_marks(CLI::App& app, invocation& into) {
  CLI::App* marks = app.add_subcommand("marks", "Rows that may differ until they are healed");
  marks->require_subcommand(1);
  CLI::App* list = add_command(*marks, into, "list", "The open marks, and why each was made");
  list->callback([&into] { into.command = "marks list"; });
  add_json(list, into);
  add_table(list, into, false);
  add_database(list, into);
  list->footer(
      "A mark is open until a heal has read its rows after its writer ended.\n"
      "Exit code: 0 listed; 1 the daemon does not serve the database; 2 no daemon.");
}

void declare_parked(CLI::App& app, invocation& into) {
  CLI::App* parked = app.add_subcommand("parked", "Rows that the target refuses");
  parked->require_subcommand(1);
  CLI::App* list = add_command(*parked, into, "list", "Which rows, and the target's reasons");
  list->callback([&into] { into.command = "parked list"; });
  add_json(list, into);
  add_table(list, into, false);
  add_database(list, into);
  list->footer(
      "Later changes of such a row are passed over; it is read again from legacy and tried, with growing "
      "pauses.\n"
      "Exit code: 0 listed; 1 the daemon does not serve the database; 2 no daemon.");
  CLI::App* retry = add_command(*parked, into, "retry", "Try all of them now, instead of after their pauses");
  retry->callback([&into] { into.command = "parked retry"; });
  add_database(retry, into);
  retry->footer("Exit code: 0 they are being tried, see pgtandem wait; 2 no daemon.");
}

}  // namespace

void declare_commands(CLI::App& app, invocation& into) {
  app.name("pgtandem");
  app.require_subcommand(1);
  app.set_version_flag("--version", "pgtandem " PGTANDEM_VERSION, "Print the version");
  app.get_formatter()->column_width(28);

  CLI::App* serve = add_command(app, into, "serve", "Run the daemon: proxy, outbox, applier");
  serve->add_flag("--supervise", into.supervise, "Start it again whenever a signal kills it");
  serve->footer(
      "TERM or INT: stop listening, let open transactions end within shutdown_timeout; a second one ends at "
      "once.\n"
      "Exit code: 0 stopped in order; 1 it could not start or go on.");

  CLI::App* check =
      add_command(app, into, "check",
                  "Can these servers and tables be mirrored? Names every refusal, limit and missing GRANT");
  add_database(check, into);
  check->footer("Exit code: 0 they can; 1 something refuses.");

  CLI::App* status = add_command(app, into, "status", "What the daemon is doing");
  add_json(status, into);
  add_database(status, into);
  status->footer("Exit code: 0 healthy; 1 halted, degraded or otherwise unhealthy; 2 no daemon.");

  CLI::App* wait = add_command(app, into, "wait",
                               "Wait until the target has everything that was committed before this call");
  add_timeout(wait, into, "30s");
  add_database(wait, into);
  wait->footer(
      "Exit code: 0 applied; 1 the applier has halted, or refused rows are in the way; 2 time-out, degraded "
      "or no daemon.");

  CLI::App* drift = add_command(app, into, "drift-report", "Compare legacy and target, table by table");
  add_json(drift, into);
  add_table(drift, into, false);
  add_timeout(drift, into, "60s");
  add_database(drift, into);
  drift->footer(
      "Exit code: 0 at least one table was compared and nothing differs, is marked, parked or refused; 1\n"
      "confirmed difference; 2 cannot tell.");

  declare_heal(app, into);
  declare_marks(app, into);
  declare_parked(app, into);

  // Hidden: they print the reference pages of docs/.
  for (const std::string name : {"config-reference", "help-all"})
    app.add_subcommand(name)->group("")->callback([&into, name] { into.command = name; });
}

}  // namespace pgtandem::proxy
