#include "wire/legacy_message_set.h"

#include <zlib.h>

#include <string>

namespace wire {
namespace {

constexpr std::size_t kLengthAt = 8;
constexpr std::size_t kCrcAt = 12;
constexpr std::size_t kMagicAt = 16;
constexpr std::size_t kAttributesAt = 17;
constexpr std::size_t kTimestampAt = 18;  // In version 1; in version 0 the key follows here.

constexpr int kCodecBits = 0x07;
constexpr int kLogAppendTimeBit = 0x08;
constexpr std::int32_t kLeastLength[] = {14, 22};

std::unexpected<Error> invalid(const char* what) { return fail(ErrorCode::InvalidRecord, what); }

// Takes a length and so many bytes; the length may say null.
bool take_sized(Bytes& from, std::optional<Bytes>& to) {
  if (from.size() < 4) return false;
  const auto size = load_big<std::int32_t>(from.data());
  from = from.subspan(4);
  if (size < -1 || (size > 0 && static_cast<std::size_t>(size) > from.size())) return false;
  to.reset();
  if (size == -1) return true;
  to = from.first(static_cast<std::size_t>(size));
  from = from.subspan(to->size());
  return true;
}

struct Message {
  LegacyHeader header;
  std::optional<Bytes> key;
  std::optional<Bytes> value;
};

// Takes one message off the front of `from`.
Result<Message> take_message(Bytes& from) {
  const std::optional<LegacyHeader> header = TRY(peek_legacy(from));
  if (!header || header->size() > from.size()) return invalid("a message that is cut short");
  const std::size_t key_at = header->magic == 0 ? kTimestampAt : kTimestampAt + 8;
  Bytes body = from.first(header->size()).subspan(key_at);
  from = from.subspan(header->size());
  Message message{*header, {}, {}};
  if (!take_sized(body, message.key)) return invalid("a message without a sound key");
  if (!take_sized(body, message.value)) return invalid("a message without a sound value");
  if (!body.empty()) return invalid("bytes behind a message's value");
  return message;
}

RecordView record_of(const Message& message) {
  return {.offset = message.header.offset,
          .timestamp = message.header.timestamp,
          .key = message.key,
          .value = message.value,
          .encoded_size = message.header.size()};
}

Result<std::vector<RecordView>> read_inner(const LegacyHeader& outer, Bytes messages) {
  std::vector<RecordView> records;
  while (!messages.empty()) {
    const Message message = TRY(take_message(messages));
    if (message.header.codec != Codec::None) return invalid("a compressed message inside another");
    if (message.header.magic != outer.magic) return invalid("a message of another version inside");
    records.push_back(record_of(message));
    if (outer.timestamp_type == TimestampType::LogAppendTime) {
      records.back().timestamp = outer.timestamp;
    }
  }
  if (records.empty()) return invalid("a compressed message without messages");
  if (outer.magic == 0) return records;
  const std::int64_t last = records.back().offset.value;
  if (last < 0 || last > outer.offset.value) return invalid("inner offsets past the outer one");
  for (RecordView& record : records) {
    if (record.offset.value < 0 || record.offset.value > last) {
      return invalid("inner offsets out of order");
    }
    record.offset.value += outer.offset.value - last;
  }
  return records;
}

}  // namespace

Result<std::optional<LegacyHeader>> peek_legacy(Bytes from) {
  if (from.size() <= kAttributesAt) return std::nullopt;
  const std::byte* at = from.data();
  const auto magic = load_big<std::int8_t>(at + kMagicAt);
  if (magic == kBatchMagic) {
    return fail(ErrorCode::UnsupportedForMessageFormat, "a record batch, not a message set");
  }
  LegacyHeader header{.offset = Offset{load_big<std::int64_t>(at)},
                      .length = load_big<std::int32_t>(at + kLengthAt),
                      .magic = magic,
                      .crc = load_big<std::uint32_t>(at + kCrcAt)};
  if (magic < 0 || magic > 1 || header.length < kLeastLength[magic] || header.offset.value < 0) {
    return fail(ErrorCode::CorruptMessage, "no message starts here");
  }
  const int attributes = load_big<std::uint8_t>(at + kAttributesAt);
  const std::optional<Codec> codec = codec_of(attributes & kCodecBits);
  if (!codec || *codec == Codec::Zstd) {  // Zstandard came after these versions.
    return fail(ErrorCode::UnsupportedCompressionType,
                "a message set in codec " + std::to_string(attributes & kCodecBits));
  }
  header.codec = *codec;
  if (magic == 0) return header;
  if (from.size() < kLegacyOverhead) return std::nullopt;
  header.timestamp = Timestamp{load_big<std::int64_t>(at + kTimestampAt)};
  if ((attributes & kLogAppendTimeBit) != 0) header.timestamp_type = TimestampType::LogAppendTime;
  return header;
}

bool legacy_checksum_matches(Bytes entry) {
  if (entry.size() <= kMagicAt) return false;
  const Bytes covered = entry.subspan(kMagicAt);
  const uLong sum =
      crc32_z(0, reinterpret_cast<const unsigned char*>(covered.data()), covered.size());
  return load_big<std::uint32_t>(entry.data() + kCrcAt) == sum;
}

Result<std::vector<RecordView>> read_legacy(Bytes entry, BatchScratch& scratch,
                                            std::size_t uncompressed_limit) {
  const Message message = TRY(take_message(entry));
  if (message.header.codec == Codec::None) return std::vector{record_of(message)};
  if (!message.value) return invalid("a compressed message without a value");
  const Bytes inner =
      TRY(decompress(message.header.codec, *message.value, uncompressed_limit, scratch.codecs));
  return read_inner(message.header, inner);
}

}  // namespace wire
