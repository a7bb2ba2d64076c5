#include "client/transactions.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/similar.h"
#include "wire/022_init_producer_id.h"
#include "wire/065_describe_transactions.h"
#include "wire/066_list_transactions.h"

namespace client {

namespace {

constexpr Millis kRetryPause{100};

env::Task<Error> unknown_transaction(Cluster& cluster, TransactionalId id) {
  std::string sentence = fmt::format("no transactional id '{}'", id.value);
  const auto known = co_await list_transactions(cluster, {});
  std::vector<std::string> names;
  if (known) {
    for (const ListedTransaction& one : *known) names.push_back(one.id.value);
  }
  if (const auto meant = most_similar(id.value, names)) {
    sentence += fmt::format("; did you mean '{}'?", *meant);
  } else {
    sentence += "\nSee those there are with: thalweg txn list";
  }
  co_return Error{ErrorCode::TransactionalIdNotFound, std::move(sentence)};
}

}  // namespace

env::Task<Result<std::vector<ListedTransaction>>> list_transactions(Cluster& cluster,
                                                                    TransactionFilter filter) {
  wire::ListTransactionsRequest request;
  request.state_filters = filter.states;
  request.producer_id_filters = filter.producers;
  if (filter.open_for) request.duration_filter = filter.open_for->count();
  std::vector<ListedTransaction> all;
  const std::vector<Broker> brokers = cluster.brokers();
  for (const Broker& broker : brokers) {
    CO_TRY(Connection * connection, co_await cluster.broker(broker.id));
    CO_TRY(const wire::ListTransactionsResponse response,
           co_await connection->ask(request, wire::read_list_transactions_response));
    if (response.error_code != ErrorCode::None) {
      co_return fail(
          broker_error(response.error_code, {},
                       fmt::format("broker {} does not list its transactions", broker.id.value)));
    }
    if (!response.unknown_state_filters.empty()) {
      co_return fail(ErrorCode::InvalidRequest,
                     fmt::format("no state of transactions is called '{}'\nThere are Empty, "
                                 "Ongoing, PrepareCommit, PrepareAbort, CompleteCommit and "
                                 "CompleteAbort",
                                 response.unknown_state_filters.front()));
    }
    for (const auto& one : response.transaction_states) {
      all.push_back({one.transactional_id, one.transaction_state, one.producer_id, broker.id});
    }
  }
  std::ranges::sort(all, {}, &ListedTransaction::id);
  co_return all;
}

env::Task<Result<TransactionInfo>> describe_transaction(Cluster& cluster, TransactionalId id) {
  CO_TRY(Connection * coordinator, co_await cluster.coordinator(id));
  wire::DescribeTransactionsRequest request;
  request.transactional_ids.push_back(id);
  CO_TRY(const wire::DescribeTransactionsResponse response,
         co_await coordinator->ask(std::move(request), wire::read_describe_transactions_response));
  if (response.transaction_states.size() != 1) {
    co_return fail(ErrorCode::UnknownServerError, "the broker describes another transactional id");
  }
  const auto& one = response.transaction_states.front();
  if (one.error_code == ErrorCode::TransactionalIdNotFound) {
    const Error error = co_await unknown_transaction(cluster, id);
    co_return fail(error);
  }
  if (one.error_code != ErrorCode::None) {
    co_return fail(broker_error(one.error_code, {},
                                fmt::format("transactional id '{}' is not described", id.value)));
  }
  TransactionInfo info{.id = id,
                       .state = one.transaction_state,
                       .producer = one.producer_id,
                       .epoch = one.producer_epoch,
                       .timeout = Millis{one.transaction_timeout_ms}};
  if (one.transaction_start_time_ms.value >= 0) info.started = one.transaction_start_time_ms;
  for (const auto& topic : one.topics) {
    for (const PartitionIndex index : topic.partitions) {
      info.partitions.push_back({topic.topic, index});
    }
  }
  std::ranges::sort(info.partitions);
  co_return info;
}

env::Task<Result<void>> fence_producer(Cluster& cluster, TransactionInfo transaction) {
  const Instant deadline = cluster.shard().now() + cluster.settings().timeout;
  for (;;) {
    CO_TRY(Connection * coordinator, co_await cluster.coordinator(transaction.id));
    // The timeout stays: the producer that comes next says its own.
    const wire::InitProducerIdRequest request{
        .transactional_id = transaction.id,
        .transaction_timeout_ms = static_cast<std::int32_t>(transaction.timeout.count())};
    CO_TRY(const wire::InitProducerIdResponse response,
           co_await coordinator->ask(request, wire::read_init_producer_id_response));
    const ErrorCode code = response.error_code;
    if (code == ErrorCode::None) co_return Result<void>{};
    // A coordinator may first abort what is open, and want to be asked again.
    if (!is_retriable(code) || cluster.shard().now() >= deadline) {
      co_return fail(broker_error(
          code, {}, fmt::format("the producer of '{}' was not shut out", transaction.id.value)));
    }
    co_await cluster.shard().sleep(kRetryPause);
  }
}

}  // namespace client
