// What relation names mean to a session, as far as it has been asked since the last statement that may have
// changed it (search_path, role, row_security, temporary relations). One per session, not thread-safe.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "proxy/session/capture/own_query.h"

namespace pgtandem::proxy {

class name_cache {
 public:
  [[nodiscard]] const resolved_name* find(const sql::relation_ref& ref) const {
    const auto it = names_.find(key(ref));
    return it == names_.end() ? nullptr : &it->second;
  }
  // `generation` as it was when the question was sent: an answer that is out of date is not kept.
  void store(const sql::relation_ref& ref, resolved_name name, std::uint64_t generation) {
    if (generation == generation_) names_.insert_or_assign(key(ref), name);
  }
  void clear() {
    names_.clear();
    ++generation_;
  }
  [[nodiscard]] std::uint64_t generation() const { return generation_; }

 private:
  static std::pair<std::string, std::string> key(const sql::relation_ref& ref) {
    return {ref.schema ? "." + *ref.schema : std::string{}, ref.name};
  }
  std::map<std::pair<std::string, std::string>, resolved_name> names_;
  std::uint64_t generation_ = 0;
};

}  // namespace pgtandem::proxy
