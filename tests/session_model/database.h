// The model's tables and settings under transactions: working state, savepoints, and what a transaction has
// changed so far. Small enough that a snapshot is a copy.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace pgtandem::model {

// Object ids; the first two are mirrored, the second has a user trigger and so is never imaged.
inline constexpr std::uint32_t table_t = 100;
inline constexpr std::uint32_t table_g = 101;
inline constexpr std::uint32_t table_u = 200;
inline constexpr std::uint32_t table_other_t = 201;

struct row_written {
  std::uint32_t table = 0;
  bool removed = false;
  int id = 0;
  std::string value;
  bool imaged = false;  // by a statement that returned its image
};

// What ErrorResponse says.
struct sql_error {
  std::string sqlstate;
  std::string message;
  std::size_t position = 0;  // in characters from 1; 0: none
  std::string routine = {};  // of PostgreSQL's source
};

class database {
 public:
  database();

  using rows = std::map<int, std::string>;
  [[nodiscard]] const rows& table(std::uint32_t oid) const { return now_.tables.at(oid); }
  // What a name means under the present search_path; nullopt: nothing.
  [[nodiscard]] std::optional<std::uint32_t> resolve(const std::string& schema,
                                                     const std::string& name) const;

  // Throws sql_error for a key that is there already.
  void insert(std::uint32_t oid, int id, const std::string& value, bool imaged);
  void update(std::uint32_t oid, int id, const std::string& value, bool imaged);
  void remove(std::uint32_t oid, int id, bool imaged);
  // The image of a row as it was written last has been shown.
  void note_imaged(std::uint32_t oid, int id);
  // Notes, for as long as they are true, what has been written since there were `from` changes.
  void note_changes(std::size_t from);
  [[nodiscard]] std::vector<row_written> take_notes() { return std::exchange(now_.notes, {}); }
  // A statement takes its lock whether or not it finds rows.
  void lock(std::uint32_t oid) { now_.locks.insert(oid); }

  void set_path(const std::string& path, bool local);
  void reset_path() { now_.path.clear(), now_.local_path.reset(); }

  void savepoint(const std::string& name) { saves_.push_back({name, now_}); }
  [[nodiscard]] bool rollback_to(const std::string& name);
  [[nodiscard]] bool release(const std::string& name);

  // False: a deferred constraint fails, and nothing is committed.
  [[nodiscard]] bool commit();
  void abort();
  // Takes the present changes out of sight until commit_prepared.
  void prepare(const std::string& gid);
  // nullopt: no such transaction.
  [[nodiscard]] std::optional<std::vector<row_written>> finish_prepared(const std::string& gid, bool commit);

  [[nodiscard]] const std::vector<row_written>& changes() const { return now_.changes; }
  [[nodiscard]] const std::set<std::uint32_t>& locks() const { return now_.locks; }
  [[nodiscard]] bool wrote() const { return !now_.changes.empty() || now_.wrote; }

 private:
  struct state {
    std::map<std::uint32_t, rows> tables;
    std::string path;  // empty: public
    std::optional<std::string> local_path;
    std::vector<row_written> changes;
    std::vector<row_written> notes;
    std::set<std::uint32_t> locks;
    bool wrote = false;  // a transaction id stays assigned when its savepoint is rolled back
  };
  void end();

  state now_;
  state committed_;
  std::vector<std::pair<std::string, state>> saves_;
  std::map<std::string, std::vector<row_written>> prepared_;
};

}  // namespace pgtandem::model
