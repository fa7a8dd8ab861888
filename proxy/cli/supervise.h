// Keeps a daemon running: forks it, starts it again when a signal kills it (RocksDB ends the process where
// its write-ahead log cannot be written), hands on TERM and INT. To be called before any thread exists.
#pragma once

#include <chrono>
#include <functional>

namespace pgtandem::proxy {

struct supervision {
  std::chrono::milliseconds first_pause{100};
  std::chrono::milliseconds longest_pause{30'000};
  std::chrono::milliseconds steady{60'000};  // a child that lived this long starts the pauses anew
};

// The pause before the next start, from the last one (0: none yet) and how long the child lived. Pure.
[[nodiscard]] std::chrono::milliseconds next_pause(const supervision& s, std::chrono::milliseconds last_pause,
                                                   std::chrono::milliseconds lived);

// Runs `serve` in a child. Returns its exit code; 128 + signal if one killed it after a stop was asked for;
// 0 if a stop was asked for between two children.
int supervise(const std::function<int()>& serve, const supervision& s = {});

}  // namespace pgtandem::proxy
