// A coroutine that gives one value to the one who awaits it. It starts when awaited, runs on its
// awaiter's shard, and is destroyed with its Task.
//
// House rules, each from somebody's scar: parameters by value, or owned by the awaiting caller;
// co_await only as a whole statement or initialiser; never in a catch; no capturing lambda is a
// coroutine; after a co_await, look state up again.
#pragma once
#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

#include "base/check.h"

namespace env {

template <class T = void>
class Task;

namespace detail {

struct PromiseBase {
  std::coroutine_handle<> then = std::noop_coroutine();

  std::suspend_always initial_suspend() noexcept { return {}; }
  auto final_suspend() noexcept {
    struct Resume {
      bool await_ready() noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<>) noexcept { return next; }
      void await_resume() noexcept {}
      std::coroutine_handle<> next;
    };
    return Resume{then};
  }
  [[noreturn]] void unhandled_exception() { std::terminate(); }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> value;
  Task<T> get_return_object();
  template <class U = T>
  void return_value(U&& v) {
    value.emplace(std::forward<U>(v));
  }
  T take() { return std::move(*value); }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object();
  void return_void() {}
  void take() {}
};

}  // namespace detail

template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;

  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept {
    handle_.promise().then = caller;
    return handle_;
  }
  T await_resume() { return handle_.promise().take(); }

 private:
  friend promise_type;
  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  std::coroutine_handle<promise_type> handle_;
};

namespace detail {

template <class T>
Task<T> Promise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}

struct Detached {
  struct promise_type {
    Detached get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    [[noreturn]] void unhandled_exception() { std::terminate(); }
  };
};

inline Detached run_detached(Task<void> task) { co_await std::move(task); }

template <class T, class Then>
Detached run_then(Task<T> task, Then then) {
  T value = co_await std::move(task);
  then(std::move(value));
}

}  // namespace detail

// Starts `task` now and lets it run to its end with nobody waiting.
inline void spawn(Task<void> task) { detail::run_detached(std::move(task)); }

// Starts `task` now and calls `then(value)` at its end.
template <class T, class Then>
void spawn(Task<T> task, Then then) {
  detail::run_then(std::move(task), std::move(then));
}

}  // namespace env

#define ENV_CONCAT_(a, b) a##b
#define ENV_CONCAT(a, b) ENV_CONCAT_(a, b)
#define ENV_CO_TRY_(name, decl, ...)                             \
  auto&& name = (__VA_ARGS__);                                   \
  if (!name) co_return std::unexpected(std::move(name).error()); \
  decl = *std::move(name)

// In a coroutine: CO_TRY(const auto size, co_await file.size()); declares `size`, or returns the
// error.
#define CO_TRY(decl, ...) ENV_CO_TRY_(ENV_CONCAT(try_, __COUNTER__), decl, __VA_ARGS__)

// As CO_TRY for Result<void>.
#define CO_TRY_VOID(...)                                                         \
  do {                                                                           \
    auto&& try_result_ = (__VA_ARGS__);                                          \
    if (!try_result_) co_return std::unexpected(std::move(try_result_).error()); \
  } while (false)
