// Private to compression: what the four codecs keep from call to call, and the buffer that they
// decompress into.
#pragma once
#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/check.h"
#include "base/result.h"
#include "wire/compression.h"

namespace wire {

// Grows by doubling, never initialises, and stops one byte past its limit: that byte tells
// "exactly the limit" from "more".
class DecompressedBuffer {
 public:
  void start(std::size_t limit, std::size_t first_guess);
  // Makes room where there is none. False where the limit is passed.
  bool make_room();
  // Makes room for so many bytes more, which the limit allows.
  void make_room_for(std::size_t bytes);
  MutableBytes room() { return {data_.get() + size_, ceiling() - size_}; }
  void took(std::size_t bytes) { size_ += bytes; }
  // Forgets what was written and grows. False at the limit.
  bool retry_larger();

  std::size_t limit() const { return limit_; }
  std::size_t size() const { return size_; }
  bool within_limit() const { return size_ <= limit_; }
  Bytes bytes() const { return {data_.get(), size_}; }

 private:
  struct Free {
    void operator()(std::byte* data) const { std::free(data); }
  };
  std::size_t ceiling() const { return capacity_ < limit_ + 1 ? capacity_ : limit_ + 1; }
  void reserve(std::size_t bytes);

  std::unique_ptr<std::byte, Free> data_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
  std::size_t limit_ = 0;
};

template <auto Destroy>
struct DestroyWith {
  template <class T>
  void operator()(T* context) const {
    Destroy(context);
  }
};

struct Inflater {
  z_stream stream{};
  Inflater();
  ~Inflater() { inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
};

struct Deflater {
  z_stream stream{};
  int level;
  explicit Deflater(int with_level);
  ~Deflater() { deflateEnd(&stream); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;
};

struct CodecScratch::Contexts {
  DecompressedBuffer decompressed;
  std::unique_ptr<Inflater> inflater;
  std::unique_ptr<Deflater> deflater;
  std::unique_ptr<LZ4F_dctx, DestroyWith<LZ4F_freeDecompressionContext>> lz4;
  std::unique_ptr<ZSTD_DCtx, DestroyWith<ZSTD_freeDCtx>> unzstd;
  std::unique_ptr<ZSTD_CCtx, DestroyWith<ZSTD_freeCCtx>> zstd;
};

// Beyond these a buffer or context is given back rather than kept.
inline constexpr std::size_t kKeptBytes = std::size_t{4} << 20;

Result<void> decompress_gzip(Bytes from, CodecScratch::Contexts& contexts);
Result<void> decompress_snappy(Bytes from, CodecScratch::Contexts& contexts);
Result<void> decompress_lz4(Bytes from, CodecScratch::Contexts& contexts);
Result<void> decompress_zstd(Bytes from, CodecScratch::Contexts& contexts);

void compress_gzip(int level, Bytes from, ByteVector& to, CodecScratch::Contexts& contexts);
void compress_snappy(Bytes from, ByteVector& to);
void compress_lz4(int level, Bytes from, ByteVector& to);
void compress_zstd(int level, Bytes from, ByteVector& to, CodecScratch::Contexts& contexts);

inline std::unexpected<Error> malformed(const char* what) {
  return fail(ErrorCode::InvalidRecord, what);
}
std::unexpected<Error> past_limit(std::size_t limit);

}  // namespace wire
