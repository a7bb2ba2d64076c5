// What coroutines of one shard wait on. Nothing here is for use between shards.
#pragma once
#include <coroutine>
#include <deque>
#include <list>
#include <memory>
#include <vector>

#include "env/shard.h"

namespace env {

// First come, first served. `const auto held = co_await mutex.lock();` holds it for the scope.
class Mutex {
 public:
  class Held {
   public:
    explicit Held(Mutex& mutex) : mutex_(&mutex) {}
    Held(Held&& other) noexcept : mutex_(std::exchange(other.mutex_, nullptr)) {}
    Held& operator=(Held&&) = delete;
    ~Held() {
      if (mutex_) mutex_->unlock();
    }

   private:
    Mutex* mutex_;
  };

  explicit Mutex(Shard& shard) : shard_(shard) {}
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  auto lock() {
    struct Lock {
      bool await_ready() {
        if (mutex.locked_) return false;
        mutex.locked_ = true;
        return true;
      }
      void await_suspend(std::coroutine_handle<> caller) { mutex.waiting_.push_back(caller); }
      Held await_resume() { return Held(mutex); }
      Mutex& mutex;
    };
    return Lock{*this};
  }

 private:
  void unlock() {
    if (waiting_.empty()) {
      locked_ = false;
      return;
    }
    // The next holder runs from the reactor: unlocking must not run its code in our scope's end.
    const std::coroutine_handle<> next = waiting_.front();
    waiting_.pop_front();
    shard_.post([next] { next.resume(); });
  }

  Shard& shard_;
  bool locked_ = false;
  std::deque<std::coroutine_handle<>> waiting_;
};

// Something happened: wakes everyone who waits. Waiters look for themselves at what has changed.
// Must outlive its waiters.
class Signal {
 public:
  explicit Signal(Shard& shard) : shard_(shard) {}
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;
  ~Signal() { check(waiters_.empty(), "a signal died with somebody waiting on it"); }

  void notify_all() {
    while (!waiters_.empty()) wake(waiters_.begin(), true);
  }

  // Suspends until the next notify_all (gives true) or until `deadline` (gives false).
  auto wait_until(Instant deadline) { return Wait{*this, deadline}; }
  // Suspends until the next notify_all.
  auto wait() { return Wait{*this, std::nullopt}; }

 private:
  struct Waiter {
    std::coroutine_handle<> caller;
    TimerId timer;
    bool* notified;
  };
  struct Wait {
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> caller) {
      const auto at = signal.waiters_.insert(signal.waiters_.end(), {caller, TimerId{}, &notified});
      if (!deadline) return;
      Signal* const from = &signal;
      at->timer = signal.shard_.arm(*deadline, [from, at] {
        at->timer = {};
        from->wake(at, false);
      });
    }
    bool await_resume() const { return notified; }
    Signal& signal;
    std::optional<Instant> deadline;
    bool notified = false;
  };

  void wake(std::list<Waiter>::iterator at, bool notified) {
    if (at->timer != TimerId{}) shard_.cancel(at->timer);
    *at->notified = notified;
    const std::coroutine_handle<> caller = at->caller;
    waiters_.erase(at);
    shard_.post([caller] { caller.resume(); });
  }

  Shard& shard_;
  std::list<Waiter> waiters_;
};

// Waits for a number of detached tasks: `gate.spawn(task)` for each, then `co_await gate.drain()`.
class Gate {
 public:
  explicit Gate(Shard& shard) : empty_(shard) {}

  void spawn(Task<void> task) {
    ++running_;
    env::spawn(run(std::move(task)));
  }
  int running() const { return running_; }
  Task<void> drain() {
    while (running_ > 0) co_await empty_.wait();
  }

 private:
  Task<void> run(Task<void> task) {
    co_await std::move(task);
    if (--running_ == 0) empty_.notify_all();
  }
  int running_ = 0;
  Signal empty_;
};

namespace detail {

template <class T>
Task<void> keep_answer(Task<T> task, std::optional<T>& answer) {
  T value = co_await std::move(task);
  answer.emplace(std::move(value));
}

}  // namespace detail

// Starts all tasks, and gives their values in their order when the last has ended.
template <class T>
Task<std::vector<T>> all(Shard& shard, std::vector<Task<T>> tasks) {
  std::vector<std::optional<T>> answers(tasks.size());
  Gate gate(shard);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    gate.spawn(detail::keep_answer(std::move(tasks[i]), answers[i]));
  }
  co_await gate.drain();
  std::vector<T> values;
  values.reserve(answers.size());
  for (std::optional<T>& answer : answers) values.push_back(std::move(*answer));
  co_return values;
}

}  // namespace env
