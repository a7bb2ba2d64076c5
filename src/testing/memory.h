// How much memory the program holds just now, for fuzzers that mind what hostile bytes make it
// take. Only where a sanitizer counts; 0 elsewhere.
#pragma once
#include <cstddef>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define THALWEG_COUNTS_MEMORY
#include <sanitizer/allocator_interface.h>
#endif
#endif

namespace testing {

inline std::size_t memory_held() {
#ifdef THALWEG_COUNTS_MEMORY
  return __sanitizer_get_current_allocated_bytes();
#else
  return 0;
#endif
}

}  // namespace testing
