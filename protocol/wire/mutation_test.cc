// Random damage to real messages, for every decoder: none may read outside its body, and whatever one takes
// must be written again as the same bytes: a message that could be read in two ways would let the two sides
// disagree.
#include <functional>
#include <random>
#include <vector>

#include "protocol/wire/backend/authentication.h"
#include "protocol/wire/backend/backend_key_data.h"
#include "protocol/wire/backend/command_complete.h"
#include "protocol/wire/backend/copy_response.h"
#include "protocol/wire/backend/data_row.h"
#include "protocol/wire/backend/error_response.h"
#include "protocol/wire/backend/function_call_response.h"
#include "protocol/wire/backend/negotiate_protocol_version.h"
#include "protocol/wire/backend/notification_response.h"
#include "protocol/wire/backend/parameter_description.h"
#include "protocol/wire/backend/parameter_status.h"
#include "protocol/wire/backend/ready_for_query.h"
#include "protocol/wire/backend/row_description.h"
#include "protocol/wire/frontend/bind.h"
#include "protocol/wire/frontend/cancel_request.h"
#include "protocol/wire/frontend/close.h"
#include "protocol/wire/frontend/describe.h"
#include "protocol/wire/frontend/execute.h"
#include "protocol/wire/frontend/function_call.h"
#include "protocol/wire/frontend/parse.h"
#include "protocol/wire/frontend/query.h"
#include "protocol/wire/frontend/startup_packet.h"
#include "protocol/wire/test_support.h"

namespace pgtandem::wire {
namespace {

using namespace std::string_view_literals;

// Reads a body; if that is taken, writes it again. nullopt: refused.
using rewriter = std::function<std::optional<std::string>(std::string_view body)>;

struct specimen {
  std::string name;
  std::string body;
  rewriter rewrite;
};

template <class Message, class Decode>
specimen typed(const char* name, const Message& m, Decode decode) {
  return {name, std::string(body_of(encoded(m))), [decode](std::string_view body) {
            const auto back = decode(body);
            return back ? std::optional(std::string(body_of(encoded(*back)))) : std::nullopt;
          }};
}

template <class Message, class Decode>
specimen untyped(const char* name, const Message& m, Decode decode) {
  return {name, encoded(m).substr(4), [decode](std::string_view body) {
            const auto back = decode(body);
            return back ? std::optional(encoded(*back).substr(4)) : std::nullopt;
          }};
}

specimen error_specimen() {
  const error_fields m{{{'S', "ERROR"}, {'C', "42601"}, {'P', "7"}}};
  std::string message;
  encode_error(m, message);
  return {"error_response", std::string(body_of(message)), [](std::string_view body) {
            const auto back = decode_error_response(body);
            std::string out;
            if (back) encode_error(*back, out);
            EXPECT_EQ(shift_error_position(body, 1).has_value(), back.has_value());
            return back ? std::optional(std::string(body_of(out))) : std::nullopt;
          }};
}

std::vector<specimen> specimens() {
  return {
      typed("query", query{"select 1"}, decode_query),
      typed("parse", parse{"s", "select $1", {23, 25}}, decode_parse),
      typed("bind", bind{"p", "s", {0, 1}, {"abc", std::nullopt}, {1, 0}}, decode_bind),
      typed("describe", describe{'S', "s"}, decode_describe),
      typed("close", close{'P', "p"}, decode_close),
      typed("execute", execute{"p", 5}, decode_execute),
      typed("function_call", function_call{1, "\0\0"sv}, decode_function_call),
      typed("authentication", authentication{authentication_code::md5, "salt"}, decode_authentication),
      typed("backend_key_data", backend_key_data{1, "abcd"}, decode_backend_key_data),
      typed("command_complete", command_complete{"UPDATE 1"}, decode_command_complete),
      typed("copy_in_response", copy_in_response{{0, {0, 1}}}, decode_copy_in_response),
      typed("data_row", data_row{{"abc", std::nullopt, ""}}, decode_data_row),
      typed("function_call_response", function_call_response{"x"}, decode_function_call_response),
      typed("negotiate_protocol_version", negotiate_protocol_version{2, {"_pq_.x"}},
            decode_negotiate_protocol_version),
      typed("notification_response", notification_response{1, "c", "p"}, decode_notification_response),
      typed("parameter_description", parameter_description{{23}}, decode_parameter_description),
      typed("parameter_status", parameter_status{"a", "b"}, decode_parameter_status),
      typed("ready_for_query", ready_for_query{'T'}, decode_ready_for_query),
      typed("row_description", row_description{{{"id", 1, 2, 23, 4, -1, 0}, {"x", 0, 0, 25, -1, -1, 0}}},
            decode_row_description),
      untyped("startup_packet", startup_packet{protocol_version_3_0, {{"user", "u"}, {"database", "d"}}},
              decode_startup_packet),
      untyped("cancel_request", cancel_request{1, "abcd"}, decode_cancel_request),
      error_specimen(),
  };
}

std::string damaged(std::string body, std::mt19937& random) {
  // Bytes that lengths, counts and ends of strings are made of.
  static constexpr std::string_view spiteful = "\0\1\2\4\x7f\x80\xfe\xff"sv;
  for (unsigned changes = 1 + random() % 4; changes > 0; --changes) {
    const std::size_t at = random() % (body.size() + 1);
    const char byte = random() % 4 == 0 ? static_cast<char>(random()) : spiteful[random() % spiteful.size()];
    switch (random() % 4) {
      case 0:
        body.insert(at, 1, byte);
        break;
      case 1:
        body.resize(at);
        break;
      default:
        if (at < body.size()) body[at] = byte;
    }
  }
  return body;
}

TEST(mutation, what_is_taken_is_written_the_same) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (const specimen& s : specimens()) {
    ASSERT_EQ(s.rewrite(s.body), s.body) << s.name;
    for (int i = 0; i < 5000; ++i) {
      const exact_copy body(damaged(s.body, random));
      const auto again = s.rewrite(body.view());
      if (again) {
        ASSERT_EQ(*again, body.view()) << s.name;
      }
    }
  }
}

// The helpers of the hot path must agree with the full decoders on every body.
TEST(mutation, fast_helpers_agree_with_the_decoders) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::string row = encoded(data_row{{"abc", std::nullopt, "", "image"}});
  const std::string description =
      encoded(row_description{{{"id", 1, 2, 23, 4, -1, 0}, {"x", 0, 0, 25, -1, -1, 0}}});
  const std::string binding = encoded(bind{"p", "s", {0, 1}, {"abc", std::nullopt}, {1, 0}});
  for (int i = 0; i < 20000; ++i) {
    std::string out;
    const exact_copy r(damaged(std::string(body_of(row)), random));
    auto full_row = decode_data_row(r.view());
    const bool has_column = full_row && !full_row->columns.empty();
    ASSERT_EQ(data_row_last(r.view()).has_value(), has_column);
    ASSERT_EQ(data_row_drop_last(r.view(), out).has_value(), has_column);
    if (has_column) {
      full_row->columns.pop_back();
      ASSERT_EQ(out, encoded(*full_row));
    }

    out.clear();
    const exact_copy d(damaged(std::string(body_of(description)), random));
    auto full_description = decode_row_description(d.view());
    const bool has_field = full_description && !full_description->fields.empty();
    ASSERT_EQ(row_description_drop_last(d.view(), out), has_field);
    if (has_field) {
      full_description->fields.pop_back();
      ASSERT_EQ(out, encoded(*full_description));
    }

    out.clear();
    const exact_copy b(damaged(std::string(body_of(binding)), random));
    const auto full_bind = decode_bind(b.view());
    const auto header = decode_bind_header(b.view());
    ASSERT_EQ(header.has_value(), full_bind.has_value());
    if (full_bind) {
      ASSERT_TRUE(encode_with_result_formats(b.view(), full_bind->result_formats, out));
      ASSERT_EQ(body_of(out), b.view());
    }
  }
}

}  // namespace
}  // namespace pgtandem::wire
