// The groups of one partition of `__consumer_offsets`, driven: loads them from the log, feeds them
// events, and carries out what they want done (the duties are in group/step.h).
//
//   Loading ──read to its end──> Active ──an append failed──> Loading
//      └──the log cannot be read──> Broken          close() ──> Closed, from anywhere
//
// What is written within one turn of the reactor goes into the log as one batch. State moves when a
// record is handed to the log; whoever is told of that state is told once it is durable.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker/coordinator_log.h"
#include "broker/coordinator_timers.h"
#include "broker/group_notes.h"
#include "broker/later.h"
#include "env/sync.h"
#include "group/groups.h"
#include "wire/record_batch_builder.h"

namespace broker {

class CoordinatorPartition : public std::enable_shared_from_this<CoordinatorPartition> {
 public:
  CoordinatorPartition(env::Shard& shard, const group::Limits& limits, PartitionIndex index,
                       std::shared_ptr<CoordinatorLog> log, cluster::ImagePtr image,
                       GroupNotes& notes);

  void start();
  // Answers all who wait and stops the timers, at once. Writes under way end by themselves.
  void close();
  // Returns when nothing is written or loaded any more.
  env::Task<void> drain();

  // Whether its groups can be used: CoordinatorLoadInProgress, CoordinatorNotAvailable where the
  // log cannot be read, NotCoordinator.
  Result<void> ready() const;

  // Moves a group by a request; `make` gives the event for a token. Ends with the group's answer.
  using MakeEvent = std::move_only_function<group::Event(group::Token)>;
  env::Task<Result<group::Answer>> ask(GroupId id, MakeEvent make);

  // The groups as they are, also before that is durable. Only while ready.
  const group::Groups& groups() const { return groups_; }
  // Returns when all that has been written of a group's membership, or of its offsets too, is
  // durable.
  enum class Seen { Membership, Offsets };
  env::Task<Result<void>> until_durable(GroupId id, Seen seen);

  // Writes and applies; returns once durable.
  env::Task<Result<void>> commit(GroupId id, std::vector<group::Record> records);
  void hear_from(const GroupId& id, const MemberId& member);

  void expire_offsets();
  void forget_topic(const TopicName& topic);
  // Takes up a new picture of the cluster, in which these topics are others than they were.
  void see(cluster::ImagePtr image, const group::TopicsChanged& changed);

 private:
  enum class State { Loading, Active, Broken, Closed };
  using Sequence = std::uint64_t;  // Numbers the batches written.
  struct Written {
    Sequence membership = 0;
    Sequence offsets = 0;
  };

  env::Task<void> load();
  env::Task<void> append(Sequence sequence, ByteVector batch);
  void move(const GroupId& id, const group::Event& event);
  void carry_out(const GroupId& id, group::Effects effects);
  void tell(const GroupId& id, std::vector<group::Happening> happened);
  group::World world() const;
  void write(const GroupId& id, const std::vector<group::Record>& records);
  void flush();
  void when_durable(Sequence sequence, std::move_only_function<void(Result<void>)> then);
  void release();
  void forget(const std::vector<group::Record>& offsets);
  void lose_hold(const Error& why);
  void answer(group::Token token, Result<group::Answer> answer);

  env::Shard& shard_;
  group::Limits limits_;
  PartitionIndex index_;
  std::shared_ptr<CoordinatorLog> log_;
  cluster::ImagePtr image_;
  GroupNotes& notes_;

  State state_ = State::Loading;
  group::Groups groups_;
  CoordinatorTimers timers_;
  std::uint64_t last_token_ = 0;
  std::map<group::Token, Later<Result<group::Answer>>*> asking_;

  wire::BatchBuilder batch_;  // What this turn has written so far.
  bool flush_is_due_ = false;
  Sequence next_ = 1;  // Of batch_.
  std::set<Sequence> appending_;
  std::map<GroupId, Written> written_;  // Of groups that may have something not durable yet.
  std::multimap<Sequence, std::move_only_function<void(Result<void>)>> held_;
  env::Gate running_;
  env::Signal appended_;
};

}  // namespace broker
