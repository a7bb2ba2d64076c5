// Makes the logs of one shard durable, sharing each fdatasync among all who wait for it.
//
// A log asks with `request` and is synced as soon as one of a bounded number of places is free.
// What is appended while its sync runs is picked up by the next one: so under load a sync covers
// everything that arrived meanwhile, and at rest an append is synced at once.
#pragma once
#include <cstdint>
#include <deque>

#include "env/sync.h"

namespace store {

// Something with bytes to make durable. `sync` never overlaps itself.
class Syncable {
 public:
  virtual ~Syncable() { check(state_ == State::Idle, "dropped with a sync under way"); }
  virtual env::Task<Result<void>> sync() = 0;

 private:
  friend class Syncer;
  enum class State { Idle, Queued, Running, RunningAndAskedAgain };
  State state_ = State::Idle;
};

class Syncer {
 public:
  // At most `at_once` files are being synced at any time.
  explicit Syncer(env::Shard& shard, int at_once = 16)
      : shard_(shard), idle_(shard), free_(at_once) {}
  Syncer(const Syncer&) = delete;
  Syncer& operator=(const Syncer&) = delete;

  // A sync that starts after this call is owed to `what`.
  void request(Syncable& what);
  // Waits until nothing is owed to `what`; it may be destroyed then, if it asks for no more.
  env::Task<void> drain(Syncable& what);

  std::uint64_t syncs() const { return syncs_; }  // Done so far, those that failed among them.
  std::uint64_t failures() const { return failures_; }

 private:
  env::Task<void> run(Syncable& what);
  void start_soon();
  void start();

  env::Shard& shard_;
  env::Signal idle_;
  int free_;
  bool posted_ = false;
  std::uint64_t syncs_ = 0;
  std::uint64_t failures_ = 0;
  std::deque<Syncable*> queue_;
};

}  // namespace store
