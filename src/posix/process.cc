#include "posix/process.h"

#include <sys/resource.h>
#include <sys/signalfd.h>

#include <csignal>
#include <thread>

#include "posix/pool.h"
#include "posix/shard.h"

namespace posix {
namespace {

// Hands signals to a function, from a descriptor, so that it may do what it likes.
class Signals final : public Pollable {
 public:
  Signals(Shard& shard, const std::function<void(int)>& handle) : shard_(shard), handle_(handle) {
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGTERM);
    // Threads made from now on inherit this, so that signals wait for the descriptor.
    pthread_sigmask(SIG_BLOCK, &wanted, &before_);
    fd_ = Fd(signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC));
    check(static_cast<bool>(fd_), "signalfd");
    watch_ = shard.watch(fd_.get(), *this);
  }
  ~Signals() override {
    shard_.unwatch(watch_, fd_.get());
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  void ready(std::uint32_t) override {
    signalfd_siginfo info{};
    while (read(fd_.get(), &info, sizeof info) == sizeof info) {
      handle_(static_cast<int>(info.ssi_signo));
    }
  }

 private:
  Shard& shard_;
  const std::function<void(int)>& handle_;
  Fd fd_;
  Shard::WatchId watch_ = 0;
  sigset_t before_{};
};

}  // namespace

Process::Process(int shards) : pools_(std::make_unique<Pools>()) {
  check(shards >= 1, "a process without shards");
  std::signal(SIGPIPE, SIG_IGN);
  for (int i = 0; i < shards; ++i) shards_.push_back(std::make_unique<Shard>(i, *pools_));
}

Process::~Process() {
  pools_.reset();  // First: its threads post to the shards.
}

env::Shard& Process::shard(int index) { return *shards_.at(static_cast<std::size_t>(index)); }

std::vector<env::Shard*> Process::all_shards() {
  std::vector<env::Shard*> all;
  for (const auto& shard : shards_) all.push_back(shard.get());
  return all;
}

void Process::on_signal(std::function<void(int signal)> handle) {
  handle_signal_ = std::move(handle);
}

void Process::run(std::function<void(env::Shard&)> main) {
  std::unique_ptr<Signals> signals;
  if (handle_signal_) signals = std::make_unique<Signals>(*shards_.front(), handle_signal_);
  for (const auto& shard : shards_) shard->post([&main, &shard] { main(*shard); });
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < shards_.size(); ++i) {
    threads.emplace_back([&shard = *shards_[i]] { shard.run(); });
  }
  shards_.front()->run();
  for (std::thread& thread : threads) thread.join();
}

void Process::stop() {
  for (const auto& shard : shards_) shard->stop();
}

std::uint64_t raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

}  // namespace posix
