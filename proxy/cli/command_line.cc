#include "proxy/cli/command_line.h"

#include <algorithm>
#include <ostream>

#include "proxy/cli/command_line_builder.h"
#include "proxy/cli/exit_codes.h"
#include "proxy/config/nearest.h"

namespace pgtandem::proxy {
namespace {

constexpr const char* description =
    "Mirrors live PostgreSQL writes to a second server, and proves that both agree.";

finished refuse(std::ostream& err, const std::string& sentence, const std::string& command) {
  err << "pgtandem: " << sentence << "\nRun pgtandem " << command << (command.empty() ? "" : " ")
      << "--help for what it takes.\n";
  return {exit_code::usage};
}

std::vector<std::string> command_names(const CLI::App& app, bool hidden) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    if (hidden || !command->get_group().empty()) names.push_back(command->get_name());
  return names;
}

std::string chosen_command(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? "" : chosen.front()->get_name();
}

std::string help_section(const std::string& name, const std::string& help) {
  return "## pgtandem " + name + "\n\n```\n" + help + "```\n\n";
}

constexpr std::string_view reference_head = R"(# Command line

Printed by `pgtandem help-all`; the help texts of the commands are the source.

Results go to stdout, logs and errors to stderr. Besides the exit codes named with each command: 64, the command line
is wrong; 78, the configuration file is.

)";

constexpr std::string_view reference_tail = R"(## JSON of `status --json`

One object. Fields may be added; those named here stay.

| field | meaning |
|---|---|
| `version`, `state` | of the daemon; `serving` or `stopping` |
| `outbox_id`, `outbox_bytes` | identity of the outbox log and its size on disk |
| `databases[]` | one object per database: |
| `.name` | as configured |
| `.prepared`, `.applied`, `.undecided` | last `seq` given; last `seq` applied on the target; records whose commit is not answered yet |
| `.target_connected`, `.halted`, `.degraded` | whether the applier has its connection; whether it needs a person; whether commits go without records |
| `.error` | the last trouble, empty when all is well |
| `.sessions`, `.transactions`, `.images`, `.marks_made` | open now; records, row images and marks since the start |
| `.mirrored[]` | names of the mirrored tables |
| `.refused[]` | `table` and `reasons[]` of tables that are not mirrored |
| `.marks[]` | open marks: `id`, `table`, `scope` (`table` or `keys`), `keys` (how many), `reason`, `ripe` (its writer has ended), `backend_pid` (of legacy, that may still write under it, or 0), `created_unix_ms`, `merged` (later marks of the table that it stands for); those of `marks list --json` alike |
| `.parked[]` | rows that the target refuses: `id`, `table`, `key`, `seq` of the change that was refused first, `sqlstate`, `reason`, `in_the_way` (key of the row of the target that keeps it out, or empty), `since_unix_ms`, `attempts`; those of `parked list --json` alike |
| `.heals[]` | the newest heal of each table: `table`, `rows_read`, `rows_written`, `pass_rows` (read by the pass over the whole table that is under way, or was the last) and `pass_estimate` (as many may be there, 0 if unknown), `pass_resumed` (of `pass_rows`: read before pgtandem was restarted, behind them the pass went on), `running`, `error` |

## JSON of `drift-report --json`

Of one database, one object; fields may be added; those named here stay.

| field | meaning |
|---|---|
| `exit_code` | as the command's |
| `tables[]` | one object per table: |
| `.schema`, `.table` | its name on legacy |
| `.legacy_rows`, `.target_rows`, `.legacy_checksum`, `.target_checksum` | of both sides, at the fence |
| `.differing` | how many rows are confirmed to differ |
| `.rows[]` | the first 100 of them: `what` (`missing_on_target`, `surplus_on_target` or `differs`), `key`, and `columns[]` with `column`, `legacy`, `target` (text, or null for NULL) |
| `.undecidable[]` | why nothing certain can be said of the table |
| `trouble[]` | why nothing certain can be said at all: no daemon, a halted applier |

Of several databases: `{"exit_code": N, "databases": [{"name": "app", "report": {...}}]}`, each report as above.
)";

}  // namespace

std::variant<invocation, finished> parse_command_line(int argc, const char* const* argv, std::ostream& out,
                                                      std::ostream& err) {
  invocation r;
  CLI::App app(description);
  declare_commands(app, r);
  const std::string first = argc > 1 ? argv[1] : "";
  if (first.empty()) return refuse(err, "no command is given", "");
  const auto names = command_names(app, true);
  if (first[0] != '-' && std::find(names.begin(), names.end(), first) == names.end()) {
    const auto close = nearest(first, command_names(app, false));
    return refuse(
        err, "no command \"" + first + "\"" + (close ? ", did you mean \"" + *close + "\"?" : std::string()),
        "");
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {  // --help, --version
    app.exit(e, out, err);
    return finished{exit_code::ok};
  } catch (const CLI::ParseError& e) {
    return refuse(err, e.what(), chosen_command(app));
  }
  if (r.command == "heal" && !r.all && r.keys.empty())
    return refuse(err, "heal needs --all, or --key once or more", "heal");
  return r;
}

std::string cli_reference() {
  invocation unused;
  CLI::App app(description);
  declare_commands(app, unused);
  std::string r(reference_head);
  r += "```\n" + app.help() + "```\n\n";
  for (const std::string& name : command_names(app, false)) {
    const CLI::App* command = app.get_subcommand(name);
    const auto inner = command_names(*command, false);
    for (const std::string& part : inner)
      r += help_section(name + " " + part, command->get_subcommand(part)->help("pgtandem " + name));
    if (inner.empty()) r += help_section(name, command->help("pgtandem"));
  }
  return r + std::string(reference_tail);
}

}  // namespace pgtandem::proxy
