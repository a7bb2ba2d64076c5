#include "posix/pool.h"

namespace posix {

Pool::~Pool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Pool::submit(env::Work job) {
  const std::lock_guard lock(mutex_);
  jobs_.push_back(std::move(job));
  if (idle_ >= static_cast<int>(jobs_.size())) {
    wake_.notify_one();
  } else if (static_cast<int>(threads_.size()) < most_threads_) {
    threads_.emplace_back([this] { serve(); });
  }
}

void Pool::serve() {
  std::unique_lock lock(mutex_);
  while (true) {
    while (jobs_.empty() && !stopping_) {
      ++idle_;
      wake_.wait(lock);
      --idle_;
    }
    if (stopping_) return;
    env::Work job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
  }
}

}  // namespace posix
