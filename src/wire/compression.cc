#include "wire/compression.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "wire/compression_contexts.h"

namespace wire {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"none", "gzip", "snappy", "lz4", "zstd"};

// What Kafka takes when no level is given.
constexpr int kGzipLevel = 6;
constexpr int kLz4Level = 9;
constexpr int kZstdLevel = 3;

int level_for(const Compression& with) {
  const int usual = with.codec == Codec::Gzip  ? kGzipLevel
                    : with.codec == Codec::Lz4 ? kLz4Level
                                               : kZstdLevel;
  const LevelRange range = levels_of(with.codec);
  return std::clamp(with.level.value_or(usual), range.least, range.most);
}

}  // namespace

std::string_view name_of(Codec codec) { return kNames.at(static_cast<std::size_t>(codec)); }

std::optional<Codec> codec_named(std::string_view name) {
  const auto* found = std::ranges::find(kNames, name);
  if (found == kNames.end()) return {};
  return static_cast<Codec>(found - kNames.begin());
}

std::optional<Codec> codec_of(int number) {
  if (number < 0 || number >= static_cast<int>(kNames.size())) return {};
  return static_cast<Codec>(number);
}

LevelRange levels_of(Codec codec) {
  switch (codec) {
    case Codec::Gzip:
      return {1, 9};
    case Codec::Lz4:
      return {1, 17};
    case Codec::Zstd:
      return {-131072, 22};
    case Codec::None:
    case Codec::Snappy:
      break;
  }
  return {};
}

void DecompressedBuffer::start(std::size_t limit, std::size_t first_guess) {
  limit_ = limit;
  size_ = 0;
  if (capacity_ > kKeptBytes) {
    data_.reset();
    capacity_ = 0;
  }
  constexpr std::size_t kLeast = std::size_t{64} << 10;
  reserve(std::min(std::max(first_guess, kLeast), limit + 1));
}

bool DecompressedBuffer::make_room() {
  if (!within_limit()) return false;
  if (size_ == capacity_) reserve(std::min(capacity_ * 2, limit_ + 1));
  return true;
}

void DecompressedBuffer::make_room_for(std::size_t bytes) {
  check(bytes <= limit_ - size_);
  if (size_ + bytes > capacity_) {
    reserve(std::min(std::max(size_ + bytes, capacity_ * 2), limit_ + 1));
  }
}

bool DecompressedBuffer::retry_larger() {
  if (capacity_ > limit_) return false;
  size_ = 0;
  data_.reset();  // Nothing to carry over.
  const std::size_t larger = std::min(std::exchange(capacity_, 0) * 4, limit_ + 1);
  reserve(larger);
  return true;
}

void DecompressedBuffer::reserve(std::size_t bytes) {
  if (bytes <= capacity_) return;
  auto* moved = static_cast<std::byte*>(std::realloc(data_.get(), bytes));
  check(moved != nullptr, "out of memory for decompression");
  static_cast<void>(data_.release());
  data_.reset(moved);
  capacity_ = bytes;
}

std::unexpected<Error> past_limit(std::size_t limit) {
  return fail(ErrorCode::MessageTooLarge,
              "the records decompress to more than " + std::to_string(limit) + " bytes");
}

CodecScratch::CodecScratch() : contexts_(std::make_unique<Contexts>()) {}
CodecScratch::~CodecScratch() = default;
CodecScratch::CodecScratch(CodecScratch&&) noexcept = default;
CodecScratch& CodecScratch::operator=(CodecScratch&&) noexcept = default;

void compress(const Compression& with, Bytes from, ByteVector& to, CodecScratch& scratch) {
  switch (with.codec) {
    case Codec::None:
      to.insert(to.end(), from.begin(), from.end());
      return;
    case Codec::Gzip:
      return compress_gzip(level_for(with), from, to, scratch.contexts());
    case Codec::Snappy:
      return compress_snappy(from, to);
    case Codec::Lz4:
      return compress_lz4(level_for(with), from, to);
    case Codec::Zstd:
      return compress_zstd(level_for(with), from, to, scratch.contexts());
  }
}

Result<Bytes> decompress(Codec codec, Bytes from, std::size_t limit, CodecScratch& scratch) {
  if (codec == Codec::None) {
    if (from.size() > limit) return past_limit(limit);
    return from;
  }
  CodecScratch::Contexts& contexts = scratch.contexts();
  contexts.decompressed.start(limit, from.size() * 4);
  switch (codec) {
    case Codec::None:
      break;
    case Codec::Gzip:
      TRY_VOID(decompress_gzip(from, contexts));
      break;
    case Codec::Snappy:
      TRY_VOID(decompress_snappy(from, contexts));
      break;
    case Codec::Lz4:
      TRY_VOID(decompress_lz4(from, contexts));
      break;
    case Codec::Zstd:
      TRY_VOID(decompress_zstd(from, contexts));
      break;
  }
  if (!contexts.decompressed.within_limit()) return past_limit(limit);
  return contexts.decompressed.bytes();
}

}  // namespace wire
