// What became of the mirrored tables from one look at the catalogs to the next: which came anew, which were
// altered, and which no longer fit the target. Pure bookkeeping without I/O. Not thread-safe.
#pragma once

#include <string>
#include <vector>

#include "protocol/catalog/load.h"
#include "proxy/config/config.h"
#include "proxy/daemon/catalog_watch.h"
#include "proxy/daemon/mirrored_file.h"

namespace pgtandem::proxy {

class table_history {
 public:
  table_history(on_ddl policy, catalog::table_filter filter);
  void restore(known_tables known) { known_ = std::move(known); }

  struct alteration {
    change::table_name table;
    std::string what;  // for people
  };
  // Both have rows that no record carried as they are now, so marks have to stand for them.
  struct news {
    std::vector<change::table_name> fresh;
    std::vector<alteration> altered;
  };
  [[nodiscard]] news compare(const catalog_view& view) const;
  // Takes the view for known, once marks stand for its news. Records up to `through` may still hold images of
  // the shapes that altered tables had; `fresh_through` is the same for fresh ones.
  void adopt(const catalog_view& view, seq_t through, seq_t fresh_through);
  [[nodiscard]] const known_tables& known() const { return known_; }
  [[nodiscard]] bool leaves_out_any() const;
  // Why nothing may be applied for now, a sentence for each table that is in the way and how to go on.
  [[nodiscard]] std::vector<std::string> in_the_way(const catalog_view& view) const;

 private:
  void leave_out(const catalog_view& view);

  const on_ddl policy_;
  const catalog::table_filter filter_;
  known_tables known_;
};

}  // namespace pgtandem::proxy
