// Whether a result is a value, and that one.
#pragma once
#include "base/result.h"

namespace testing {

template <class T>
bool gives(const Result<T>& result, const T& wanted) {
  return result.has_value() && *result == wanted;
}

}  // namespace testing
