#include "wire/records.h"

#include <algorithm>

namespace wire {

bool operator==(const Records& a, const Records& b) {
  return a.elsewhere == b.elsewhere && a.token == b.token && std::ranges::equal(a.bytes, b.bytes);
}

}  // namespace wire
