// The world as one shard sees it. A shard is one thread's worth of the program: a reactor that runs
// its coroutines one at a time, with its clock, timers, files and sockets. What a shard owns only
// it touches; others ask by `post`.
//
// posix/ implements this for real, sim/ under a seed. Nothing above env may tell the difference.
#pragma once
#include <coroutine>
#include <cstdint>
#include <functional>

#include "base/time.h"
#include "env/files.h"
#include "env/network.h"
#include "env/task.h"

namespace env {

using Work = std::move_only_function<void()>;

// Names an armed timer. Zero names none.
using TimerId = Named<std::uint64_t, struct TimerIdTag>;

class Shard {
 public:
  virtual ~Shard() = default;

  virtual int index() const = 0;       // 0 to shards - 1.
  virtual Instant now() const = 0;     // For durations and deadlines.
  virtual Timestamp wall() const = 0;  // For what is written and shown.
  virtual std::uint64_t random() = 0;  // Uniform over all values; not for secrets.

  // Runs `work` on this shard, after what is running there now. The only call that other threads
  // may make. Work posted from one shard to another runs in the order of posting.
  virtual void post(Work work) = 0;

  // Runs `work` on this shard once, at `at` or soon after. Cancelling a timer that has fired or
  // was cancelled does nothing.
  virtual TimerId arm(Instant at, Work work) = 0;
  virtual void cancel(TimerId timer) = 0;

  virtual Files& files() = 0;
  virtual Network& network() = 0;

  // Suspends the caller for `duration`.
  auto sleep(Duration duration) {
    struct Sleep {
      bool await_ready() const { return false; }
      void await_suspend(std::coroutine_handle<> caller) {
        shard.arm(shard.now() + duration, [caller] { caller.resume(); });
      }
      void await_resume() {}
      Shard& shard;
      Duration duration;
    };
    return Sleep{*this, duration};
  }

  // Lets everything else that is ready run first.
  auto yield() {
    struct Yield {
      bool await_ready() const { return false; }
      void await_suspend(std::coroutine_handle<> caller) {
        shard.post([caller] { caller.resume(); });
      }
      void await_resume() {}
      Shard& shard;
    };
    return Yield{*this};
  }
};

namespace detail {

template <class T, class Make>
struct Ask {
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> caller) {
    to.post([this, caller] {
      spawn(make(), [this, caller](T value) {
        answer.emplace(std::move(value));
        from.post([caller] { caller.resume(); });
      });
    });
  }
  T await_resume() { return std::move(*answer); }
  Shard& from;
  Shard& to;
  Make make;
  std::optional<T> answer = {};
};

}  // namespace detail

// Runs the task that `make` gives on shard `to` and brings its value back to shard `from`, where
// the caller must be running. `make` runs on `to`; where both are one it runs at once.
//   CO_TRY(const auto info, co_await ask<Result<Info>>(here, there, [&] { return log.append(batch);
//   }));
template <class T, class Make>
Task<T> ask(Shard& from, Shard& to, Make make) {
  if (&from == &to) {
    Task<T> task = make();
    T value = co_await std::move(task);
    co_return value;
  }
  T value = co_await detail::Ask<T, Make>{from, to, std::move(make)};
  co_return value;
}

}  // namespace env
