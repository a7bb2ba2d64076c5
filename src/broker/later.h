// A value that comes later, for one coroutine that waits for it. Both are of one shard.
#pragma once
#include <coroutine>
#include <optional>
#include <utility>

#include "env/shard.h"

namespace broker {

template <class T>
class Later {
 public:
  explicit Later(env::Shard& shard) : shard_(shard) {}
  Later(const Later&) = delete;
  Later& operator=(const Later&) = delete;

  // Once. The waiter runs from the reactor, not within this call.
  void set(T value) {
    check(!value_, "a value that came twice");
    value_.emplace(std::move(value));
    if (!caller_) return;
    shard_.post([caller = caller_] { caller.resume(); });
  }

  auto wait() {
    struct Wait {
      bool await_ready() const { return later.value_.has_value(); }
      void await_suspend(std::coroutine_handle<> caller) { later.caller_ = caller; }
      T await_resume() { return std::move(*later.value_); }
      Later& later;
    };
    return Wait{*this};
  }

 private:
  env::Shard& shard_;
  std::optional<T> value_;
  std::coroutine_handle<> caller_;
};

}  // namespace broker
