// Virtual time, the queue of what happens next, and the only source of chance: all of a simulated
// world follows from one seed. Two events of the same instant run in the order they were made.
#pragma once
#include <coroutine>
#include <cstdint>
#include <map>
#include <utility>

#include "base/time.h"
#include "env/shard.h"

namespace sim {

class Clockwork {
 public:
  explicit Clockwork(std::uint64_t seed) : state_(seed) {}
  Clockwork(const Clockwork&) = delete;
  Clockwork& operator=(const Clockwork&) = delete;

  Instant now() const { return now_; }

  std::uint64_t random();
  std::uint64_t random_below(std::uint64_t bound) { return bound == 0 ? 0 : random() % bound; }
  bool chance(std::uint64_t one_in) { return random_below(one_in) == 0; }
  Duration random_between(Duration least, Duration most);

  // Runs `work` at `at`, or now if that has passed. The number given cancels it.
  std::uint64_t schedule(Instant at, env::Work work);
  void cancel(std::uint64_t event);

  // Moves time to the next event and runs it; false when there is none, or none by `until`.
  bool step(Instant until = Instant{Duration::max()});
  void advance_to(Instant at);  // With nothing left to run before it.

  // Puts something that happened into the history.
  void note(std::uint64_t what);
  std::uint64_t history_hash() const { return history_; }
  std::uint64_t events() const { return ran_; }

  // Suspends the caller for `duration`.
  auto delay(Duration duration) {
    struct Delay {
      bool await_ready() const { return false; }
      void await_suspend(std::coroutine_handle<> caller) {
        clockwork.schedule(clockwork.now() + duration, [caller] { caller.resume(); });
      }
      void await_resume() {}
      Clockwork& clockwork;
      Duration duration;
    };
    return Delay{*this, duration};
  }

 private:
  struct When {
    Instant at;
    std::uint64_t number;
    auto operator<=>(const When&) const = default;
  };
  std::uint64_t state_;
  std::uint64_t history_ = 14695981039346656037U;
  Instant now_{};
  std::uint64_t next_number_ = 1;
  std::uint64_t ran_ = 0;
  std::map<When, env::Work> queue_;
  std::map<std::uint64_t, Instant> times_;  // Of what is queued, by number.
};

}  // namespace sim
