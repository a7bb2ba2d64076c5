// What a coordinator keeps in one partition of an internal topic, driven: loaded from the log, then
// written to it ahead of whoever is told.
//
//   Loading ──read to its end──> Active ──an append failed──> Loading
//    │   ^
//    │   └─────────a while later──────────┐
//    └──the log cannot be read──> Broken ─┘         close() ──> Closed, from anywhere
//
// A log that cannot be read is read again and again: the disk may be well by then, and nobody else
// would know that there is something to be done.
//
// What is written within one turn of the reactor goes into the log as one batch, unless it grows
// large. The owner moves its state when it hands a record over; whoever is told of that state is
// told once it is durable. The owner outlives `drain`.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string_view>

#include "broker/coordinator_log.h"
#include "env/shard.h"
#include "env/sync.h"
#include "wire/coordinator_record.h"
#include "wire/record_batch_builder.h"

namespace broker {

class LoggedState {
 public:
  using Sequence = std::uint64_t;  // Numbers the batches written.

  class Owner {
   public:
    virtual ~Owner() = default;
    // Loading: `begin_load`, then `load` batch by batch, then `loaded`, if all went well.
    virtual void begin_load() = 0;
    virtual Result<void> load(Bytes batch) = 0;
    virtual void loaded() = 0;
    // A batch that was written is durable, and begins there. Not always told in the order of the
    // log.
    virtual void placed(Sequence, Offset) {}
    // The state is not to be used any more, until it is loaded again.
    virtual void lost(const Error& why) = 0;
  };
  using Then = std::move_only_function<void(Result<void>)>;

  // `what` is how people call the state: "groups".
  LoggedState(env::Shard& shard, std::string_view what, PartitionIndex index,
              std::shared_ptr<CoordinatorLog> log, Owner& owner);
  ~LoggedState();

  void start();
  // Tells all who wait, at once. Writes under way end by themselves.
  void close();
  // Returns when nothing is written or loaded any more.
  env::Task<void> drain();

  // Whether the state can be used: CoordinatorLoadInProgress, CoordinatorNotAvailable where the log
  // cannot be read, NotCoordinator.
  Result<void> ready() const;
  bool active() const { return state_ == State::Active; }

  // Only while active. The records of one call are in one batch, whose number this gives: they are
  // in the log as a whole or not at all.
  Sequence write(std::span<const wire::CoordinatorRecord> records);
  // A batch apart from all others, behind what was written before.
  Sequence write_batch(LogEntry entry);
  void when_durable(Sequence sequence, Then then);
  env::Task<Result<void>> until_durable(Sequence sequence);
  // Lets go of what the log has below, as far as it can.
  void trim(Offset below) { running_.spawn(trim_log(below)); }
  // Nothing is written that is not durable.
  bool all_durable() const { return held_.empty() && appending_.empty() && batch_.empty(); }

 private:
  enum class State { Loading, Active, Broken, Closed };

  env::Task<void> load();
  void load_later(const Error& why);
  env::Task<void> append(Sequence sequence, LogEntry entry);
  env::Task<void> trim_log(Offset below);
  void flush_soon();
  void flush();
  Sequence send(LogEntry entry);
  void release();
  void lose(const Error& why);

  env::Shard& shard_;
  std::string_view what_;
  PartitionIndex index_;
  std::shared_ptr<CoordinatorLog> log_;
  Owner& owner_;

  State state_ = State::Loading;
  wire::BatchBuilder batch_;  // What this turn has written so far.
  std::shared_ptr<bool> flush_is_due_ = std::make_shared<bool>(false);  // Null to flushes too late.
  Sequence next_ = 1;                                                   // Of batch_.
  std::set<Sequence> appending_;
  std::multimap<Sequence, Then> held_;
  env::TimerId retry_{};
  Duration next_retry_;
  env::Gate running_;
  env::Signal appended_;
};

}  // namespace broker
