// A COPY FROM STDIN that may be under way: from the Execute that starts it to the end of its data. Reads the
// keys out of the data where its plan wants them. Sans-I/O, one per session.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "protocol/copy/copied_keys.h"
#include "proxy/session/capture/plan.h"
#include "proxy/session/capture/read_back.h"

namespace pgtandem::proxy {

class copy_in {
 public:
  // An Execute that may start it is about to be sent; no more than `limit` bytes of keys are kept. Its
  // number.
  std::uint64_t expect(const plan& p, std::size_t limit);
  // One has been sent, and has neither begun and ended nor come to nothing.
  [[nodiscard]] bool expected() const { return number_ != 0; }
  // Legacy takes data. `body` is CopyInResponse's.
  void begin(std::string_view body);
  [[nodiscard]] bool begun() const { return begun_; }

  void read(std::string_view data) {
    if (keys_) keys_->read(data);
  }
  // All data have been read: the query that finds its rows, and their keys. nullopt: nothing can be asked.
  [[nodiscard]] std::optional<std::pair<std::shared_ptr<const read_back_query>, copy::copied_rows>> finish();
  // The data have ended, or what was sent under this number is over.
  void end();
  void end(std::uint64_t number) {
    if (number == number_ && number != 0) end();
  }
  // A message that ends it by an error has been sent, and is still the client's next.
  [[nodiscard]] bool note_intrusion() { return !std::exchange(intruded_, true); }

 private:
  std::uint64_t last_ = 0;
  std::uint64_t number_ = 0;  // 0: none is expected
  bool begun_ = false;
  bool intruded_ = false;
  std::shared_ptr<const read_back_query> query_;
  std::optional<copy::copied_keys> keys_;
};

}  // namespace pgtandem::proxy
