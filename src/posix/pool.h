// Threads for calls that block: syncs, reads that miss the page cache, name look-ups. Threads start
// when first needed and stay.
#pragma once
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "posix/shard.h"

namespace posix {

class Pool {
 public:
  explicit Pool(int threads) : most_threads_(threads) {}
  ~Pool();  // Finishes what runs, drops what waits.
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  void submit(env::Work job);  // From any thread.

 private:
  void serve();

  const int most_threads_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<env::Work> jobs_;
  std::vector<std::thread> threads_;
  int idle_ = 0;
  bool stopping_ = false;
};

// The pools of a process. Syncs have their own: a slow name look-up must not delay them.
struct Pools {
  Pool syncs{16};
  Pool reads{4};
  Pool names{2};
};

// Runs `call` on the pool; the awaiting coroutine goes on, with its value, on its shard.
template <class Call>
auto on_pool(Pool& pool, Call call) {
  using Value = decltype(call());
  struct Await {
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> caller) {
      Shard& here = Shard::current();
      pool.submit([this, caller, &here] {
        value.emplace(call());
        here.post([caller] { caller.resume(); });
      });
    }
    Value await_resume() { return std::move(*value); }
    Pool& pool;
    Call call;
    std::optional<Value> value = {};
  };
  return Await{pool, std::move(call)};
}

}  // namespace posix
