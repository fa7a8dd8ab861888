#include "outbox/applier/apply_plan.h"
#include "protocol/planted_bug.h"

#include <map>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace pgtandem::outbox {

namespace {

using change::op;
using change::row_change;
// The changes of one table within a stretch.
struct table_changes {
  const change::table_name* table = nullptr;
  bool canonical = false;
  std::vector<const row_change*> rows;                         // nullptr where a later change of the key came
  std::unordered_map<std::string_view, std::size_t> position;  // by key, only if canonical

  const row_change* truncate = nullptr;  // ahead of all rows

  void add(const row_change& change) {
    if (change.op == op::truncate) {
      rows.clear();
      position.clear();
      truncate = &change;
      return;
    }
    if (canonical) {
      const auto [it, is_new] = position.try_emplace(change.key, rows.size());
      if (!is_new && planted(planted_bug::first_image_wins)) return;
      if (!is_new) {
        rows[it->second] = nullptr;
        it->second = rows.size();
      }
    }
    rows.push_back(&change);
  }
};

// A stretch of records that may be written in any order that ends in the same rows.
class stretch {
 public:
  stretch(const is_canonical& canonical, bool heal) : canonical_(canonical), heal_(heal) {}

  void add(const change::record& r, const held_back_changes& held) {
    for (const auto& c : r.changes) {
      if (held.contains(&c)) continue;
      const auto& name = r.tables[c.table];
      const auto [it, is_new] = index_.try_emplace(name, tables_.size());
      if (is_new) tables_.push_back({&name, canonical_(name), {}, {}, nullptr});
      tables_[it->second].add(c);
    }
  }

  void finish(std::vector<apply_step>& out) const {
    for (const auto& t : tables_) {
      if (t.truncate != nullptr) out.push_back({t.table, op::truncate, heal_, {t.truncate}});
      if (t.canonical) {
        // A removed row may have held a unique value that another one takes.
        add_step_of(t, op::remove, out);
        add_step_of(t, op::upsert, out);
      } else {
        for (const auto* c : t.rows) out.push_back({t.table, c->op, heal_, {c}});
      }
    }
  }

 private:
  void add_step_of(const table_changes& t, op wanted, std::vector<apply_step>& out) const {
    apply_step step{t.table, wanted, heal_, {}};
    for (const auto* c : t.rows) {
      if (c != nullptr && c->op == wanted) step.rows.push_back(c);
    }
    if (!step.rows.empty()) out.push_back(std::move(step));
  }

  const is_canonical& canonical_;
  bool heal_;
  std::vector<table_changes> tables_;
  std::map<change::table_name, std::size_t> index_;
};

bool is_heal(const stored_record& r) {
  return r.record.kind == change::record_kind::heal;
}

}  // namespace

std::vector<apply_step> make_plan(std::span<const stored_record> records, const is_canonical& canonical,
                                  const held_back_changes& held) {
  std::vector<apply_step> out;
  for (std::size_t i = 0; i < records.size();) {
    const bool heal = is_heal(records[i]);
    stretch s(canonical, heal);
    do {
      s.add(records[i].record, held);
    } while (++i < records.size() && !heal && !is_heal(records[i]));
    s.finish(out);
  }
  return out;
}

std::vector<apply_step> make_plan_in_order(std::span<const stored_record> records,
                                           const is_canonical& canonical, const held_back_changes& held) {
  std::vector<apply_step> out;
  std::unordered_set<std::string_view> keys;  // of the last step
  for (const auto& r : records) {
    for (const auto& c : r.record.changes) {
      if (held.contains(&c)) continue;
      const auto& table = r.record.tables[c.table];
      const bool fits = !out.empty() && *out.back().table == table && out.back().op == c.op &&
                        out.back().heal == is_heal(r) && canonical(table) && !keys.contains(c.key);
      if (!fits) {
        out.push_back({&table, c.op, is_heal(r), {}});
        keys.clear();
      }
      out.back().rows.push_back(&c);
      keys.insert(c.key);
    }
  }
  return out;
}

}  // namespace pgtandem::outbox
