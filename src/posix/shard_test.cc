#include "posix/shard.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <set>

#include "env/sync.h"
#include "posix/posix_test_support.h"

namespace posix {
namespace {

using std::chrono::milliseconds;

// Sends `count` numbers from every other shard to shard 0, each shard's in order.
env::Task<bool> gather_posts(Process& process, int count) {
  env::Shard& here = process.shard(0);
  std::vector<std::vector<int>> got(static_cast<std::size_t>(process.shards()));
  int left = count * (process.shards() - 1);
  env::Signal all_in(here);
  for (int s = 1; s < process.shards(); ++s) {
    env::Shard& there = process.shard(s);
    there.post([&, s, count] {  // `left` and `got` are shard 0's.
      for (int i = 0; i < count; ++i) {
        here.post([&, s, i] {
          got[static_cast<std::size_t>(s)].push_back(i);
          if (--left == 0) all_in.notify_all();
        });
      }
    });
  }
  while (left > 0) co_await all_in.wait();
  bool in_order = true;
  for (std::size_t s = 1; s < got.size(); ++s) {
    in_order = in_order && std::ranges::is_sorted(got[s]) && got[s].size() == std::size_t(count);
  }
  co_return in_order;
}

TEST(Shard, PostsFromOneShardArriveInTheirOrder) {
  const bool in_order =
      run_on_shards<bool>(4, [](Process& process) { return gather_posts(process, 5000); });
  EXPECT_TRUE(in_order);
}

env::Task<int> ping_pong(Process& process, int rounds) {
  env::Shard& here = process.shard(0);
  int sum = 0;
  for (int i = 0; i < rounds; ++i) {
    env::Shard& there = process.shard(i % process.shards());
    const auto one = []() -> env::Task<int> { co_return 1; };
    const int got = co_await env::ask<int>(here, there, one);
    sum += got;
  }
  co_return sum;
}

TEST(Shard, AskBringsValuesBack) {
  const int sum = run_on_shards<int>(3, [](Process& process) { return ping_pong(process, 3000); });
  EXPECT_EQ(sum, 3000);
}

env::Task<std::vector<int>> timers_in_order(Process& process) {
  env::Shard& shard = process.shard(0);
  std::vector<int> fired;
  const Instant start = shard.now();
  shard.arm(start + milliseconds(6), [&] { fired.push_back(3); });
  shard.arm(start + milliseconds(2), [&] { fired.push_back(1); });
  const env::TimerId cancelled = shard.arm(start + milliseconds(3), [&] { fired.push_back(99); });
  shard.arm(start + milliseconds(4), [&] { fired.push_back(2); });
  shard.arm(start, [&] { fired.push_back(0); });
  shard.cancel(cancelled);
  shard.cancel(cancelled);
  co_await shard.sleep(milliseconds(10));
  shard.cancel(env::TimerId(1));  // Has fired.
  check(shard.now() - start >= milliseconds(10), "woken too early");
  co_return fired;
}

TEST(Shard, TimersFireInTheirOrderUnlessCancelled) {
  const auto fired = run_on_shards<std::vector<int>>(1, timers_in_order);
  EXPECT_EQ(fired, (std::vector<int>{0, 1, 2, 3}));
}

env::Task<bool> yield_runs_others(Process& process) {
  env::Shard& shard = process.shard(0);
  bool ran = false;
  shard.post([&] { ran = true; });
  co_await shard.yield();
  co_return ran;
}

TEST(Shard, YieldLetsOthersRunFirst) { EXPECT_TRUE(run_on_shards<bool>(1, yield_runs_others)); }

TEST(Shard, DrawsDifferentNumbers) {
  Process process(2);
  std::set<std::uint64_t> drawn;
  for (int i = 0; i < 1000; ++i) drawn.insert(process.shard(i % 2).random());
  EXPECT_EQ(drawn.size(), 1000U);
}

TEST(Process, TellsOfSignals) {
  Process process(2);
  std::vector<int> got;
  process.on_signal([&](int signal) {
    got.push_back(signal);
    process.stop();
  });
  process.run([&](env::Shard& shard) {
    if (shard.index() == 0) shard.post([] { kill(getpid(), SIGTERM); });
  });
  EXPECT_EQ(got, std::vector<int>{SIGTERM});
}

TEST(Process, RaisesItsFileLimit) { EXPECT_GT(raise_file_limit(), 0U); }

}  // namespace
}  // namespace posix
