#include "wire/compression.h"

#include <gtest/gtest.h>
#include <lz4frame.h>
#include <snappy.h>
#include <zstd.h>

#include <array>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace wire {
namespace {

constexpr std::size_t kNoLimit = std::size_t{1} << 30;
constexpr std::array kCodecs = {Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd};
constexpr std::array kCompressing = {Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd};

ByteVector compressed(Compression with, Bytes from) {
  CodecScratch scratch;
  ByteVector to;
  compress(with, from, to, scratch);
  return to;
}

ByteVector noise(std::size_t size) {
  std::mt19937 random(static_cast<unsigned>(size));
  ByteVector bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

ByteVector text(std::size_t size) {
  ByteVector bytes;
  while (bytes.size() < size) {
    const std::string line = "order " + std::to_string(bytes.size()) + " shipped\n";
    for (const char c : line) bytes.push_back(static_cast<std::byte>(c));
  }
  bytes.resize(size);
  return bytes;
}

ByteVector operator+(const ByteVector& a, const ByteVector& b) {
  ByteVector both = a;
  both.insert(both.end(), b.begin(), b.end());
  return both;
}

ErrorCode outcome(Codec codec, Bytes from, std::size_t limit = kNoLimit) {
  CodecScratch scratch;
  const Result<Bytes> made = decompress(codec, from, limit, scratch);
  return made ? ErrorCode::None : made.error().code;
}

TEST(Compression, RoundTripsEverySizeInEveryCodecAndLevel) {
  CodecScratch scratch;
  for (const Codec codec : kCodecs) {
    const LevelRange levels = levels_of(codec);
    for (const std::optional<int> level :
         {std::optional<int>(), std::optional(levels.least), std::optional(1), std::optional(5),
          std::optional(9), std::optional(levels.most)}) {
      for (const std::size_t size : {0u, 1u, 100u, 32768u, 32769u, 65536u, 65537u, 300000u}) {
        for (const ByteVector& data : {text(size), noise(size)}) {
          ByteVector packed;
          compress({codec, level}, data, packed, scratch);
          const Result<Bytes> back = decompress(codec, packed, size, scratch);
          ASSERT_TRUE(back) << name_of(codec) << " " << size << ": " << back.error().detail;
          EXPECT_TRUE(std::ranges::equal(*back, data)) << name_of(codec) << " " << size;
        }
      }
    }
  }
}

TEST(Compression, LevelsOutsideOfTheRangeAreMovedIntoIt) {
  for (const Codec codec : kCompressing) {
    for (const int level : {-1'000'000, 1'000'000}) {
      const ByteVector packed = compressed({codec, level}, text(1000));
      EXPECT_EQ(outcome(codec, packed), ErrorCode::None) << name_of(codec) << level;
    }
  }
}

TEST(Compression, AppendsToWhatIsThere) {
  CodecScratch scratch;
  for (const Codec codec : kCodecs) {
    ByteVector to = text(7);
    compress({codec}, text(100), to, scratch);
    const Bytes packed = Bytes(to).subspan(7);
    EXPECT_TRUE(std::ranges::equal(Bytes(to).first(7), text(7)));
    EXPECT_TRUE(std::ranges::equal(*decompress(codec, packed, kNoLimit, scratch), text(100)));
  }
}

TEST(Compression, Names) {
  for (const Codec codec : kCodecs) {
    EXPECT_EQ(codec_named(name_of(codec)), codec);
    EXPECT_EQ(codec_of(static_cast<int>(codec)), codec);
  }
  for (const char* name : {"", "GZIP", "producer", "zstd "}) EXPECT_FALSE(codec_named(name));
  for (const int number : {-1, 5, 6, 7, 256}) EXPECT_FALSE(codec_of(number));
}

TEST(Compression, StopsAtTheLimit) {
  CodecScratch scratch;
  const ByteVector zeros(20 << 20);
  for (const Codec codec : kCodecs) {
    const ByteVector bomb = compressed({codec}, zeros);
    for (const std::size_t limit : {std::size_t{0}, std::size_t{1}, std::size_t{65536},
                                    std::size_t{1} << 20, zeros.size() - 1}) {
      const Result<Bytes> made = decompress(codec, bomb, limit, scratch);
      ASSERT_FALSE(made) << name_of(codec) << " " << limit;
      EXPECT_EQ(made.error().code, ErrorCode::MessageTooLarge) << made.error().detail;
    }
    EXPECT_EQ(outcome(codec, bomb, zeros.size()), ErrorCode::None) << "exactly the limit";
  }
}

TEST(Compression, EveryTruncationIsRefused) {
  for (const Codec codec : kCompressing) {
    const ByteVector packed = compressed({codec}, text(400));
    for (std::size_t size = 0; size < packed.size(); ++size) {
      // Bare snappy is refused too: its first bytes are then no sound size.
      if (codec == Codec::Snappy && size == 16) continue;  // A header without blocks is whole.
      EXPECT_EQ(outcome(codec, Bytes(packed).first(size)), ErrorCode::InvalidRecord)
          << name_of(codec) << " cut to " << size;
    }
  }
}

TEST(Compression, TrailingBytesAreRefused) {
  for (const Codec codec : kCompressing) {
    const ByteVector packed = compressed({codec}, text(400));
    EXPECT_EQ(outcome(codec, packed + noise(3)), ErrorCode::InvalidRecord) << name_of(codec);
    EXPECT_EQ(outcome(codec, packed + ByteVector(9)), ErrorCode::InvalidRecord) << name_of(codec);
  }
}

TEST(Compression, NoiseIsRefused) {
  for (const Codec codec : kCompressing) {
    for (std::size_t size = 0; size < 200; ++size) {
      EXPECT_NE(outcome(codec, noise(size), 1 << 20), ErrorCode::None)
          << name_of(codec) << " " << size;
    }
  }
}

// What other clients write and Java reads.
ByteVector bare_snappy(Bytes from) {
  std::string packed;
  snappy::Compress(as_text(from).data(), from.size(), &packed);
  return to_vector(as_bytes(packed));
}

ByteVector lz4_with(Bytes from, std::function<void(LZ4F_frameInfo_t&)> change) {
  LZ4F_preferences_t with{};
  with.frameInfo.blockMode = LZ4F_blockIndependent;
  change(with.frameInfo);
  ByteVector packed(LZ4F_compressFrameBound(from.size(), &with));
  packed.resize(LZ4F_compressFrame(packed.data(), packed.size(), from.data(), from.size(), &with));
  return packed;
}

// Without the content's size, as streaming writers make it.
ByteVector streamed_zstd(Bytes from, int window_log) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  ByteVector packed(ZSTD_compressBound(from.size()) + 100);
  ZSTD_outBuffer out{packed.data(), packed.size(), 0};
  const std::size_t half = from.size() / 2;
  ZSTD_inBuffer first{from.data(), half, 0};
  while (ZSTD_compressStream2(context, &out, &first, ZSTD_e_flush) != 0) continue;
  ZSTD_inBuffer rest{from.data() + half, from.size() - half, 0};
  while (ZSTD_compressStream2(context, &out, &rest, ZSTD_e_end) != 0) continue;
  ZSTD_freeCCtx(context);
  packed.resize(out.pos);
  return packed;
}

struct Framing {
  const char* why;
  Codec codec;
  ByteVector packed;
  ErrorCode expected = ErrorCode::None;
};

TEST(Compression, FramingsThatJavaReadsAndNoOthers) {
  const ByteVector data = text(200000);
  const auto half = static_cast<std::ptrdiff_t>(data.size() / 2);
  const ByteVector front(data.begin(), data.begin() + half);
  const ByteVector back(data.begin() + half, data.end());
  const auto both = [&](Codec codec) {
    return compressed({codec}, front) + compressed({codec}, back);
  };
  const auto linked = [](LZ4F_frameInfo_t& info) { info.blockMode = LZ4F_blockLinked; };
  const auto checked = [](LZ4F_frameInfo_t& info) {
    info.blockChecksumFlag = LZ4F_blockChecksumEnabled;
    info.contentChecksumFlag = LZ4F_contentChecksumEnabled;
  };
  const auto sized = [&](LZ4F_frameInfo_t& info) { info.contentSize = data.size(); };
  const auto large = [](LZ4F_frameInfo_t& info) { info.blockSizeID = LZ4F_max4MB; };
  using enum Codec;
  const std::vector<Framing> rows = {
      {"two gzip members", Gzip, both(Gzip)},
      {"two xerial streams", Snappy, both(Snappy)},
      {"bare snappy", Snappy, bare_snappy(data)},
      {"two zstd frames", Zstd, both(Zstd)},
      {"zstd without a size", Zstd, streamed_zstd(data, 17)},
      {"zstd with a window of 128 MiB", Zstd, streamed_zstd(data, 27)},
      {"zstd with a window of 256 MiB", Zstd, streamed_zstd(data, 28), ErrorCode::InvalidRecord},
      {"lz4 with checksums", Lz4, lz4_with(data, checked)},
      {"lz4 with its size", Lz4, lz4_with(data, sized)},
      {"lz4 of large blocks", Lz4, lz4_with(data, large)},
      {"lz4 of linked blocks", Lz4, lz4_with(data, linked), ErrorCode::InvalidRecord},
      {"two lz4 frames", Lz4, both(Lz4), ErrorCode::InvalidRecord},
  };
  for (const Framing& row : rows) {
    CodecScratch scratch;
    const Result<Bytes> made = decompress(row.codec, row.packed, data.size(), scratch);
    EXPECT_EQ(made ? ErrorCode::None : made.error().code, row.expected) << row.why;
    if (made) {
      EXPECT_TRUE(std::ranges::equal(*made, data)) << row.why;
    }
  }
}

TEST(Compression, ABlockThatLiesAboutItsSizeTakesNoMemory) {
  // A size of 1 GiB in front of nothing.
  const std::array<std::uint8_t, 6> lie = {0x80, 0x80, 0x80, 0x80, 0x04, 0x00};
  EXPECT_EQ(outcome(Codec::Snappy, std::as_bytes(std::span(lie))), ErrorCode::InvalidRecord);
}

}  // namespace
}  // namespace wire
