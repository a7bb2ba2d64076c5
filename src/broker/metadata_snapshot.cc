#include "broker/metadata_snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "wire/record_batch_builder.h"
#include "wire/record_batch_reader.h"
#include "wire/state/control.h"

namespace broker {
namespace {

constexpr std::string_view kSuffix = ".checkpoint";
constexpr std::size_t kOffsetDigits = 20;
constexpr std::size_t kBatchBytes = 1 << 20;

// What a control record is, as its key says behind a version of 0.
constexpr std::int16_t kSnapshotHeader = 3;
constexpr std::int16_t kSnapshotFooter = 4;
constexpr std::int16_t kKRaftVersion = 5;
constexpr std::int16_t kVoters = 6;

wire::BatchBuilder control_batch(Offset at) {
  return wire::BatchBuilder({.base_offset = at, .leader_epoch = kMetadataEpoch, .control = true});
}

void add_control(wire::BatchBuilder& to, std::int16_t type, Bytes value, Timestamp now) {
  ByteVector key(4);
  store_big<std::int16_t>(key.data() + 2, type);
  to.add(now, Bytes(key), value);
}

template <class Message>
void add_control(wire::BatchBuilder& to, std::int16_t type, const Message& message, Timestamp now) {
  wire::Output value;
  write(message, 0, value);
  add_control(to, type, Bytes(value.bytes), now);
}

std::optional<std::int16_t> control_type(const wire::RecordView& record) {
  if (!record.key || record.key->size() < 4) return {};
  return load_big<std::int16_t>(record.key->data() + 2);
}

void add_to(wire::BatchBuilder& builder, const cluster::Record& record, Timestamp now) {
  const ByteVector value = cluster::encode(record);
  builder.add(now, std::nullopt, Bytes(value));
}

void append(ByteVector& to, const ByteVector& bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

std::unexpected<Error> unfinished(const std::string& why) {
  return fail(ErrorCode::CorruptMessage, "not a whole metadata snapshot: " + why);
}

// The batches of a file that is nothing but whole batches in order.
Result<std::vector<wire::FoundBatch>> batches_of(Bytes file) {
  std::vector<wire::FoundBatch> batches;
  wire::BatchIterator found(file);
  while (const auto batch = TRY(found.next())) {
    if (!wire::checksum_matches(batch->bytes)) {
      return unfinished("a checksum does not match");
    }
    batches.push_back(*batch);
  }
  if (!found.rest().empty()) return unfinished("it ends within a batch");
  return batches;
}

Result<bool> is_control(const wire::FoundBatch& batch, std::int16_t type,
                        wire::BatchScratch& with) {
  if (!batch.header.control) return false;
  wire::BatchReader reader = TRY(wire::BatchReader::open(batch.bytes, with));
  const std::optional<wire::RecordView> first = TRY(reader.next());
  return first && control_type(*first) == type;
}

}  // namespace

std::string to_text(const SnapshotName& name) {
  return fmt::format("{:020}-{:010}{}", name.end.value, name.epoch.value, kSuffix);
}

std::optional<SnapshotName> parse_snapshot_name(std::string_view name) {
  constexpr std::size_t kEpochAt = kOffsetDigits + 1;
  if (name.size() <= kEpochAt) return {};
  const auto number = [](std::string_view digits, auto& into) {
    return std::from_chars(digits.begin(), digits.end(), into).ec == std::errc{} && into >= 0;
  };
  SnapshotName read;
  if (!number(name.substr(0, kOffsetDigits), read.end.value)) return {};
  if (!number(name.substr(kEpochAt), read.epoch.value)) return {};
  if (name != to_text(read)) return {};
  return read;
}

Result<void> take_notes(QuorumNotes& notes, Bytes batch, Offset from) {
  wire::BatchScratch scratch;
  wire::BatchReader reader = TRY(wire::BatchReader::open(batch, scratch));
  if (!reader.header().control) return {};
  for (;;) {
    const std::optional<wire::RecordView> record = TRY(reader.next());
    if (!record) return {};
    if (record->offset < from || !record->value) continue;
    const std::optional<std::int16_t> type = control_type(*record);
    if (type == kKRaftVersion) notes.kraft_version = to_vector(*record->value);
    if (type == kVoters) notes.voters = to_vector(*record->value);
  }
}

ByteVector write_snapshot(const Snapshot& snapshot, Timestamp last_record) {
  wire::BatchBuilder head = control_batch(Offset(0));
  add_control(head, kSnapshotHeader,
              wire::SnapshotHeaderRecord{.version = 0, .last_contained_log_timestamp = last_record},
              last_record);
  const QuorumNotes& quorum = snapshot.quorum;
  if (quorum.kraft_version) {
    add_control(head, kKRaftVersion, Bytes(*quorum.kraft_version), last_record);
  }
  if (quorum.voters) add_control(head, kVoters, Bytes(*quorum.voters), last_record);
  std::int64_t next = head.count();
  ByteVector file = head.finish();

  const std::vector<cluster::Record>& records = snapshot.records;
  std::size_t at = 0;
  while (at < records.size()) {
    wire::BatchBuilder builder({.base_offset = Offset(next), .leader_epoch = kMetadataEpoch});
    while (at < records.size() && builder.size() < kBatchBytes) {
      add_to(builder, records[at++], last_record);
    }
    next += builder.count();
    append(file, builder.finish());
  }
  wire::BatchBuilder foot = control_batch(Offset(next));
  add_control(foot, kSnapshotFooter, wire::SnapshotFooterRecord{.version = 0}, last_record);
  append(file, foot.finish());
  return file;
}

Result<Snapshot> read_snapshot(Bytes file) {
  const std::vector<wire::FoundBatch> batches = TRY(batches_of(file));
  wire::BatchScratch scratch;
  if (batches.size() < 2 || !TRY(is_control(batches.front(), kSnapshotHeader, scratch))) {
    return unfinished("it has no header");
  }
  if (!TRY(is_control(batches.back(), kSnapshotFooter, scratch))) {
    return unfinished("it has no footer");
  }
  Snapshot snapshot;
  for (const wire::FoundBatch& batch : batches) {
    for (cluster::Record& record : TRY(read_metadata_batch(batch.bytes, Offset(0)))) {
      snapshot.records.push_back(std::move(record));
    }
    TRY_VOID(take_notes(snapshot.quorum, batch.bytes, Offset(0)));
  }
  return snapshot;
}

ByteVector metadata_batch(const std::vector<cluster::Record>& records, Timestamp now) {
  wire::BatchBuilder builder({.leader_epoch = kMetadataEpoch});
  for (const cluster::Record& record : records) add_to(builder, record, now);
  return builder.finish();
}

Result<std::vector<cluster::Record>> read_metadata_batch(Bytes batch, Offset from) {
  std::vector<cluster::Record> records;
  wire::BatchScratch scratch;
  wire::BatchReader reader = TRY(wire::BatchReader::open(batch, scratch));
  if (reader.header().control) return records;
  for (;;) {
    const std::optional<wire::RecordView> record = TRY(reader.next());
    if (!record) return records;
    if (record->offset < from) continue;
    if (!record->value) {
      return fail(ErrorCode::CorruptMessage, "a metadata record has no value");
    }
    records.push_back(TRY(cluster::decode(*record->value)));
  }
}

}  // namespace broker
