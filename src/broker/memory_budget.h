// How much memory a shard may hold for requests at once: their bytes, then what is made of them.
// When it is spent, connections wait before they read more, and TCP passes the pressure on to the
// clients (design decision 8).
//
// How much will be made of a request nobody knows before, and by then it is there. So requests that
// came in wait to be unpacked while others hold more than the budget: it is overdrawn by one
// request at most.
#pragma once
#include <coroutine>
#include <cstddef>
#include <deque>
#include <utility>

#include "env/shard.h"
#include "env/sync.h"

namespace broker {

class MemoryBudget {
 public:
  // A part of the budget, given back when it dies.
  class Lease {
   public:
    Lease() = default;
    Lease(MemoryBudget& budget, std::size_t size) : budget_(&budget), size_(size) {}
    Lease(Lease&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)),
          size_(other.size_),
          unpacked_(other.unpacked_) {}
    Lease& operator=(Lease&& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(size_, other.size_);
      std::swap(unpacked_, other.unpacked_);
      return *this;
    }
    ~Lease() {
      if (budget_) budget_->give_back(size_, unpacked_);
    }

    // What was read has been unpacked, and takes more memory, or less. More is not waited for, as
    // it is there already; the next to ask wait for it.
    void resize(std::size_t size) {
      if (!budget_) return;
      budget_->used_ += size;
      budget_->unpacked_ += size;
      budget_->give_back(std::exchange(size_, size), std::exchange(unpacked_, size));
    }

   private:
    MemoryBudget* budget_ = nullptr;
    std::size_t size_ = 0;
    std::size_t unpacked_ = 0;  // All of it, once it is; nothing before.
  };

  MemoryBudget(env::Shard& shard, std::size_t limit)
      : shard_(shard), limit_(limit), eased_(shard) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  // Waits, first come first served, until `size` fits. A request larger than the whole budget is
  // let through when it is alone, or it would wait for ever.
  auto lease(std::size_t size) {
    struct Wait {
      bool await_ready() {
        if (!budget.waiting_.empty() || !budget.fits(size)) return false;
        budget.used_ += size;
        return true;
      }
      void await_suspend(std::coroutine_handle<> caller) {
        budget.waiting_.push_back({size, caller});
      }
      Lease await_resume() { return Lease(budget, size); }
      MemoryBudget& budget;
      std::size_t size;
    };
    return Wait{*this, size};
  }

  // Waits until something may be unpacked: the budget is not overdrawn, or only by what is still
  // packed, which nobody but those who wait here could give back.
  env::Task<void> wait_to_unpack() {
    while (used_ > limit_ && unpacked_ > 0) co_await eased_.wait();
  }

  std::size_t used() const { return used_; }
  std::size_t limit() const { return limit_; }
  std::size_t waiting() const { return waiting_.size(); }

 private:
  struct Waiter {
    std::size_t size;
    std::coroutine_handle<> caller;
  };

  bool fits(std::size_t size) const { return used_ == 0 || used_ + size <= limit_; }

  void give_back(std::size_t size, std::size_t unpacked) {
    used_ -= size;
    unpacked_ -= unpacked;
    if (used_ <= limit_ || unpacked_ == 0) eased_.notify_all();
    while (!waiting_.empty() && fits(waiting_.front().size)) {
      const Waiter next = waiting_.front();
      waiting_.pop_front();
      used_ += next.size;
      shard_.post([caller = next.caller] { caller.resume(); });
    }
  }

  env::Shard& shard_;
  std::size_t limit_;
  std::size_t used_ = 0;
  std::size_t unpacked_ = 0;  // Of what is used.
  env::Signal eased_;
  std::deque<Waiter> waiting_;
};

}  // namespace broker
