// Takes the partition of `__consumer_offsets` that keeps a group into a transaction, ahead of the
// offsets themselves (TxnOffsetCommit).
#include "wire/025_add_offsets_to_txn.h"

#include "broker/at_transaction.h"
#include "broker/coordinator.h"
#include "broker/handlers/handlers.h"
#include "broker/handlers/transaction_answers.h"

namespace broker {
namespace {

constexpr std::int16_t kKnowsFenced = 2;

env::Task<Result<txn::ProducerIdentity>> add(Call& call, const wire::AddOffsetsToTxnRequest& r) {
  const cluster::Topic* topic = call.image().find(cluster::kOffsetsTopic);
  if (!topic) co_return fail(ErrorCode::CoordinatorNotAvailable, "no group has been asked for yet");
  const PartitionIndex index = GroupCoordinator::partition_of(
      r.group_id, static_cast<std::int32_t>(topic->partitions.size()));
  const txn::Add wish{.who = {r.producer_id, r.producer_epoch},
                      .partitions = {{cluster::kOffsetsTopic, index}}};
  const TransactionalId id = r.transactional_id;
  co_return co_await at_transaction<txn::ProducerIdentity>(
      call.engine(), id,
      [id, wish](TransactionCoordinator& transactions) { return transactions.add(id, wish); });
}

}  // namespace

env::Task<wire::AddOffsetsToTxnResponse> add_offsets_to_txn(Call& call,
                                                            wire::AddOffsetsToTxnRequest request) {
  const Result<txn::ProducerIdentity> added = co_await add(call, request);
  wire::AddOffsetsToTxnResponse response;
  response.error_code = told_fenced(code_of(added), call.version() >= kKnowsFenced);
  co_return response;
}

}  // namespace broker
