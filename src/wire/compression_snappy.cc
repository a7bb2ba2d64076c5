// Snappy. Its own format is one block with its size in front; Java's library wraps many such blocks
// in a framing of its own ("xerial"): 16 bytes of header, then each block behind its length.
#include <snappy.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "wire/compression_contexts.h"

namespace wire {
namespace {

constexpr std::array<std::uint8_t, 16> kXerialHeader = {0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0,
                                                        0,    0,   0,   1,   0,   0,   0,   1};
constexpr std::size_t kXerialMagic = 8;  // The rest is two version numbers.
constexpr std::size_t kXerialBlock = std::size_t{32} << 10;

bool starts_xerial(Bytes from) {
  return from.size() >= kXerialHeader.size() &&
         std::equal(kXerialHeader.begin(), kXerialHeader.begin() + kXerialMagic, from.begin(),
                    [](std::uint8_t a, std::byte b) { return std::byte{a} == b; });
}

Result<void> decompress_block(Bytes from, DecompressedBuffer& out) {
  const char* data = as_text(from).data();
  std::size_t size = 0;
  if (!snappy::GetUncompressedLength(data, from.size(), &size)) {
    return malformed("a snappy block without a sound size");
  }
  if (size > out.limit() - out.size()) return past_limit(out.limit());
  // A copy makes at most 64 bytes of 2, so more than that is a lie not worth the memory.
  if (size / 64 > from.size()) return malformed("a snappy block lies about its size");
  out.make_room_for(size);
  if (!snappy::RawUncompress(data, from.size(), reinterpret_cast<char*>(out.room().data()))) {
    return malformed("the records are not sound snappy data");
  }
  out.took(size);
  return {};
}

}  // namespace

Result<void> decompress_snappy(Bytes from, CodecScratch::Contexts& contexts) {
  DecompressedBuffer& out = contexts.decompressed;
  if (!starts_xerial(from)) return decompress_block(from, out);
  while (!from.empty()) {
    // Streams may follow one another; the magic cannot be a length, it is negative.
    if (starts_xerial(from)) {
      from = from.subspan(kXerialHeader.size());
      continue;
    }
    if (from.size() < 4) return malformed("the snappy data ends too early");
    const auto size = load_big<std::uint32_t>(from.data());
    from = from.subspan(4);
    if (size > from.size()) return malformed("the snappy data ends too early");
    TRY_VOID(decompress_block(from.first(size), out));
    from = from.subspan(size);
  }
  return {};
}

void compress_snappy(Bytes from, ByteVector& to) {
  for (const std::uint8_t byte : kXerialHeader) to.push_back(std::byte{byte});
  while (!from.empty()) {
    const Bytes block = from.first(std::min(from.size(), kXerialBlock));
    const std::size_t before = to.size();
    to.resize(before + 4 + snappy::MaxCompressedLength(block.size()));
    std::size_t size = 0;
    snappy::RawCompress(as_text(block).data(), block.size(),
                        reinterpret_cast<char*>(to.data() + before + 4), &size);
    store_big(to.data() + before, static_cast<std::uint32_t>(size));
    to.resize(before + 4 + size);
    from = from.subspan(block.size());
  }
}

}  // namespace wire
