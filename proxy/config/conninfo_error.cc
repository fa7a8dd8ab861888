#include "proxy/config/conninfo_error.h"

#include "proxy/config/nearest.h"

namespace pgtandem::proxy {
namespace {

constexpr std::string_view unknown_option = "invalid connection option \"";

std::vector<std::string> option_names() {
  return {"host",     "hostaddr", "port",        "dbname",           "user",       "password",
          "passfile", "sslmode",  "sslrootcert", "sslcert",          "sslkey",     "connect_timeout",
          "options",  "service",  "keepalives",  "application_name", "gssencmode", "target_session_attrs"};
}

}  // namespace

std::string conninfo_sentence(std::string_view message) {
  auto says = [&](std::string_view part) { return message.find(part) != std::string_view::npos; };
  if (says("missing \"=\" after"))
    return "a word without \"=\"; write key=value pairs, values with spaces in single quotes";
  if (says("unterminated quoted string")) return "a single quote is not closed";
  if (const auto at = message.find(unknown_option); at != std::string_view::npos) {
    std::string_view word = message.substr(at + unknown_option.size());
    word = word.substr(0, word.find('"'));
    const auto close = nearest(word, option_names());
    const bool meant = close && edit_distance(word, *close) <= 2;
    return "an option that libpq does not know" +
           (meant ? ", did you mean \"" + *close + "\"?" : std::string());
  }
  return "not a connection string as libpq takes it; write, for instance, \"host=127.0.0.1 port=5432 "
         "dbname=app\"";
}

}  // namespace pgtandem::proxy
