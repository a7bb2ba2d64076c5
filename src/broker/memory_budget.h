// How much memory a shard may hold for requests at once: their bytes, then what is made of them.
// When it is spent, connections wait before they read more, and TCP passes the pressure on to the
// clients (design decision 8).
#pragma once
#include <coroutine>
#include <cstddef>
#include <deque>
#include <utility>

#include "env/shard.h"

namespace broker {

class MemoryBudget {
 public:
  // A part of the budget, given back when it dies.
  class Lease {
   public:
    Lease() = default;
    Lease(MemoryBudget& budget, std::size_t size) : budget_(&budget), size_(size) {}
    Lease(Lease&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), size_(other.size_) {}
    Lease& operator=(Lease&& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(size_, other.size_);
      return *this;
    }
    ~Lease() {
      if (budget_) budget_->give_back(size_);
    }

    // What was read turned out to take more memory, or less. More is not waited for, as it is there
    // already; the next to ask wait for it.
    void resize(std::size_t size) {
      if (!budget_) return;
      budget_->used_ += size;
      budget_->give_back(std::exchange(size_, size));
    }

   private:
    MemoryBudget* budget_ = nullptr;
    std::size_t size_ = 0;
  };

  MemoryBudget(env::Shard& shard, std::size_t limit) : shard_(shard), limit_(limit) {}
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

  std::size_t used() const { return used_; }
  std::size_t limit() const { return limit_; }
  std::size_t waiting() const { return waiting_.size(); }

 private:
  struct Waiter {
    std::size_t size;
    std::coroutine_handle<> caller;
  };

  bool fits(std::size_t size) const { return used_ == 0 || used_ + size <= limit_; }

  void give_back(std::size_t size) {
    used_ -= size;
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
  std::deque<Waiter> waiting_;
};

}  // namespace broker
