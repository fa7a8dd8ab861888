#include "tests/session_model/script.h"

#include <utility>

#include "protocol/wire/copy_data.h"
#include "protocol/wire/copy_done.h"
#include "protocol/wire/frontend/bind.h"
#include "protocol/wire/frontend/close.h"
#include "protocol/wire/frontend/copy_fail.h"
#include "protocol/wire/frontend/describe.h"
#include "protocol/wire/frontend/execute.h"
#include "protocol/wire/frontend/flush.h"
#include "protocol/wire/frontend/function_call.h"
#include "protocol/wire/frontend/parse.h"
#include "protocol/wire/frontend/query.h"
#include "protocol/wire/frontend/sync.h"

namespace pgtandem::model {

std::string script::pick(std::initializer_list<const char*> names) {
  return names.begin()[in_.below(names.size())];
}

std::string script::table() {
  return pick({"t", "t", "t", "t", "public.t", "g", "u", "other.t", "nosuch"});
}

std::string script::value(bool parameter) {
  const std::size_t kind = in_.below(16);
  if (kind == 15) return "'deferred'";
  if (kind > 9 && parameter) return "$1";
  return "'v" + std::to_string(++values_) + "'";
}

std::string script::dml() {
  const std::string id = std::to_string(1 + in_.below(6));
  std::string text;
  switch (in_.below(8)) {
    case 0:
    case 1:
    case 2:
      text = "INSERT INTO " + table() + " VALUES (" + id + ", " + value(parameter_allowed_) + ")";
      break;
    case 3:
      text = "DELETE FROM " + table() + " WHERE id " + pick({"= ", "< "}) + id;
      break;
    case 4:
      text = "UPDATE " + table() + " SET v = 1/0 WHERE id = " + id;
      break;
    default:
      text = "UPDATE " + table() + " SET v = " + value(parameter_allowed_) + " WHERE id " +
             pick({"= ", "< "}) + id;
      break;
  }
  return text + pick({"", "", " RETURNING id", " RETURNING id, v"});
}

std::string script::part() {
  const bool allowed = std::exchange(parameter_allowed_, false);
  std::string text = "WITH a AS (" + dml();
  parameter_allowed_ = allowed;
  if (text.ends_with("RETURNING id, v")) text.resize(text.size() - std::string_view(", v").size());
  if (text.ends_with("RETURNING id")) return text + ") SELECT id FROM a";
  return text + ") SELECT id FROM " + table() + " WHERE id < 4";
}

std::string script::sql() {
  const std::string id = std::to_string(1 + in_.below(6));
  switch (in_.below(18)) {
    case 0:
      return pick(
          {"BEGIN", "BEGIN", "COMMIT", "COMMIT", "ROLLBACK", "COMMIT AND CHAIN", "ROLLBACK AND CHAIN"});
    case 1:
      return pick({"COMMIT", "BEGIN"});
    case 2:
      return pick({"SAVEPOINT a", "SAVEPOINT b", "ROLLBACK TO a", "ROLLBACK TO b", "RELEASE a", "RELEASE b"});
    case 3:
      return pick({"SET search_path TO other", "SET LOCAL search_path TO other", "RESET search_path",
                   "SET search_path TO public", "SELECT set_config('search_path', 'other', false)"});
    case 4: {
      const bool allowed = std::exchange(parameter_allowed_, false);
      const std::string text = pick({"PREPARE q AS ", "PREPARE r AS "}) + dml();
      parameter_allowed_ = allowed;
      return text;
    }
    case 5:
      return pick({"EXECUTE q", "EXECUTE q", "EXECUTE r", "DEALLOCATE q", "DEALLOCATE ALL", "DISCARD ALL"});
    case 6:
      return "SELECT id FROM " + table() + " WHERE id < " + id;
    case 7:
      return pick({"SELECT fail()", "SELECT 1/0", "SELEC 1", "VACUUM", ""});
    case 8:
      return "SELECT writer(" + id + ", " + value(false) + ")";
    case 9:
      return pick({"CALL p(", "CALL p("}) + id + ", " + value(false) + ")";
    case 10:
      return pick(
          {"COPY t TO STDOUT", "PREPARE TRANSACTION 'x'", "COMMIT PREPARED 'x'", "ROLLBACK PREPARED 'x'"});
    case 11:
    case 12:
      return part();
    default:
      return dml();
  }
}

std::string script::several() {
  std::string text = sql();
  for (std::size_t n = 1 + in_.below(3); n > 0; --n) text += pick({"; ", ";"}) + sql();
  return text;
}

// EXECUTE is run at once: the model does not know what becomes of one whose statement changes its meaning
// between Parse and Bind.
void script::parse(const std::string& name, const std::string& given) {
  const std::string text = name.empty() && running_       ? given
                           : given.starts_with("EXECUTE") ? "SELECT fail()"
                                                          : given;
  wire::encode(wire::parse{name, text, {}}, out_);
  texts_[name] = text;
}

void script::bind(const std::string& portal, const std::string& statement) {
  wire::bind m;
  m.portal = portal;
  m.statement = statement;
  const bool parameter = texts_[statement].find("$1") != std::string::npos;
  const std::string given = "v" + std::to_string(++values_);
  if (parameter != (in_.below(32) == 31)) m.parameters.emplace_back(given);
  const std::size_t formats = in_.below(8);
  if (formats < 3) m.result_formats.assign(formats, 0);
  wire::encode(m, out_);
}

void script::execute(const std::string& portal) {
  static constexpr std::int32_t limits[] = {0, 0, 1, 2};
  wire::encode(wire::execute{portal, limits[in_.below(4)]}, out_);
}

// As drivers do.
void script::run_unnamed() {
  parameter_allowed_ = running_ = true;
  parse("", sql());
  parameter_allowed_ = running_ = false;
  const std::size_t extras = in_.byte();
  if (extras & 1) wire::encode(wire::describe{'S', ""}, out_);
  bind("", "");
  if (extras & 2) wire::encode(wire::describe{'P', ""}, out_);
  execute("");
  if (extras & 4) execute("");
  if (texts_[""].starts_with("EXECUTE")) wire::encode(wire::close{'S', ""}, out_);
  if (extras & 8) wire::encode(wire::flush{}, out_);
  if (extras & 48) wire::encode(wire::sync{}, out_);
}

void script::copy_data() {
  for (std::size_t n = in_.below(3); n > 0; --n)
    wire::encode(wire::copy_data{std::to_string(in_.below(8)) + "\tc" + std::to_string(++values_) + "\n"},
                 out_);
  if (in_.below(4) == 3)
    wire::encode(wire::copy_fail{"no more"}, out_);
  else
    wire::encode(wire::copy_done{}, out_);
}

void script::copy_simple() {
  std::string text = "COPY " + pick({"t", "t", "u", "g"}) + " FROM STDIN";
  const std::size_t kind = in_.below(4);
  if (kind == 2) text = "BEGIN; " + text;
  if (kind == 3) text = text + "; SELECT id FROM t WHERE id < 9";
  wire::encode(wire::query{text}, out_);
  copy_data();
}

// Under a name of its own: bound elsewhere it would meet messages that no client sends during COPY.
void script::copy_extended() {
  parse("copy", "COPY " + pick({"t", "t", "u", "g"}) + " FROM STDIN");
  bind("", "copy");
  execute("");
  if (in_.below(4) == 3) wire::encode(wire::sync{}, out_);  // swallowed, if COPY has begun
  copy_data();
  wire::encode(wire::close{'S', "copy"}, out_);
  if (in_.below(2) == 1) wire::encode(wire::sync{}, out_);
}

std::string script::next() {
  out_.clear();
  const std::string statement = pick({"", "s1", "s2"});
  const std::string portal = pick({"", "", "p1"});
  switch (in_.below(20)) {
    case 0:
    case 1:
    case 2:
    case 3:
      wire::encode(wire::query{sql()}, out_);
      break;
    case 4:
    case 5:
      wire::encode(wire::query{several()}, out_);
      break;
    case 6:
    case 7:
    case 8:
    case 9:
      run_unnamed();
      break;
    case 10:
      parameter_allowed_ = true;
      parse(statement, sql());
      parameter_allowed_ = false;
      break;
    case 11:
      bind(portal, statement);
      break;
    case 12:
      execute(portal);
      break;
    case 13:
      bind(portal, statement);
      execute(portal);
      break;
    case 14:
      wire::encode(wire::describe{'S', statement}, out_);
      break;
    case 15:
      wire::encode(wire::close{in_.below(2) == 0 ? 'S' : 'P', in_.below(2) == 0 ? statement : portal}, out_);
      break;
    case 16:
      if (in_.below(4) == 3)
        wire::encode(wire::function_call{1, std::string_view("\0\0\0\0\0\0", 6)}, out_);
      else
        wire::encode(wire::flush{}, out_);
      break;
    case 17:
      in_.below(2) == 0 ? copy_simple() : copy_extended();
      break;
    default:
      wire::encode(wire::sync{}, out_);
      break;
  }
  return out_;
}

std::string script::ending() {
  std::string bytes;
  wire::encode(wire::copy_done{}, bytes);
  wire::encode(wire::sync{}, bytes);
  wire::encode(wire::query{"ROLLBACK"}, bytes);
  wire::encode(wire::sync{}, bytes);
  return bytes;
}

}  // namespace pgtandem::model
