#include "outbox/applier/apply_plan.h"

#include <map>
#include <string_view>
#include <unordered_map>

namespace pgtandem::outbox {

namespace {

using change::op;
using change::row_change;
using is_canonical = std::function<bool(const change::table_name&)>;

// The changes of one table within a stretch.
struct table_changes {
  const change::table_name* table = nullptr;
  bool canonical = false;
  std::vector<const row_change*> rows;                         // nullptr where a later change of the key came
  std::unordered_map<std::string_view, std::size_t> position;  // by key, only if canonical

  void add(const row_change& change) {
    if (canonical) {
      const auto [it, is_new] = position.try_emplace(change.key, rows.size());
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

  void add(const change::record& r) {
    for (const auto& c : r.changes) {
      const auto& name = r.tables[c.table];
      const auto [it, is_new] = index_.try_emplace(name, tables_.size());
      if (is_new) tables_.push_back({&name, canonical_(name), {}, {}});
      tables_[it->second].add(c);
    }
  }

  void finish(granularity how, std::vector<apply_step>& out) const {
    for (const auto& t : tables_) {
      if (how == granularity::replaced) {
        add_steps(t, out, [](const row_change&) { return op::remove; });
      }
      if (t.canonical) {
        // A removed row may have held a unique value that another one takes.
        add_step_of(t, op::remove, out);
        add_step_of(t, op::upsert, out);
      } else {
        add_steps(t, out, [](const row_change& c) { return c.op; });
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

  // One step per row.
  template <class OpOf>
  void add_steps(const table_changes& t, std::vector<apply_step>& out, OpOf op_of) const {
    for (const auto* c : t.rows) {
      if (c != nullptr) out.push_back({t.table, op_of(*c), heal_, {c}});
    }
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
                                  granularity how) {
  std::vector<apply_step> out;
  if (how == granularity::in_order) {
    for (const auto& r : records) {
      for (const auto& c : r.record.changes)
        out.push_back({&r.record.tables[c.table], c.op, is_heal(r), {&c}});
    }
    return out;
  }
  for (std::size_t i = 0; i < records.size();) {
    const bool heal = is_heal(records[i]);
    stretch s(canonical, heal);
    do {
      s.add(records[i].record);
    } while (++i < records.size() && !heal && !is_heal(records[i]));
    s.finish(how, out);
  }
  return out;
}

}  // namespace pgtandem::outbox
