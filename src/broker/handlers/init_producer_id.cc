// Gives a producer its id, under which its batches are numbered so that none is stored twice.
#include "wire/022_init_producer_id.h"

#include "broker/at_controller.h"
#include "broker/handlers/handlers.h"
#include "observe/log.h"

namespace broker {

env::Task<wire::InitProducerIdResponse> init_producer_id(Call& call,
                                                         wire::InitProducerIdRequest request) {
  wire::InitProducerIdResponse response;
  response.producer_epoch = ProducerEpoch{-1};
  if (request.transactional_id) {
    // A code that clients do not retry on: they would wait for ever.
    response.error_code = ErrorCode::UnsupportedVersion;
    co_return response;
  }
  // Without a transactional id there is no older self to fence, so a producer that asks again is
  // simply a new one (KIP-360).
  Controller* const controller = call.engine().node().controller.get();
  const Result<ProducerId> id = co_await call.on<Result<ProducerId>>(
      controller->shard(), [controller] { return controller->next_producer_id(); });
  if (!id) {
    observe::warn("no producer id could be given", {{"why", id.error()}});
    response.error_code = ErrorCode::CoordinatorNotAvailable;
    co_return response;
  }
  response.producer_id = *id;
  response.producer_epoch = ProducerEpoch{0};
  co_return response;
}

}  // namespace broker
