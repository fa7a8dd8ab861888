// Many producers, one consumer: what waits is taken in one go, in order, up to a number of bytes. An item
// that nobody waits for may be patient: alone it is not worth a flush, it rides with the next one.
// Thread-safe.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

namespace pgtandem::outbox {

template <class T>
class write_queue {
 public:
  // false: closed.
  [[nodiscard]] bool push(T& item, std::size_t bytes, std::chrono::milliseconds patience = {}) {
    {
      const std::lock_guard lock{mutex_};
      if (closed_) return false;
      items_.emplace_back(std::move(item), bytes);
      due_ = std::min(due_, clock::now() + patience);
    }
    available_.notify_one();
    return true;
  }

  // At least one item, then more while they fit into `max_bytes`. Empty: closed and drained.
  [[nodiscard]] std::vector<T> take(std::size_t max_bytes) {
    std::unique_lock lock{mutex_};
    while (!closed_ && due_ > clock::now()) {
      if (items_.empty())
        available_.wait(lock);
      else
        available_.wait_until(lock, due_);
    }
    std::vector<T> taken;
    std::size_t bytes = 0;
    while (!items_.empty() && (taken.empty() || bytes + items_.front().second <= max_bytes)) {
      bytes += items_.front().second;
      taken.push_back(std::move(items_.front().first));
      items_.pop_front();
    }
    due_ = items_.empty() ? clock::time_point::max() : clock::time_point::min();
    return taken;
  }

  void close() {
    {
      const std::lock_guard lock{mutex_};
      closed_ = true;
    }
    available_.notify_all();
  }

 private:
  using clock = std::chrono::steady_clock;

  std::mutex mutex_;
  std::condition_variable available_;
  std::deque<std::pair<T, std::size_t>> items_;
  clock::time_point due_ = clock::time_point::max();  // of the least patient item
  bool closed_ = false;
};

}  // namespace pgtandem::outbox
