// What the handlers of transactions have in common.
#pragma once
#include "base/result.h"

namespace broker {

// Clients before these versions do not know ProducerFenced, and take InvalidProducerEpoch for it.
inline ErrorCode told_fenced(ErrorCode code, bool knows_fenced) {
  return code == ErrorCode::ProducerFenced && !knows_fenced ? ErrorCode::InvalidProducerEpoch
                                                            : code;
}

template <class T>
ErrorCode code_of(const Result<T>& result) {
  return result ? ErrorCode::None : result.error().code;
}

}  // namespace broker
