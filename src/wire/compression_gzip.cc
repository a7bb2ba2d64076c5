// gzip by zlib. Java takes several members one after another as one, so we do.
#include <zlib.h>

#include <limits>

#include "wire/compression_contexts.h"

namespace wire {
namespace {

constexpr int kGzipWindow = 15 + 16;  // The largest window, with a gzip header.
constexpr int kMemory = 8;            // zlib's own default.

unsigned char* input(Bytes bytes) {
  // zlib reads it only, but has no const.
  return const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(bytes.data()));
}

uInt clamped(std::size_t size) {
  constexpr std::size_t kMost = std::numeric_limits<uInt>::max();
  return static_cast<uInt>(size < kMost ? size : kMost);
}

}  // namespace

Inflater::Inflater() { check(inflateInit2(&stream, kGzipWindow) == Z_OK, "inflateInit2"); }

Deflater::Deflater(int with_level) : level(with_level) {
  check(deflateInit2(&stream, level, Z_DEFLATED, kGzipWindow, kMemory, Z_DEFAULT_STRATEGY) == Z_OK,
        "deflateInit2");
}

Result<void> decompress_gzip(Bytes from, CodecScratch::Contexts& contexts) {
  if (from.size() > std::numeric_limits<uInt>::max()) return malformed("gzip data over 4 GiB");
  if (!contexts.inflater) contexts.inflater = std::make_unique<Inflater>();
  z_stream& stream = contexts.inflater->stream;
  check(inflateReset(&stream) == Z_OK, "inflateReset");
  stream.next_in = input(from);
  stream.avail_in = clamped(from.size());

  DecompressedBuffer& out = contexts.decompressed;
  for (;;) {
    if (!out.make_room()) return past_limit(out.limit());
    const MutableBytes room = out.room();
    const uInt offered = clamped(room.size());
    stream.next_out = reinterpret_cast<unsigned char*>(room.data());
    stream.avail_out = offered;
    const int outcome = inflate(&stream, Z_NO_FLUSH);
    out.took(offered - stream.avail_out);
    if (outcome == Z_STREAM_END) {
      if (stream.avail_in == 0) return {};
      check(inflateReset(&stream) == Z_OK, "inflateReset");
    } else if (outcome != Z_OK && outcome != Z_BUF_ERROR) {
      return malformed("the records are not sound gzip data");
    } else if (stream.avail_in == 0 && stream.avail_out != 0) {
      return malformed("the gzip data ends too early");
    }
  }
}

void compress_gzip(int level, Bytes from, ByteVector& to, CodecScratch::Contexts& contexts) {
  if (!contexts.deflater || contexts.deflater->level != level) {
    contexts.deflater = std::make_unique<Deflater>(level);
  }
  z_stream& stream = contexts.deflater->stream;
  check(deflateReset(&stream) == Z_OK, "deflateReset");
  check(from.size() <= std::numeric_limits<uInt>::max(), "a batch is below 2 GiB");
  const std::size_t before = to.size();
  to.resize(before + deflateBound(&stream, from.size()));
  stream.next_in = input(from);
  stream.avail_in = clamped(from.size());
  stream.next_out = reinterpret_cast<unsigned char*>(to.data() + before);
  stream.avail_out = clamped(to.size() - before);
  check(deflate(&stream, Z_FINISH) == Z_STREAM_END, "deflate");
  to.resize(to.size() - stream.avail_out);
}

}  // namespace wire
