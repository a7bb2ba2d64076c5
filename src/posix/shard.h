// A reactor: one thread that runs what is posted to it, timers that are due, and whoever waits for
// a socket that became ready (epoll, edge-triggered).
//
// Only post() and stop() may be called from other threads. A post from the shard's own thread takes
// no lock; one from elsewhere writes to the eventfd only when the reactor sleeps or is about to.
#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "env/shard.h"
#include "posix/fd.h"

struct epoll_event;

namespace posix {

class Files;
class Network;
struct Pools;

// Is told when its descriptor becomes readable or writable, or has failed.
class Pollable {
 public:
  virtual ~Pollable() = default;
  virtual void ready(std::uint32_t epoll_events) = 0;
};

class Shard final : public env::Shard {
 public:
  Shard(int index, Pools& pools);
  ~Shard() override;

  // The shard whose thread this is.
  static Shard& current();

  int index() const override { return index_; }
  Instant now() const override;
  Timestamp wall() const override;
  std::uint64_t random() override;
  void post(env::Work work) override;
  env::TimerId arm(Instant at, env::Work work) override;
  void cancel(env::TimerId timer) override;
  env::Files& files() override;
  env::Network& network() override;

  // Serves on this thread until stop().
  void run();
  void stop();

  Pools& pools() { return pools_; }

  // Watches `fd` for both directions until unwatch; `who` is told of each edge.
  using WatchId = std::uint64_t;
  WatchId watch(int fd, Pollable& who);
  void unwatch(WatchId watch, int fd);

 private:
  struct TimerKey {
    Instant at;
    std::uint64_t number;
    auto operator<=>(const TimerKey&) const = default;
  };

  void run_due_timers();
  bool run_posted();  // True while more waits.
  void take_inbox();
  void poll(bool busy);
  Duration time_to_next_timer() const;
  int wait(epoll_event* events, int most, bool busy);

  const int index_;
  Pools& pools_;
  Fd epoll_;
  Fd wakeup_;
  std::unique_ptr<Files> files_;
  std::unique_ptr<Network> network_;
  std::uint64_t random_state_[4];

  std::deque<env::Work> posted_;
  std::map<TimerKey, env::Work> timers_;
  std::unordered_map<std::uint64_t, Instant> timer_times_;
  std::uint64_t next_timer_ = 1;
  std::unordered_map<WatchId, Pollable*> watched_;
  WatchId next_watch_ = 1;  // 0 is the wakeup.

  std::atomic<bool> stopping_ = false;
  std::mutex inbox_mutex_;
  std::vector<env::Work> inbox_;  // Guarded, as is:
  bool asleep_ = false;           // Nobody will look at the inbox unless woken.
  std::vector<env::Work> taken_;
};

}  // namespace posix
