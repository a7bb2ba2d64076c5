// Shows transactions in full: who has them, since when, and what they touch (KIP-664).
#include "wire/065_describe_transactions.h"

#include "broker/at_transaction.h"
#include "broker/handlers/handlers.h"
#include "env/sync.h"

namespace broker {
namespace {

using Response = wire::DescribeTransactionsResponse;
using State = Response::TransactionState;

State to_state(TransactionalId id, const txn::Transaction& transaction) {
  State state{.transactional_id = std::move(id),
              .transaction_state = std::string(txn::name_of(transaction.status)),
              .transaction_timeout_ms = static_cast<std::int32_t>(transaction.timeout.count()),
              .transaction_start_time_ms = transaction.started,
              .producer_id = transaction.producer.id,
              .producer_epoch = transaction.producer.epoch};
  for (const TopicPartition& partition : transaction.partitions) {
    if (state.topics.empty() || state.topics.back().topic != partition.topic) {
      state.topics.push_back({.topic = partition.topic});
    }
    state.topics.back().partitions.push_back(partition.partition);
  }
  return state;
}

env::Task<State> describe_one(Call& call, TransactionalId id) {
  const Result<txn::Transaction> found = co_await at_transaction<txn::Transaction>(
      call.engine(), id,
      [id](TransactionCoordinator& transactions) { return transactions.describe(id); });
  if (found) co_return to_state(std::move(id), *found);
  co_return State{.error_code = found.error().code, .transactional_id = std::move(id)};
}

}  // namespace

env::Task<Response> describe_transactions(Call& call, wire::DescribeTransactionsRequest request) {
  std::vector<env::Task<State>> tasks;
  for (TransactionalId& id : request.transactional_ids) {
    tasks.push_back(describe_one(call, std::move(id)));
  }
  Response response;
  response.transaction_states = co_await env::all(call.shard(), std::move(tasks));
  co_return response;
}

}  // namespace broker
