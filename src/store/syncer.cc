#include "store/syncer.h"

namespace store {

void Syncer::request(Syncable& what) {
  using State = Syncable::State;
  if (what.state_ == State::Running) what.state_ = State::RunningAndAskedAgain;
  if (what.state_ != State::Idle) return;
  what.state_ = State::Queued;
  queue_.push_back(&what);
  start_soon();
}

env::Task<void> Syncer::drain(Syncable& what) {
  while (what.state_ != Syncable::State::Idle) co_await idle_.wait();
}

void Syncer::start_soon() {
  // After what is ready to run now, so that its appends share the sync; and not nested in a sync
  // that has just ended.
  if (posted_ || free_ == 0 || queue_.empty()) return;
  posted_ = true;
  shard_.post([this] {
    posted_ = false;
    start();
  });
}

void Syncer::start() {
  while (free_ > 0 && !queue_.empty()) {
    Syncable& next = *queue_.front();
    queue_.pop_front();
    next.state_ = Syncable::State::Running;
    --free_;
    env::spawn(run(next));
  }
}

env::Task<void> Syncer::run(Syncable& what) {
  const Result<void> synced = co_await what.sync();
  ++syncs_;
  if (!synced) ++failures_;
  ++free_;
  if (what.state_ == Syncable::State::RunningAndAskedAgain) {
    what.state_ = Syncable::State::Queued;
    queue_.push_back(&what);
  } else {
    what.state_ = Syncable::State::Idle;
    idle_.notify_all();
  }
  start_soon();
}

}  // namespace store
