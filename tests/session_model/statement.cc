#include "tests/session_model/statement.h"

#include <charconv>

namespace pgtandem::model {
namespace {

constexpr std::string_view image_name = " AS pgtandem_image";

class reader {
 public:
  explicit reader(std::string_view text) : text_(text) {}

  // Moves past `words` if they come next.
  bool take(std::string_view words) {
    if (!text_.substr(at_).starts_with(words)) return false;
    at_ += words.size();
    return true;
  }
  std::string name() {
    const std::size_t from = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_'))
      ++at_;
    return std::string(text_.substr(from, at_ - from));
  }
  int number() {
    int n = 0;
    at_ = static_cast<std::size_t>(std::from_chars(text_.data() + at_, text_.data() + text_.size(), n).ptr -
                                   text_.data());
    return n;
  }
  // 'text' or $1
  std::string value() {
    if (take("$1")) return "$1";
    if (!take("'")) return {};
    const std::size_t end = std::min(text_.find('\'', at_), text_.size());
    std::string v(text_.substr(at_, end - at_));
    at_ = std::min(end + 1, text_.size());
    return v;
  }
  [[nodiscard]] std::string_view rest() const { return text_.substr(at_); }
  [[nodiscard]] std::size_t position() const { return at_; }
  [[nodiscard]] std::size_t size() const { return text_.size(); }
  [[nodiscard]] bool done() const { return at_ == text_.size(); }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

// Takes our column off the text.
bool cut_image(std::string_view& text) {
  if (!text.ends_with(image_name)) return false;
  for (const std::string_view before : {std::string_view("\n RETURNING "), std::string_view("\n, ")}) {
    if (const auto at = text.find(before); at != std::string_view::npos) {
      text = text.substr(0, at);
      return true;
    }
  }
  return false;
}

void table_name(reader& in, statement& s) {
  s.table_at = in.position();
  s.table = in.name();
  if (in.take(".")) {
    s.schema = std::move(s.table);
    s.table = in.name();
  }
}

bool where(reader& in, statement& s) {
  if (!in.take(" WHERE id ")) return false;
  s.below = in.take("< ");
  if (!s.below && !in.take("= ")) return false;
  s.id = in.number();
  return true;
}

bool returning(reader& in, statement& s) {
  if (in.take(" RETURNING id, v"))
    s.returning = {"id", "v"};
  else if (in.take(" RETURNING id"))
    s.returning = {"id"};
  return in.done();
}

bool dml(reader& in, statement& s) {
  switch (s.what) {
    case verb::insert:
      table_name(in, s);
      if (!in.take(" VALUES (")) return false;
      s.id = in.number();
      if (!in.take(", ")) return false;
      s.value = in.value();
      return in.take(")") && returning(in, s);
    case verb::update:
      table_name(in, s);
      if (!in.take(" SET v = ")) return false;
      if (in.take("1/0")) {
        s.what = verb::fail_planning;
        return where(in, s) && returning(in, s);
      }
      s.value = in.value();
      return where(in, s) && returning(in, s);
    default:
      table_name(in, s);
      return where(in, s) && returning(in, s);
  }
}

bool select(reader& in, statement& s) {
  if (in.take("1/0")) {
    s.what = verb::fail_planning;
  } else if (in.take("fail()")) {
    s.what = verb::fail_running;
  } else if (in.take("set_config('search_path', 'other', false)")) {
    s.what = verb::select_path;
    s.name = "other";
  } else if (in.take("writer(")) {
    s.what = verb::select_writer;
    s.id = in.number();
    if (!in.take(", ")) return false;
    s.value = in.value();
    return in.take(")") && in.done();
  } else if (in.take("id FROM ")) {
    s.what = verb::select_rows;
    table_name(in, s);
    return where(in, s) && in.done();
  } else {
    return false;
  }
  return in.done();
}

// With or without our note, which hides the part behind another name where it returns something.
bool part(std::string_view text, statement& s) {
  constexpr std::string_view renamed = "pgtandem_part_1 AS (";
  constexpr std::string_view handed_on = " AS pgtandem_note), a AS (SELECT \"id\" FROM pgtandem_part_1)";
  reader in(text);
  if (!in.take("WITH ")) return false;
  const bool hides = in.take(renamed);
  if (!hides && !in.take("a AS (")) return false;
  s.what = verb::part;
  s.inner_at = in.position();
  std::string_view body = in.rest();
  const std::size_t end = body.rfind(") SELECT id FROM ");
  if (end == std::string_view::npos) return false;
  reader main(body.substr(end + std::string_view(") SELECT ").size()));
  body = body.substr(0, end + 1);
  if (hides && !body.ends_with(handed_on)) return false;
  const std::string_view before = hides ? "\n, CASE WHEN " : "\n RETURNING CASE WHEN ";
  const std::size_t note = body.find(before);
  s.noted = note != std::string_view::npos;
  s.inner = s.noted ? body.substr(0, note) : body.substr(0, body.size() - 1);
  const auto inner = parse_statement(s.inner);
  if (!inner || !(inner->is_dml() || inner->what == verb::fail_planning) || inner->parameters() > 0)
    return false;
  main.take("id FROM ");
  if (main.take("a") && main.done()) return inner->returning.size() == 1;
  table_name(main, s);
  s.table_at += text.size() - main.size();
  return where(main, s) && main.done() && inner->returning.empty();
}

bool transaction_control(reader& in, statement& s) {
  if (in.take("BEGIN")) {
    s.what = verb::begin;
  } else if (in.take("COMMIT PREPARED ")) {
    s.what = verb::commit_prepared;
    s.name = in.value();
  } else if (in.take("ROLLBACK PREPARED ")) {
    s.what = verb::rollback_prepared;
    s.name = in.value();
  } else if (in.take("PREPARE TRANSACTION ")) {
    s.what = verb::prepare_transaction;
    s.name = in.value();
  } else if (in.take("COMMIT")) {
    s.what = verb::commit;
    s.chain = in.take(" AND CHAIN");
  } else if (in.take("ROLLBACK TO ")) {
    s.what = verb::rollback_to;
    s.name = in.name();
  } else if (in.take("ROLLBACK")) {
    s.what = verb::rollback;
    s.chain = in.take(" AND CHAIN");
  } else if (in.take("SAVEPOINT ")) {
    s.what = verb::savepoint;
    s.name = in.name();
  } else if (in.take("RELEASE ")) {
    s.what = verb::release;
    s.name = in.name();
  } else {
    return false;
  }
  return in.done();
}

bool session_command(reader& in, statement& s) {
  if (in.take("SET LOCAL search_path TO ")) {
    s.what = verb::set_path;
    s.local = true;
    s.name = in.name();
  } else if (in.take("SET search_path TO ")) {
    s.what = verb::set_path;
    s.name = in.name();
  } else if (in.take("RESET search_path")) {
    s.what = verb::reset_path;
  } else if (in.take("PREPARE ")) {
    s.what = verb::prepare;
    s.name = in.name();
    if (!in.take(" AS ")) return false;
    s.inner_at = in.position();
    s.inner = in.rest();
    return parse_statement(s.inner).has_value();
  } else if (in.take("EXECUTE ")) {
    s.what = verb::execute;
    s.name = in.name();
  } else if (in.take("DEALLOCATE ")) {
    s.what = verb::deallocate;
    if (!in.take("ALL")) s.name = in.name();
  } else if (in.take("DISCARD ALL")) {
    s.what = verb::discard_all;
  } else {
    return false;
  }
  return in.done();
}

bool other_command(reader& in, statement& s) {
  if (in.take("COPY ")) {
    table_name(in, s);
    s.what = in.take(" FROM STDIN") ? verb::copy_from : verb::copy_to;
    return s.what == verb::copy_from ? in.done() : in.take(" TO STDOUT") && in.done();
  }
  if (in.take("CALL p(")) {
    s.what = verb::call;
    s.id = in.number();
    if (!in.take(", ")) return false;
    s.value = in.value();
    return in.take(")") && in.done();
  }
  s.what = verb::vacuum;
  return in.take("VACUUM") && in.done();
}

}  // namespace

std::optional<statement> parse_statement(std::string_view text) {
  statement s;
  if (text.find("row_security_active") != std::string_view::npos) {
    s.what = verb::own_names;
    return s;
  }
  if (text.find("pg_catalog.txid_current_if_assigned") != std::string_view::npos) {
    s.what = verb::own_witness;
    s.locks = text.find("pg_locks") != std::string_view::npos;
    s.prepares = text.find("pg_catalog.txid_current()") != std::string_view::npos;
    return s;
  }
  if (text.find(" AS pgtandem_key(") != std::string_view::npos) {
    s.what = verb::own_copied_rows;
    s.value = "$1";
    const auto from = text.find(" FROM ONLY ") + std::string_view(" FROM ONLY ").size();
    std::string name(text.substr(from, text.find(" AS ", from) - from));
    std::erase(name, '"');
    reader table(name);
    table_name(table, s);
    return s;
  }
  if (text.starts_with("WITH pgtandem_all")) {
    s.what = verb::own_noted_rows;
    return s;
  }
  if (text.starts_with("WITH ")) return part(text, s) ? std::optional(s) : std::nullopt;
  std::string_view own = text;
  if (!text.starts_with("PREPARE ")) s.imaged = cut_image(own);
  while (own.ends_with(' ')) own.remove_suffix(1);
  reader in(own);
  if (in.take("INSERT INTO ")) s.what = verb::insert;
  if (in.take("UPDATE ")) s.what = verb::update;
  if (in.take("DELETE FROM ")) s.what = verb::remove;
  if (s.is_dml()) return dml(in, s) ? std::optional(s) : std::nullopt;
  if (in.take("SELECT ")) return select(in, s) ? std::optional(s) : std::nullopt;
  for (const auto form : {transaction_control, session_command, other_command}) {
    reader again(own);
    if (form(again, s)) return s;
  }
  return std::nullopt;
}

std::vector<piece> split_statements(std::string_view text) {
  std::vector<piece> pieces;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(';', at), text.size());
    const std::size_t from = text.find_first_not_of(" \n", at);
    if (from < end) pieces.push_back({from, text.substr(from, end - from)});
    at = end + 1;
  }
  return pieces;
}

}  // namespace pgtandem::model
