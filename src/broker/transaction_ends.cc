#include "broker/transaction_ends.h"

#include "base/probe.h"
#include "broker/controller.h"
#include "broker/coordinator.h"
#include "broker/engine.h"
#include "cluster/names.h"
#include "observe/log.h"

namespace broker {
namespace {

// On the shard that owns the partition.
env::Task<Result<void>> end_here(Engine& owner, TopicId topic, PartitionIndex index, bool of_groups,
                                 txn::Marker marker) {
  if (of_groups) co_return co_await owner.groups().end_transaction(index, marker);
  const std::shared_ptr<Partition> partition = owner.find(topic, index);
  if (!partition && owner.image()->find(topic)) {
    // It is opened yet, as the broker starts. Taken for gone it would never get its marker, and
    // what the transaction wrote there would go with the next one.
    probe::reached<"transactions: a marker came before its partition was open">();
    co_return fail(ErrorCode::NotLeaderOrFollower, "the partition is not open yet");
  }
  if (!partition) co_return fail(ErrorCode::UnknownTopicOrPartition, "the topic was deleted");
  CO_TRY_VOID(co_await partition->write_marker(marker));
  co_return Result<void>{};
}

}  // namespace

env::Task<Result<void>> end_transaction_at(Engine& here, TopicPartition partition,
                                           txn::Marker marker) {
  const cluster::ImagePtr image = here.image();
  const cluster::Topic* topic = image->find(partition.topic);
  const cluster::Partition* found = topic ? topic->find(partition.partition) : nullptr;
  if (!found) {
    co_return fail(ErrorCode::UnknownTopicOrPartition, "this broker has no such partition");
  }
  const Node& node = here.node();
  if (found->leader != node.id) {
    co_return fail(ErrorCode::NotLeaderOrFollower, "another broker leads the partition");
  }
  const TopicId id = topic->id;
  const PartitionIndex index = partition.partition;
  const bool of_groups = partition.topic == cluster::kOffsetsTopic;
  Engine* const owner = &node.owner_of(id, index);
  co_return co_await env::ask<Result<void>>(here.shard(), owner->shard(),
                                            [owner, id, index, of_groups, marker] {
                                              return end_here(*owner, id, index, of_groups, marker);
                                            });
}

env::Task<Result<ProducerId>> EngineReach::new_producer_id() {
  Controller* const controller = engine_.node().controller.get();
  Result<ProducerId> id = co_await env::ask<Result<ProducerId>>(
      engine_.shard(), controller->shard(),
      [controller] { return controller->next_producer_id(); });
  if (id) co_return id;
  observe::warn("no producer id could be given", {{"why", id.error()}});
  // What producers ask again on.
  co_return fail(ErrorCode::CoordinatorNotAvailable, id.error().detail);
}

env::Task<Result<void>> EngineReach::mark(TopicPartition partition, txn::Marker marker) {
  co_return co_await end_transaction_at(engine_, std::move(partition), marker);
}

}  // namespace broker
