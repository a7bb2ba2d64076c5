// Bytes from anybody into every decompressor: nothing past the limit, and what was made compresses
// and decompresses to itself.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "wire/compression.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kLimit = std::size_t{1} << 20;
  static wire::CodecScratch scratch;
  static wire::CodecScratch other;
  if (size == 0) return 0;
  const auto codec = wire::codec_of(data[0] % 5);
  const Bytes packed = std::as_bytes(std::span(data + 1, size - 1));
  const auto made = wire::decompress(*codec, packed, kLimit, scratch);
  if (!made) return 0;
  check(made->size() <= kLimit);
  ByteVector again;
  wire::compress({*codec, data[0] / 5}, *made, again, other);
  const auto back = wire::decompress(*codec, again, made->size(), other);
  check(back && std::ranges::equal(*back, *made));
  return 0;
}
