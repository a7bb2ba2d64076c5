// Takes partitions into a transaction: all that a client names, or none. Brokers ask for many
// transactions at a time, from version 4 on, and may only want to know what is in.
#include "wire/024_add_partitions_to_txn.h"

#include "broker/at_transaction.h"
#include "broker/handlers/handlers.h"
#include "broker/handlers/known_partitions.h"
#include "broker/handlers/transaction_answers.h"
#include "env/sync.h"

namespace broker {
namespace {

using Request = wire::AddPartitionsToTxnRequest;
using Response = wire::AddPartitionsToTxnResponse;
using Topics = std::vector<Request::AddPartitionsToTxnTopic>;
using TopicResults = std::vector<Response::AddPartitionsToTxnTopicResult>;

constexpr std::int16_t kKnowsFenced = 2;
constexpr std::int16_t kOfBrokers = 4;
constexpr std::int16_t kKnowsAbortable = 5;

// The answer for each partition, as `code(topic, partition)` has it.
template <class Code>
TopicResults answered(const Topics& topics, Code code) {
  TopicResults results;
  for (const auto& topic : topics) {
    auto& result = results.emplace_back();
    result.name = topic.name;
    for (const PartitionIndex partition : topic.partitions) {
      result.results_by_partition.push_back({partition, code(topic, partition)});
    }
  }
  return results;
}

std::set<TopicPartition> partitions_of(const Topics& topics) {
  std::set<TopicPartition> partitions;
  for (const auto& topic : topics) {
    for (const PartitionIndex partition : topic.partitions) {
      partitions.insert({topic.name, partition});
    }
  }
  return partitions;
}

env::Task<TopicResults> add(Call& call, TransactionalId id, txn::ProducerIdentity who,
                            const Topics& topics) {
  const auto is_there = [&](const auto& topic, PartitionIndex partition) {
    return is_known(call.image().find(topic.name), partition);
  };
  bool all_there = true;
  for (const auto& topic : topics) {
    for (const PartitionIndex partition : topic.partitions) all_there &= is_there(topic, partition);
  }
  if (!all_there) {
    co_return answered(topics, [&](const auto& topic, PartitionIndex partition) {
      return is_there(topic, partition) ? ErrorCode::OperationNotAttempted
                                        : ErrorCode::UnknownTopicOrPartition;
    });
  }
  const txn::Add wish{.who = who, .partitions = partitions_of(topics)};
  const Result<txn::ProducerIdentity> added = co_await at_transaction<txn::ProducerIdentity>(
      call.engine(), id,
      [id, wish](TransactionCoordinator& transactions) { return transactions.add(id, wish); });
  const ErrorCode code = told_fenced(code_of(added), call.version() >= kKnowsFenced);
  co_return answered(topics, [code](const auto&, PartitionIndex) { return code; });
}

env::Task<Result<void>> check_one(Call& call, TransactionalId id, txn::ProducerIdentity who,
                                  TopicPartition partition) {
  co_return co_await at_transaction<void>(
      call.engine(), id, [id, who, partition](TransactionCoordinator& transactions) {
        return transactions.check_part(id, who, partition);
      });
}

env::Task<TopicResults> verify(Call& call, TransactionalId id, txn::ProducerIdentity who,
                               const Topics& topics) {
  std::vector<env::Task<Result<void>>> tasks;
  for (const auto& topic : topics) {
    for (const PartitionIndex partition : topic.partitions) {
      tasks.push_back(check_one(call, id, who, {topic.name, partition}));
    }
  }
  const std::vector<Result<void>> checked = co_await env::all(call.shard(), std::move(tasks));
  auto next = checked.begin();
  co_return answered(topics, [&](const auto&, PartitionIndex) {
    const ErrorCode code = code_of(*next++);
    const bool knows = code != ErrorCode::TransactionAbortable || call.version() >= kKnowsAbortable;
    return knows ? code : ErrorCode::InvalidTxnState;
  });
}

}  // namespace

env::Task<Response> add_partitions_to_txn(Call& call, Request request) {
  Response response;
  if (call.version() < kOfBrokers) {
    response.results_by_topic_v3_and_below =
        co_await add(call, request.v3_and_below_transactional_id,
                     {request.v3_and_below_producer_id, request.v3_and_below_producer_epoch},
                     request.v3_and_below_topics);
    co_return response;
  }
  for (const auto& transaction : request.transactions) {
    const txn::ProducerIdentity who{transaction.producer_id, transaction.producer_epoch};
    const TransactionalId id = transaction.transactional_id;
    TopicResults results = transaction.verify_only
                               ? co_await verify(call, id, who, transaction.topics)
                               : co_await add(call, id, who, transaction.topics);
    response.results_by_transaction.push_back({id, std::move(results)});
  }
  co_return response;
}

}  // namespace broker
