// Commits or aborts a producer's transaction. Answered once that is certain; what it wrote can be
// read when its markers are written, a moment later.
#include "wire/026_end_txn.h"

#include "broker/at_transaction.h"
#include "broker/handlers/handlers.h"
#include "broker/handlers/transaction_answers.h"

namespace broker {
namespace {

constexpr std::int16_t kKnowsFenced = 2;
constexpr std::int16_t kSecondProtocol = 5;

}  // namespace

env::Task<wire::EndTxnResponse> end_txn(Call& call, wire::EndTxnRequest request) {
  const txn::End wish{
      .who = {request.producer_id, request.producer_epoch},
      .commit = request.committed,
      .protocol = call.version() >= kSecondProtocol ? txn::Protocol::Second : txn::Protocol::First};
  const TransactionalId id = request.transactional_id;
  const Result<txn::ProducerIdentity> granted = co_await at_transaction<txn::ProducerIdentity>(
      call.engine(), id,
      [id, wish](TransactionCoordinator& transactions) { return transactions.end(id, wish); });
  wire::EndTxnResponse response;
  if (granted) {
    response.producer_id = granted->id;
    response.producer_epoch = granted->epoch;
  } else {
    response.error_code = told_fenced(granted.error().code, call.version() >= kKnowsFenced);
  }
  co_return response;
}

}  // namespace broker
