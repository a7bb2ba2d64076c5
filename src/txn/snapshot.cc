#include "txn/snapshot.h"

#include <set>

#include "base/crc32c.h"

namespace txn {
namespace {

constexpr std::int16_t kVersion = 1;
constexpr std::size_t kCrcAt = 2;
constexpr std::size_t kCoveredFrom = 6;  // Where what the CRC covers begins.
constexpr std::size_t kEntriesFrom = 10;
constexpr std::size_t kEntrySize = 46;

struct Cursor {
  std::byte* at;
  template <class T>
  void put(T value) {
    store_big(at, value);
    at += sizeof(T);
  }
};

struct Scanner {
  const std::byte* at;
  template <class T>
  T take() {
    const T value = load_big<T>(at);
    at += sizeof(T);
    return value;
  }
};

void encode_entry(Cursor& out, ProducerId id, const Producer& producer) {
  const bool has_batch = !producer.batches.empty();
  out.put(id.value);
  out.put(producer.epoch.value);
  out.put(producer.last_sequence().value);
  out.put(has_batch ? producer.batches.back().last_offset.value : kNoOffset.value);
  out.put(has_batch ? producer.batches.back().offset_delta : 0);
  out.put(producer.last_active.value);
  out.put(producer.coordinator_epoch);
  out.put(producer.transaction_start.value_or(kNoOffset).value);
}

Result<void> decode_entry(Scanner& in, Producers& producers, std::set<Offset>& starts) {
  const ProducerId id{in.take<std::int64_t>()};
  Producer producer{.epoch = ProducerEpoch{in.take<std::int16_t>()}};
  KeptBatch batch{.last_sequence = Sequence{in.take<std::int32_t>()},
                  .last_offset = Offset{in.take<std::int64_t>()},
                  .offset_delta = in.take<std::int32_t>()};
  producer.last_active = Timestamp{in.take<std::int64_t>()};
  producer.coordinator_epoch = in.take<std::int32_t>();
  const Offset start{in.take<std::int64_t>()};

  if (id.value < 0) return fail(ErrorCode::CorruptMessage, "snapshot names a negative producer");
  if (producers.find(id)) return fail(ErrorCode::CorruptMessage, "snapshot names a producer twice");
  if (batch.last_offset.value >= 0) {
    if (batch.last_sequence.value < -1 || batch.offset_delta < 0 ||
        batch.offset_delta > batch.last_offset.value) {
      return fail(ErrorCode::CorruptMessage, "snapshot holds a batch that cannot be");
    }
    batch.timestamp = producer.last_active;
    producer.batches.push(batch);
  }
  if (start.value >= 0) producer.transaction_start = start;
  if (start.value >= 0 && !starts.insert(start).second) {
    return fail(ErrorCode::CorruptMessage, "snapshot has two transactions begin at one offset");
  }
  restore(producers, id, producer);
  return {};
}

}  // namespace

ByteVector encode_snapshot(const Producers& producers) {
  const std::vector<ProducerId> ids = producers.ids();
  ByteVector file(kEntriesFrom + ids.size() * kEntrySize);
  store_big(file.data(), kVersion);
  store_big(file.data() + kCoveredFrom, static_cast<std::int32_t>(ids.size()));
  Cursor out{file.data() + kEntriesFrom};
  for (const ProducerId id : ids) encode_entry(out, id, *producers.find(id));
  store_big(file.data() + kCrcAt, crc32c(Bytes(file).subspan(kCoveredFrom)));
  return file;
}

Result<Producers> decode_snapshot(Bytes file, std::size_t limit) {
  if (file.size() < kEntriesFrom) return fail(ErrorCode::CorruptMessage, "snapshot is too short");
  if (load_big<std::int16_t>(file.data()) != kVersion) {
    return fail(ErrorCode::CorruptMessage, "snapshot has an unknown version");
  }
  if (load_big<std::uint32_t>(file.data() + kCrcAt) != crc32c(file.subspan(kCoveredFrom))) {
    return fail(ErrorCode::CorruptMessage, "snapshot fails its checksum");
  }
  const auto count = load_big<std::uint32_t>(file.data() + kCoveredFrom);
  if (file.size() - kEntriesFrom != std::uint64_t{count} * kEntrySize) {
    return fail(ErrorCode::CorruptMessage, "snapshot's size does not match its count");
  }
  Producers producers(limit);
  Scanner in{file.data() + kEntriesFrom};
  std::set<Offset> starts;  // Of transactions.
  for (std::uint32_t i = 0; i < count; ++i) TRY_VOID(decode_entry(in, producers, starts));
  return producers;
}

}  // namespace txn
