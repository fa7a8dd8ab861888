// How legacy reads the texts of a session: by client_encoding and standard_conforming_strings, as far as its
// answers have told. One per session, not thread-safe.
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "protocol/sql/parse.h"

namespace pgtandem::proxy {

class lexing {
 public:
  // Legacy reports a setting.
  void note_parameter(std::string_view name, std::string_view value);
  // A statement is being sent that may change them; its report is still to come.
  void note_sent() { unsure_ = changed_ = true; }
  // The end of a transaction, or of a part of it, may take a change back.
  void note_rolled_back_to() { unsure_ |= changed_; }
  void note_transaction_end() { unsure_ |= std::exchange(changed_, false); }
  // All reports have come.
  void note_settled() { unsure_ = false; }

  // Whether a report that is still to come may decide what this text means.
  [[nodiscard]] bool awaited_for(std::string_view text) const;
  // Null: in this encoding, or under settings that may just be changing, its meaning is not certain.
  [[nodiscard]] std::shared_ptr<const sql::parsed_text> understand(std::string_view text,
                                                                   sql::statement_cache& known) const;
  // The same past the cache, which may know a text without the places of its statements.
  [[nodiscard]] std::shared_ptr<const sql::parsed_text> understand_anew(std::string_view text) const;

 private:
  bool parsable_encoding_ = true;
  bool standard_conforming_strings_ = true;
  bool unsure_ = false;
  bool changed_ = false;  // in this transaction
};

}  // namespace pgtandem::proxy
