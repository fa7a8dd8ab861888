#include "protocol/sql/rewrite.h"

#include <algorithm>

#include "protocol/sql/characters.h"
#include "protocol/sql/dml.h"
#include "protocol/sql/modifying_parts.h"

namespace pgtandem::sql {
namespace {

class rewriting {
 public:
  explicit rewriting(std::string_view original) : original_(original) {}

  // In ascending order.
  void replace(std::size_t begin, std::size_t end, std::string_view with) {
    keep_up_to(begin);
    const std::int32_t at = characters_;
    result_.text.append(with);
    characters_ += count_characters(with);
    const std::int32_t from = client_characters_;
    client_characters_ += count_characters(original_.substr(begin, end - begin));
    kept_ = end;
    result_.edits.push_back({at, characters_, from, client_characters_});
  }

  noted_text finish() {
    keep_up_to(original_.size());
    return std::move(result_);
  }

 private:
  void keep_up_to(std::size_t end) {
    const std::string_view piece = original_.substr(kept_, end - kept_);
    result_.text.append(piece);
    characters_ += count_characters(piece);
    client_characters_ += count_characters(piece);
    kept_ = end;
  }

  std::string_view original_;
  noted_text result_;
  std::size_t kept_ = 0;
  std::int32_t characters_ = 0;
  std::int32_t client_characters_ = 0;
};

std::string columns_of(const modifying_part& part) {
  if (part.returns_all) return "(pgtandem_row).*";
  std::string list;
  for (const std::string& name : part.returned)
    list.append(list.empty() ? "" : ", ").append(quote_identifier(name));
  return list;
}

void note_part(rewriting& out, std::string_view text, const modifying_part& part, const part_place& place,
               std::size_t number, std::string_view expression) {
  // The line break ends a comment that the part may end in.
  if (!part.dml.has_returning) {
    out.replace(place.end, place.end, "\n RETURNING " + std::string(expression));
    return;
  }
  const std::string name = "pgtandem_part_" + std::to_string(number);
  out.replace(place.name, place.body, name + " AS (");
  if (part.returns_all)  // CASE, since "t" might as well be a column
    out.replace(place.star, place.star + 1,
                "CASE WHEN true THEN " + part.dml.alias + ".* END AS pgtandem_row");
  out.replace(place.end, place.end + 1,
              "\n, " + std::string(expression) + " AS pgtandem_note), " +
                  std::string(text.substr(place.name, place.body - place.name)) + "SELECT " +
                  columns_of(part) + " FROM " + name + ")");
}

}  // namespace

std::string add_returning(std::string_view statement_text, const dml_info& dml, std::string_view expression) {
  // The line break ends a comment that the statement may end in.
  const std::string_view before = dml.has_returning ? "\n, " : "\n RETURNING ";
  constexpr std::string_view after = " AS pgtandem_image";
  std::string rewritten;
  rewritten.reserve(statement_text.size() + before.size() + expression.size() + after.size());
  rewritten.append(statement_text).append(before).append(expression).append(after);
  return rewritten;
}

std::int64_t client_position(std::span<const text_edit> edits, std::int64_t at) {
  const auto behind = std::upper_bound(edits.begin(), edits.end(), at,
                                       [](std::int64_t a, const text_edit& e) { return a < e.begin; });
  if (behind == edits.begin()) return at;
  const text_edit& last = *std::prev(behind);
  return at < last.end ? last.client_begin : at - last.end + last.client_end;
}

std::optional<noted_text> note_parts(std::string_view statement_text, const modifying_parts& all,
                                     std::span<const std::string> expressions) {
  // Where strings end would depend on standard_conforming_strings; and the names have to be free.
  if (statement_text.find('\\') != std::string_view::npos) return std::nullopt;
  if (statement_text.find("pgtandem_") != std::string_view::npos) return std::nullopt;
  const auto places = find_parts(statement_text);
  if (!places || places->size() != all.parts.size() || expressions.size() != all.parts.size())
    return std::nullopt;
  rewriting out(statement_text);
  for (std::size_t i = 0; i < places->size(); ++i)
    if (!expressions[i].empty())
      note_part(out, statement_text, all.parts[i], (*places)[i], i + 1, expressions[i]);
  return out.finish();
}

}  // namespace pgtandem::sql
