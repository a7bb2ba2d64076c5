#include "posix/shard.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <ctime>

#include "posix/files.h"
#include "posix/network.h"
#include "posix/pool.h"

namespace posix {
namespace {

constexpr int kMostEvents = 256;
constexpr int kMostWorkPerRound = 512;  // Then sockets and timers have their turn.
constexpr Duration kLongestSleep = std::chrono::seconds(60);

thread_local Shard* current_shard = nullptr;

Duration read_clock(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return std::chrono::seconds(time.tv_sec) + Duration(time.tv_nsec);
}

}  // namespace

Shard::Shard(int index, Pools& pools)
    : index_(index),
      pools_(pools),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wakeup_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      files_(std::make_unique<Files>(pools)),
      network_(std::make_unique<Network>(*this)) {
  check(epoll_ && wakeup_, "no descriptors left for a reactor");
  check(getrandom(random_state_, sizeof random_state_, 0) == sizeof random_state_, "getrandom");
  epoll_event event{.events = EPOLLIN, .data = {.u64 = 0}};
  check(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wakeup_.get(), &event) == 0, "epoll_ctl");
}
Shard::~Shard() = default;

Shard& Shard::current() {
  check(current_shard != nullptr, "called from outside of the shards");
  return *current_shard;
}

Instant Shard::now() const { return {read_clock(CLOCK_MONOTONIC)}; }

Timestamp Shard::wall() const {
  return Timestamp(std::chrono::duration_cast<Millis>(read_clock(CLOCK_REALTIME)).count());
}

// xoshiro256++ by Blackman and Vigna.
std::uint64_t Shard::random() {
  std::uint64_t(&s)[4] = random_state_;
  const std::uint64_t result = std::rotl(s[0] + s[3], 23) + s[0];
  const std::uint64_t t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = std::rotl(s[3], 45);
  return result;
}

void Shard::post(env::Work work) {
  if (current_shard == this) {
    posted_.push_back(std::move(work));
    return;
  }
  bool wake = false;
  {
    const std::lock_guard lock(inbox_mutex_);
    inbox_.push_back(std::move(work));
    wake = std::exchange(asleep_, false);
  }
  if (wake) eventfd_write(wakeup_.get(), 1);
}

env::TimerId Shard::arm(Instant at, env::Work work) {
  const std::uint64_t number = next_timer_++;
  timers_.emplace(TimerKey{at, number}, std::move(work));
  timer_times_.emplace(number, at);
  return env::TimerId(number);
}

void Shard::cancel(env::TimerId timer) {
  const auto found = timer_times_.find(timer.value);
  if (found == timer_times_.end()) return;
  timers_.erase(TimerKey{found->second, timer.value});
  timer_times_.erase(found);
}

env::Files& Shard::files() { return *files_; }
env::Network& Shard::network() { return *network_; }

void Shard::run() {
  current_shard = this;
  while (!stopping_.load(std::memory_order_relaxed)) {
    run_due_timers();
    take_inbox();
    const bool more = run_posted();
    poll(more);
  }
  current_shard = nullptr;
}

void Shard::stop() {
  stopping_.store(true, std::memory_order_relaxed);
  eventfd_write(wakeup_.get(), 1);
}

void Shard::run_due_timers() {
  if (timers_.empty()) return;
  const Instant due = now();
  while (!timers_.empty() && timers_.begin()->first.at <= due) {
    auto timer = timers_.extract(timers_.begin());
    timer_times_.erase(timer.key().number);
    timer.mapped()();
  }
}

void Shard::take_inbox() {
  {
    const std::lock_guard lock(inbox_mutex_);
    asleep_ = false;
    taken_.swap(inbox_);
  }
  for (env::Work& work : taken_) posted_.push_back(std::move(work));
  taken_.clear();
}

bool Shard::run_posted() {
  for (int i = 0; i < kMostWorkPerRound && !posted_.empty(); ++i) {
    env::Work work = std::move(posted_.front());
    posted_.pop_front();
    work();
  }
  return !posted_.empty();
}

Duration Shard::time_to_next_timer() const {
  if (timers_.empty()) return kLongestSleep;
  const Duration left = timers_.begin()->first.at - now();
  return std::clamp(left, Duration::zero(), kLongestSleep);
}

int Shard::wait(epoll_event* events, int most, bool busy) {
  Duration sleep = busy ? Duration::zero() : time_to_next_timer();
  if (sleep > Duration::zero()) {
    const std::lock_guard lock(inbox_mutex_);
    asleep_ = inbox_.empty();
    if (!asleep_) sleep = Duration::zero();
  }
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(sleep);
  const timespec timeout{seconds.count(), (sleep - seconds).count()};
  static std::atomic<bool> has_pwait2 = true;
  if (has_pwait2.load(std::memory_order_relaxed)) {
    const int got = epoll_pwait2(epoll_.get(), events, most, &timeout, nullptr);
    if (got >= 0 || errno != ENOSYS) return got;
    has_pwait2 = false;  // A kernel before 5.11 waits in whole milliseconds.
  }
  const auto millis = std::chrono::ceil<Millis>(sleep).count();
  return epoll_wait(epoll_.get(), events, most, static_cast<int>(millis));
}

void Shard::poll(bool busy) {
  epoll_event events[kMostEvents];
  const int count = wait(events, kMostEvents, busy);
  check(count >= 0 || errno == EINTR, "epoll_wait");
  for (int i = 0; i < count; ++i) {
    const WatchId id = events[i].data.u64;
    if (id == 0) {
      eventfd_t ignored = 0;
      eventfd_read(wakeup_.get(), &ignored);
      continue;
    }
    // One that was unwatched by an event before it in this batch is not there any more.
    const auto found = watched_.find(id);
    if (found != watched_.end()) found->second->ready(events[i].events);
  }
}

Shard::WatchId Shard::watch(int fd, Pollable& who) {
  const WatchId id = next_watch_++;
  watched_.emplace(id, &who);
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.u64 = id}};
  check(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
  return id;
}

void Shard::unwatch(WatchId watch, int fd) {
  watched_.erase(watch);
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

}  // namespace posix
