// What callers ask of the writer thread. Plain data with the callbacks that answer it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "outbox/log/heal_windows.h"
#include "outbox/log/log.h"

namespace pgtandem::outbox {

// nullptr: durable. Else why not.
using answer = std::function<void(const std::string* error)>;

namespace request {

struct prepare {
  change::record record;  // its images are gone: only `encoded` has them
  std::string encoded;    // empty: `refusal` says why
  std::string refusal;
  std::function<void(prepare_result)> done;
};
struct stage {
  staging_t staging;
  std::uint32_t number = 0;
  std::uint64_t changes = 0;
  std::string encoded;
  answer done;
};
struct drop_staging {
  staging_t staging;
};
struct decide {
  seq_t seq;
  decision to = decision::undecided;
};
struct supersede {
  seq_t seq;
  std::vector<change::mark> marks;
  answer done;
};
struct add_marks {
  partition_t partition;
  std::vector<change::mark> marks;
  std::optional<legacy_writer> writer;
  std::function<void(std::vector<mark_id>, std::optional<log_error>)> done;
};
struct ripen {
  std::vector<mark_id> ids;
};
struct note_heal {
  mark_id id;
  std::string note;
};
struct clear_marks {
  std::vector<mark_id> ids;
  answer done;
};
struct append_heal {
  std::shared_ptr<window_state> window;
  seq_t opened_at;
  change::record record;
  std::string encoded;  // of the whole record
  std::function<void(heal_result)> done;
};
struct name_partition {
  std::string database;
  answer done;
};
struct set_proven {
  partition_t partition;
  seq_t through;
};
struct trim {
  partition_t partition;
  seq_t through;
  answer done;  // may be empty
};

}  // namespace request

using log_request =
    std::variant<request::prepare, request::stage, request::drop_staging, request::decide, request::supersede,
                 request::add_marks, request::ripen, request::note_heal, request::clear_marks,
                 request::append_heal, request::name_partition, request::set_proven, request::trim>;

// About how much a request adds to a batch.
[[nodiscard]] std::size_t request_bytes(const log_request& r);

// Answers with an error, whatever it is.
void refuse(log_request& r, const std::string& error);

}  // namespace pgtandem::outbox
