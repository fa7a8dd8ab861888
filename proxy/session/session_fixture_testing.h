// A client, the session under test and a model of legacy, wired together without sockets.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/wire/backend/command_complete.h"
#include "protocol/wire/backend/error_response.h"
#include "protocol/wire/backend/parameter_status.h"
#include "protocol/wire/frontend/bind.h"
#include "protocol/wire/frontend/describe.h"
#include "protocol/wire/frontend/execute.h"
#include "protocol/wire/frontend/parse.h"
#include "protocol/wire/frontend/query.h"
#include "protocol/wire/frontend/sync.h"
#include "proxy/session/capture/catalog_testing.h"
#include "proxy/session/fake_backend_testing.h"
#include "proxy/session/session.h"

namespace pgtandem::proxy {
inline std::shared_ptr<const mirrored_catalog> one_table() {
  return std::make_shared<mirrored_catalog>(std::vector{testing::keyed_table(oid_t{100}, "t")});
}

class session_test : public ::testing::Test {
 protected:
  session_test() {
    code_.learn({}, code_.version());
    legacy_.on_commit = [this](const std::vector<std::string>& writes) {
      ++commits_;
      // Invariant 1: a commit that wrote is let through only behind its durable record.
      EXPECT_GT(durable_, decided_on_) << "committed without a durable record: " << writes.front();
      ++decided_on_;
    };
    run();
    answers();
  }

  template <class... Messages>
  void client(const Messages&... messages) {
    std::string bytes;
    (wire::encode(messages, bytes), ...);
    session_.client_in().append(bytes);
    session_.on_client_bytes();
    run();
  }
  void query(std::string_view text) { client(wire::query{text}); }

  // Moves bytes and performs actions until nothing moves.
  void run() {
    for (bool moved = true; moved;) {
      moved = first_;
      first_ = false;
      std::string out;
      const std::string to_legacy(session_.server_out().data());
      session_.server_out().consume(to_legacy.size());
      legacy_.receive(to_legacy, out);
      if (!out.empty() && !legacy_silent_) {
        answer(out);
        moved = true;
      }
      for (action& a : session_.take_actions()) {
        moved = true;
        perform(a);
      }
      moved |= !session_.server_out().empty();
    }
  }

  void answer(std::string_view bytes) {
    const std::size_t piece = in_single_bytes_ ? 1 : bytes.size();
    for (; !bytes.empty(); bytes.remove_prefix(piece)) {
      session_.server_in().append(bytes.substr(0, piece));
      session_.on_server_bytes();
    }
  }

  void perform(action& a) {
    if (auto* p = std::get_if<prepare_action>(&a)) {
      records_.push_back(std::move(p->record));
      if (!hold_prepares_) answer_prepare();
    } else if (const auto* d = std::get_if<decide_action>(&a)) {
      decisions_.push_back(std::to_string(d->seq.value) + (d->committed ? " committed" : " aborted"));
    } else if (const auto* s = std::get_if<stage_action>(&a)) {
      staged_ = true;
      session_.on_staged(s->chunk.staging, "");
    } else if (const auto* doubt = std::get_if<in_doubt_action>(&a)) {
      decisions_.push_back(std::to_string(doubt->seq.value) + " in doubt");
    } else if (auto* m = std::get_if<mark_action>(&a)) {
      note_marks(*m);
      until_.push_back(m->until);
      session_.on_marked(m->until ? std::vector<std::uint64_t>{} : std::vector<std::uint64_t>{9}, "");
    } else if (std::holds_alternative<ripen_action>(a)) {
      decisions_.emplace_back(std::get<ripen_action>(a).perhaps_prepared ? "ripe, perhaps prepared" : "ripe");
    }
  }

  void note_marks(const mark_action& m) {
    if (m.marks.empty()) return;
    marked_.push_back(m.marks.front().table.name);
    for (const auto& key : m.marks.front().keys) marked_.back() += " " + key;
    of_prepared_.push_back(m.of_prepared);
    ++durable_;
  }

  void answer_prepare() {
    prepare_outcome outcome;
    if (reject_) {
      outcome.what = prepare_outcome::kind::rejected;
      outcome.error = "disk full";
    } else {
      ++durable_;
      outcome.what = prepare_outcome::kind::durable;
      outcome.seq = seq_t{records_.size()};
    }
    session_.on_prepared(outcome);
  }

  // What the client has received since the last call, e.g. "D 1", "C UPDATE", "Z I", "E 22012".
  std::vector<std::string> answers() {
    std::vector<std::string> all;
    std::string_view rest = session_.client_out().data();
    const std::size_t size = rest.size();
    wire::frame_view f;
    while (wire::next_frame(rest, f) == wire::frame_status::complete) {
      std::string text(1, f.type);
      if (f.type == 'Z') text += std::string(" ") + f.body[0];
      if (f.type == 'C') text += " " + std::string(wire::decode_command_complete(f.body)->tag);
      if (f.type == 'D' || f.type == 'T') text += " " + std::to_string(f.body[1]);
      if (f.type == 'E') text += " " + std::string(*wire::decode_error_response(f.body)->field('C'));
      all.push_back(text);
    }
    session_.client_out().consume(size);
    return all;
  }

  sql::statement_cache cache_;
  std::shared_ptr<const mirrored_catalog> catalog_ = one_table();
  known_code code_;
  session session_{
      {.catalog = [this] { return catalog_; },
       .statements = &cache_,
       .code = &code_,
       .marked_until_it_ends = [this](std::string_view gid) { return gid == awaited_; },
       .defines_when_committed = [this](std::string_view gid) { return gid != defines_nothing_; },
       .partition = partition_t{1},
       .chunk_bytes = 1 << 13,
       .new_staging = [] { return staging_t{1}; }}};
  testing::fake_backend legacy_;
  std::vector<change::record> records_;
  std::vector<std::string> decisions_;
  std::vector<std::string> marked_;               // the first of each set, and its keys
  std::vector<std::optional<unseen_end>> until_;  // beside marked_
  std::vector<std::string> of_prepared_;          // the same
  std::string defines_nothing_ = "-";
  std::string awaited_ = "-";  // what was prepared by this name is marked until it ends
  int durable_ = 0;
  int decided_on_ = 0;
  int commits_ = 0;
  bool staged_ = false;  // a chunk of a large transaction
  bool hold_prepares_ = false;
  bool reject_ = false;
  bool legacy_silent_ = false;
  bool in_single_bytes_ = false;  // legacy's answers arrive so
  bool first_ = true;
};

}  // namespace pgtandem::proxy
