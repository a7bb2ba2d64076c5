// Gives a producer its id, under which its batches are numbered so that none is stored twice. One
// with a transactional id gets the id that belongs to it, and an epoch that shuts out whoever had
// it before.
#include "wire/022_init_producer_id.h"

#include "broker/at_transaction.h"
#include "broker/handlers/handlers.h"
#include "broker/handlers/transaction_answers.h"
#include "broker/transaction_ends.h"

namespace broker {
namespace {

using Request = wire::InitProducerIdRequest;
using Response = wire::InitProducerIdResponse;

constexpr std::int16_t kKnowsFenced = 4;

// A transactional producer. One that goes on after a failure names the id and epoch that it has.
env::Task<Result<txn::ProducerIdentity>> begin(Call& call, const Request& request) {
  const txn::ProducerIdentity known{request.producer_id, request.producer_epoch};
  if ((known.id.value < 0) != (known.epoch.value < 0)) {
    co_return fail(ErrorCode::InvalidRequest, "a producer names both its id and epoch, or neither");
  }
  txn::Init wish{.timeout = Millis{request.transaction_timeout_ms}};
  if (known.id.value >= 0) wish.known = known;
  const TransactionalId id = *request.transactional_id;
  co_return co_await at_transaction<txn::ProducerIdentity>(
      call.engine(), id,
      [id, wish](TransactionCoordinator& transactions) { return transactions.init(id, wish); });
}

// Without a transactional id there is no older self to fence, so a producer that asks again is
// simply a new one (KIP-360).
env::Task<Result<txn::ProducerIdentity>> fresh(Call& call) {
  EngineReach reach(call.engine());
  CO_TRY(const ProducerId id, co_await reach.new_producer_id());
  co_return txn::ProducerIdentity{id, ProducerEpoch{0}};
}

}  // namespace

env::Task<Response> init_producer_id(Call& call, Request request) {
  const Result<txn::ProducerIdentity> granted =
      request.transactional_id ? co_await begin(call, request) : co_await fresh(call);
  Response response;
  response.producer_epoch = ProducerEpoch{-1};
  if (granted) {
    response.producer_id = granted->id;
    response.producer_epoch = granted->epoch;
    co_return response;
  }
  response.error_code = told_fenced(granted.error().code, call.version() >= kKnowsFenced);
  co_return response;
}

}  // namespace broker
