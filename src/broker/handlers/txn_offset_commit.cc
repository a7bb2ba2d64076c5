// Notes how far a group has got, as part of a producer's transaction: it counts once that commits.
#include "wire/028_txn_offset_commit.h"

#include "broker/at_group.h"
#include "broker/at_transaction.h"
#include "broker/handlers/handlers.h"
#include "broker/handlers/known_partitions.h"
#include "broker/handlers/transaction_answers.h"

namespace broker {
namespace {

using Request = wire::TxnOffsetCommitRequest;
using Response = wire::TxnOffsetCommitResponse;

constexpr std::int16_t kKnowsAbortable = 4;
constexpr std::int16_t kSecondProtocol = 5;

// What clients of this API understand.
ErrorCode told(ErrorCode code, std::int16_t version) {
  switch (code) {
    case ErrorCode::ProducerFenced:
      return ErrorCode::InvalidProducerEpoch;
    case ErrorCode::TransactionAbortable:
      return version >= kKnowsAbortable ? code : ErrorCode::InvalidTxnState;
    case ErrorCode::StaleMemberEpoch:
    case ErrorCode::GroupIdNotFound:
      return ErrorCode::IllegalGeneration;
    default:
      return code;
  }
}

env::Task<Result<Response>> commit(Call& call, const Request& request, txn::Protocol protocol) {
  CO_TRY(const GroupPlace place, place_of(call.engine(), request.group_id));
  Engine* const owner = place.owner;
  // Asked on the group's shard.
  const auto join = [owner, protocol, id = request.transactional_id,
                     who = txn::ProducerIdentity{request.producer_id, request.producer_epoch}](
                        PartitionIndex partition) {
    return join_transaction(*owner, id, who, {cluster::kOffsetsTopic, partition}, protocol);
  };
  co_return co_await at_group<Response>(
      call, request.group_id,
      [&request, join](GroupCoordinator& groups) { return groups.commit(request, join); });
}

}  // namespace

env::Task<Response> txn_offset_commit(Call& call, Request request) {
  Request known = request;
  keep_known(known.topics, [&](const auto& topic) { return call.image().find(topic.name); });
  const auto protocol =
      call.version() >= kSecondProtocol ? txn::Protocol::Second : txn::Protocol::First;
  Result<Response> committed = Response{};
  if (!known.topics.empty()) {
    committed = co_await commit(call, known, protocol);
  }
  std::vector<ErrorCode> codes;
  for (std::size_t i = 0; i < known.topics.size(); ++i) {
    for (std::size_t k = 0; k < known.topics[i].partitions.size(); ++k) {
      codes.push_back(committed ? committed->topics.at(i).partitions.at(k).error_code
                                : committed.error().code);
    }
  }
  Response response;
  auto code = codes.begin();
  for (const auto& topic : request.topics) {
    const cluster::Topic* const found = call.image().find(topic.name);
    auto& answered = response.topics.emplace_back();
    answered.name = topic.name;
    for (const auto& partition : topic.partitions) {
      const PartitionIndex index = partition.partition_index;
      answered.partitions.push_back({index, is_known(found, index)
                                                ? told(*code++, call.version())
                                                : ErrorCode::UnknownTopicOrPartition});
    }
  }
  co_return response;
}

}  // namespace broker
