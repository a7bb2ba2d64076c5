// The lz4 frame format, with what Java's reader asks of it: independent blocks, no dictionary, one
// frame. A batch that only we could read would be lost to most consumers.
#include <lz4frame.h>
#include <lz4hc.h>

#include <algorithm>
#include <cstdint>

#include "wire/compression_contexts.h"

namespace wire {
namespace {

// Kafka's default level stands for the fast compressor, and every other one for the thorough one.
constexpr int kKafkaDefaultLevel = 9;

Result<void> check_frame_header(Bytes from) {
  constexpr std::uint32_t kMagic = 0x04224d18;  // As it lies in memory.
  if (from.size() < 7 || load_big<std::uint32_t>(from.data()) != kMagic) {
    return malformed("the records are not an lz4 frame");
  }
  const auto flags = std::to_integer<unsigned>(from[4]);
  if (flags >> 6 != 1) return malformed("an lz4 frame of another version than 1");
  if ((flags & 0x20) == 0) return malformed("lz4 blocks that depend on one another");
  if ((flags & 0x01) != 0) return malformed("lz4 with a dictionary");
  return {};
}

}  // namespace

Result<void> decompress_lz4(Bytes from, CodecScratch::Contexts& contexts) {
  TRY_VOID(check_frame_header(from));
  if (!contexts.lz4) {
    LZ4F_dctx* made = nullptr;
    check(!LZ4F_isError(LZ4F_createDecompressionContext(&made, LZ4F_VERSION)), "lz4 context");
    contexts.lz4.reset(made);
  }
  LZ4F_resetDecompressionContext(contexts.lz4.get());
  DecompressedBuffer& out = contexts.decompressed;
  for (;;) {
    if (!out.make_room()) return past_limit(out.limit());
    const MutableBytes room = out.room();
    std::size_t made = room.size();
    std::size_t taken = from.size();
    const std::size_t wanted =
        LZ4F_decompress(contexts.lz4.get(), room.data(), &made, from.data(), &taken, nullptr);
    if (LZ4F_isError(wanted)) return malformed("the records are not sound lz4 data");
    out.took(made);
    from = from.subspan(taken);
    if (wanted == 0) {
      if (!from.empty()) return malformed("bytes behind the lz4 frame");
      return {};
    }
    if (from.empty() && made < room.size()) return malformed("the lz4 data ends too early");
  }
}

void compress_lz4(int level, Bytes from, ByteVector& to) {
  LZ4F_preferences_t with{};
  with.frameInfo.blockSizeID = LZ4F_max64KB;
  with.frameInfo.blockMode = LZ4F_blockIndependent;
  with.compressionLevel = level == kKafkaDefaultLevel ? 0 : std::max(level, LZ4HC_CLEVEL_MIN);
  const std::size_t before = to.size();
  to.resize(before + LZ4F_compressFrameBound(from.size(), &with));
  const std::size_t size =
      LZ4F_compressFrame(to.data() + before, to.size() - before, from.data(), from.size(), &with);
  check(!LZ4F_isError(size), "LZ4F_compressFrame");
  to.resize(before + size);
}

}  // namespace wire
