#include "base/crc32c.h"

#include <isa-l/crc.h>

#include <algorithm>
#include <cstddef>

std::uint32_t crc32c(Bytes bytes, std::uint32_t seed) {
  // The library counts in int, and leaves both complements to us.
  constexpr std::size_t kMost = std::size_t{1} << 30;
  std::uint32_t crc = ~seed;
  while (!bytes.empty()) {
    const Bytes part = bytes.first(std::min(bytes.size(), kMost));
    // The library does not write to it, but has no const.
    auto* data = const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(part.data()));
    crc = crc32_iscsi(data, static_cast<int>(part.size()), crc);
    bytes = bytes.subspan(part.size());
  }
  return ~crc;
}
