// A fetch that waits for data (long poll). It lives on the shard of its connection; partitions on
// any shard hold it weakly and tell it, once, when they have more.
#pragma once
#include <memory>
#include <vector>

#include "env/sync.h"

namespace broker {

class FetchWatch : public std::enable_shared_from_this<FetchWatch> {
 public:
  explicit FetchWatch(env::Shard& home) : home_(home), signal_(home) {}

  // From any shard: the item that was registered as `item` has moved.
  void moved(std::size_t item) {
    home_.post([self = shared_from_this(), item] {
      self->moved_.push_back(item);
      self->signal_.notify_all();
    });
  }

  // The rest is for the home shard.

  // Ends the wait early, without anything having moved.
  void wake() {
    woken_ = true;
    signal_.notify_all();
  }

  // Waits until something moves, `deadline` or wake; gives what moved.
  env::Task<std::vector<std::size_t>> wait_until(Instant deadline) {
    while (moved_.empty() && !woken_ && home_.now() < deadline) {
      co_await signal_.wait_until(deadline);
    }
    co_return std::exchange(moved_, {});
  }

 private:
  env::Shard& home_;
  env::Signal signal_;
  std::vector<std::size_t> moved_;
  bool woken_ = false;
};

// The fetches that wait for one partition.
class FetchWatchers {
 public:
  // `item` is what the watch calls this partition.
  void add(std::weak_ptr<FetchWatch> watch, std::size_t item) {
    // Most waits end by their deadline: what they leave behind is swept when it has doubled.
    if (waiting_.size() >= sweep_at_) {
      std::erase_if(waiting_, [](const Waiting& w) { return w.watch.expired(); });
      sweep_at_ = std::max<std::size_t>(16, waiting_.size() * 2);
    }
    waiting_.push_back({std::move(watch), item});
  }

  void notify_all() {
    for (const Waiting& w : std::exchange(waiting_, {})) {
      if (const auto watch = w.watch.lock()) watch->moved(w.item);
    }
  }

  std::size_t size() const { return waiting_.size(); }

 private:
  struct Waiting {
    std::weak_ptr<FetchWatch> watch;
    std::size_t item;
  };
  std::vector<Waiting> waiting_;
  std::size_t sweep_at_ = 16;
};

}  // namespace broker
