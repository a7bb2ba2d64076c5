// The groups of one partition of `__consumer_offsets`, driven: feeds them events, and carries out
// what they want done (the duties are in group/step.h). A LoggedState loads them and writes for
// them: state moves when a record is handed to the log; whoever is told of that state is told once
// it is durable.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/coordinator_log.h"
#include "broker/coordinator_timers.h"
#include "broker/group_notes.h"
#include "broker/later.h"
#include "broker/logged_state.h"
#include "group/groups.h"
#include "group/loading.h"
#include "txn/transaction_guards.h"

namespace broker {

class CoordinatorPartition final : public std::enable_shared_from_this<CoordinatorPartition>,
                                   private LoggedState::Owner {
 public:
  CoordinatorPartition(env::Shard& shard, const group::Limits& limits, PartitionIndex index,
                       std::shared_ptr<CoordinatorLog> log, cluster::ImagePtr image,
                       GroupNotes& notes);

  // As those of LoggedState. `close` also stops the timers.
  void start() { log_.start(); }
  void close() { log_.close(); }
  env::Task<void> drain() { return log_.drain(); }
  Result<void> ready() const { return log_.ready(); }

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

  // A producer's offsets, which count once its transaction is committed. Whoever writes them has
  // asked the transaction's coordinator before, with a guard begun before that, whose permit this
  // is. InvalidProducerEpoch.
  txn::TransactionGuards::Guard guard(ProducerId producer) { return guards_.begin(producer); }
  env::Task<Result<void>> commit(std::vector<group::Record> offsets, txn::ProducerIdentity producer,
                                 txn::Permit permit);
  // Writes the end of a transaction; returns once it is durable. Errors: see txn::check of a
  // marker.
  env::Task<Result<void>> end_transaction(txn::Marker marker);

  void expire_offsets();
  void forget_topic(const TopicName& topic);
  // Takes up a new picture of the cluster, in which these topics are others than they were.
  void see(cluster::ImagePtr image, const group::TopicsChanged& changed);

 private:
  struct Written {
    LoggedState::Sequence membership = 0;
    LoggedState::Sequence offsets = 0;
  };

  void begin_load() override { loading_.emplace(); }
  Result<void> load(Bytes batch) override { return loading_->add(batch); }
  void loaded() override;
  void lost(const Error& why) override;
  void move(const GroupId& id, const group::Event& event);
  void carry_out(const GroupId& id, group::Effects effects);
  void tell(const GroupId& id, std::vector<group::Happening> happened);
  group::World world() const;
  void write(const GroupId& id, const std::vector<group::Record>& records);
  void forget(const std::vector<group::Record>& offsets);
  void answer(group::Token token, Result<group::Answer> answer);

  env::Shard& shard_;
  group::Limits limits_;
  cluster::ImagePtr image_;
  GroupNotes& notes_;

  std::optional<group::Loading> loading_;
  group::Groups groups_;
  CoordinatorTimers timers_;
  std::uint64_t last_token_ = 0;
  std::map<group::Token, Later<Result<group::Answer>>*> asking_;
  std::map<GroupId, Written> written_;  // Of groups that may have something not durable yet.
  txn::TransactionGuards guards_;
  std::shared_ptr<CoordinatorLog> partition_log_;
  LoggedState log_;
};

}  // namespace broker
