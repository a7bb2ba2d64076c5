// Makes the topics that the broker keeps its own state in, when the first is asked for.
#pragma once
#include "broker/call.h"
#include "env/task.h"

namespace broker {

// `__consumer_offsets`, `__share_group_state`, `__transaction_state`. CoordinatorNotAvailable where
// it cannot be made.
env::Task<Result<void>> make_offsets_topic(Call& call);
env::Task<Result<void>> make_share_state_topic(Call& call);
env::Task<Result<void>> make_transactions_topic(Call& call);

}  // namespace broker
