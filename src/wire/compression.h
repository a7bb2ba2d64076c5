// The four compressions of record batches, in the framings that Kafka's clients read and write.
//
//   gzip    one or more gzip members
//   snappy  xerial blocks (what Java writes, and we), or one bare snappy block
//   lz4     one lz4 frame of independent blocks; Java reads no other
//   zstd    one or more zstd frames
//
// What comes in is hostile: a decompressor makes no more than `limit` bytes, holds no more memory
// than that and a few MiB of its own, and accepts only data that is whole, with nothing behind it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace wire {

// The numbers are those of the batch's attributes.
enum class Codec : std::uint8_t { None = 0, Gzip = 1, Snappy = 2, Lz4 = 3, Zstd = 4 };

// As `compression.type` spells them: none, gzip, snappy, lz4, zstd.
std::string_view name_of(Codec codec);
std::optional<Codec> codec_named(std::string_view name);
std::optional<Codec> codec_of(int number);

// A codec and how hard it tries. Without a level the codec's own default holds; a level outside the
// codec's range is moved into it; none and snappy have no levels.
struct Compression {
  Codec codec = Codec::None;
  std::optional<int> level = {};
  bool operator==(const Compression&) const = default;
};

// The range of levels that a codec takes, both inclusive.
struct LevelRange {
  int least = 0;
  int most = 0;
};
LevelRange levels_of(Codec codec);

// The contexts of the codecs and one buffer, kept from call to call because making them costs more
// than compressing a small batch. One per thread; memory beyond a few MiB is given back.
class CodecScratch {
 public:
  CodecScratch();
  ~CodecScratch();
  CodecScratch(CodecScratch&&) noexcept;
  CodecScratch& operator=(CodecScratch&&) noexcept;

  struct Contexts;
  Contexts& contexts() { return *contexts_; }

 private:
  std::unique_ptr<Contexts> contexts_;
};

// Appends the compressed form of `from` to `to`.
void compress(const Compression& with, Bytes from, ByteVector& to, CodecScratch& scratch);

// The view is into `scratch`, and good until its next use; with Codec::None it is `from` itself.
// MessageTooLarge past the limit, InvalidRecord where the data is not what the codec makes.
Result<Bytes> decompress(Codec codec, Bytes from, std::size_t limit, CodecScratch& scratch);

}  // namespace wire
