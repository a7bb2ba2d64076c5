// Ends transactions on the partitions they wrote to, as their coordinator says. Answered when the
// markers are durable: the coordinator then forgets the transaction.
#include "wire/027_write_txn_markers.h"

#include "broker/engine.h"
#include "broker/handlers/handlers.h"
#include "broker/transaction_ends.h"
#include "env/sync.h"

namespace broker {
namespace {

using Request = wire::WriteTxnMarkersRequest;
using Response = wire::WriteTxnMarkersResponse;
using Answer = Response::WritableTxnMarkerPartitionResult;

txn::Marker to_marker(const Request::WritableTxnMarker& wanted) {
  return {.producer = wanted.producer_id,
          .epoch = wanted.producer_epoch,
          .coordinator_epoch = wanted.coordinator_epoch,
          .outcome = wanted.transaction_result ? txn::Outcome::Commit : txn::Outcome::Abort,
          .transaction_version = wanted.transaction_version};
}

// Whatever keeps the coordinator of groups from taking it, the one who asks looks for the leader
// again, and comes again.
ErrorCode told(ErrorCode code) {
  using enum ErrorCode;
  const bool of_groups = code == NotCoordinator || code == CoordinatorLoadInProgress ||
                         code == CoordinatorNotAvailable;
  return of_groups ? NotLeaderOrFollower : code;
}

env::Task<Answer> write_one(Call& call, TopicName topic, PartitionIndex index, txn::Marker marker) {
  const Result<void> written =
      co_await end_transaction_at(call.engine(), {std::move(topic), index}, marker);
  co_return Answer{.partition_index = index,
                   .error_code = written ? ErrorCode::None : told(written.error().code)};
}

}  // namespace

env::Task<Response> write_txn_markers(Call& call, Request request) {
  std::vector<env::Task<Answer>> tasks;
  for (const Request::WritableTxnMarker& wanted : request.markers) {
    for (const Request::WritableTxnMarkerTopic& topic : wanted.topics) {
      for (const PartitionIndex index : topic.partition_indexes) {
        tasks.push_back(write_one(call, topic.name, index, to_marker(wanted)));
      }
    }
  }
  const std::vector<Answer> answers = co_await env::all(call.shard(), std::move(tasks));

  Response response;
  auto answer = answers.begin();
  for (const Request::WritableTxnMarker& wanted : request.markers) {
    Response::WritableTxnMarkerResult result{.producer_id = wanted.producer_id};
    for (const Request::WritableTxnMarkerTopic& topic : wanted.topics) {
      Response::WritableTxnMarkerTopicResult partitions{.name = topic.name};
      for (std::size_t i = 0; i < topic.partition_indexes.size(); ++i) {
        partitions.partitions.push_back(*answer++);
      }
      result.topics.push_back(std::move(partitions));
    }
    response.markers.push_back(std::move(result));
  }
  co_return response;
}

}  // namespace broker
