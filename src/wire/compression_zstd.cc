// Zstandard. Decompressed in one call into one buffer, which then serves as the window too, so that
// no frame can make the library take more memory than the limit.
#include <zstd.h>
#include <zstd_errors.h>

#include <cstdint>

#include "wire/compression_contexts.h"

namespace wire {
namespace {

// Java's reader refuses a larger window, and so must we: nobody could consume it.
constexpr unsigned kMostWindowLog = 27;

bool window_too_large(Bytes from) {
  constexpr std::uint32_t kMagic = 0x28b52ffd;  // As it lies in memory.
  if (from.size() < 6 || load_big<std::uint32_t>(from.data()) != kMagic) return false;
  const auto descriptor = std::to_integer<unsigned>(from[4]);
  if ((descriptor & 0x20) != 0) return false;  // One segment: the window is the content.
  const auto window = std::to_integer<unsigned>(from[5]);
  const unsigned log = 10 + (window >> 3);
  return log > kMostWindowLog || (log == kMostWindowLog && (window & 7) != 0);
}

}  // namespace

Result<void> decompress_zstd(Bytes from, CodecScratch::Contexts& contexts) {
  if (window_too_large(from)) return malformed("a zstd window of more than 128 MiB");
  DecompressedBuffer& out = contexts.decompressed;
  const unsigned long long size = ZSTD_getFrameContentSize(from.data(), from.size());
  if (size == ZSTD_CONTENTSIZE_ERROR) return malformed("the records are not zstd data");
  if (size != ZSTD_CONTENTSIZE_UNKNOWN) {
    if (size > out.limit()) return past_limit(out.limit());
    out.make_room_for(static_cast<std::size_t>(size));
  }

  if (!contexts.unzstd) contexts.unzstd.reset(ZSTD_createDCtx());
  check(contexts.unzstd != nullptr, "out of memory for a zstd context");
  for (;;) {
    const MutableBytes room = out.room();
    const std::size_t made = ZSTD_decompressDCtx(contexts.unzstd.get(), room.data(), room.size(),
                                                 from.data(), from.size());
    if (!ZSTD_isError(made)) {
      out.took(made);
      return {};
    }
    if (ZSTD_getErrorCode(made) != ZSTD_error_dstSize_tooSmall) {
      return malformed("the records are not sound zstd data");
    }
    if (!out.retry_larger()) return past_limit(out.limit());
  }
}

void compress_zstd(int level, Bytes from, ByteVector& to, CodecScratch::Contexts& contexts) {
  if (!contexts.zstd) contexts.zstd.reset(ZSTD_createCCtx());
  check(contexts.zstd != nullptr, "out of memory for a zstd context");
  ZSTD_CCtx* context = contexts.zstd.get();
  check(!ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)), "level");
  const std::size_t before = to.size();
  to.resize(before + ZSTD_compressBound(from.size()));
  const std::size_t size =
      ZSTD_compress2(context, to.data() + before, to.size() - before, from.data(), from.size());
  check(!ZSTD_isError(size), "ZSTD_compress2");
  to.resize(before + size);
  if (ZSTD_sizeof_CCtx(context) > kKeptBytes) contexts.zstd.reset();
}

}  // namespace wire
