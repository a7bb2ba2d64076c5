// What brokers keep in files and logs, with hostile bytes in it: snapshots of producers and of
// metadata, records of groups and of share groups' state, checkpoints, indexes, names. What is read
// is written and read again as the same.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "base/crc32c.h"
#include "broker/metadata_snapshot.h"
#include "group/loading.h"
#include "group/record.h"
#include "group/subscription.h"
#include "log/checkpoint.h"
#include "log/index.h"
#include "log/names.h"
#include "log/txn_index.h"
#include "share/share_partition.h"
#include "share/state.h"
#include "testing/gives.h"
#include "txn/replay.h"
#include "txn/snapshot.h"
#include "wire/record_batch.h"

namespace {

// The bytes with the checksums of the batches in them made right.
ByteVector mended(Bytes bytes) {
  ByteVector made = to_vector(bytes);
  for (MutableBytes rest = made; rest.size() >= wire::kBatchOverhead;) {
    const auto header = wire::peek_batch(rest);
    if (!header || !*header || (*header)->size() > rest.size()) break;
    wire::set_max_timestamp(rest.first((*header)->size()), (*header)->timestamp_type,
                            (*header)->max_timestamp);
    rest = rest.subspan((*header)->size());
  }
  return made;
}

void producers(Bytes bytes) {
  constexpr std::size_t kMost = 100;
  constexpr std::size_t kSumAt = 2;
  constexpr std::size_t kSummed = 6;
  ByteVector file = to_vector(bytes);
  if (file.size() > kSummed) store_big(&file[kSumAt], crc32c(Bytes(file).subspan(kSummed)));
  const auto read = txn::decode_snapshot(file, kMost);
  if (!read) return;
  const ByteVector once = txn::encode_snapshot(*read);
  const auto again = txn::decode_snapshot(once, kMost);
  check(again && txn::encode_snapshot(*again) == once);
}

// The first byte says how long the key is; the rest is the value, and none a tombstone. Gives the
// record, if it is one of those that `decode` and `encode` know.
template <class Record>
std::optional<Record> record_of(Bytes bytes,
                                Result<std::optional<Record>> (*decode)(Bytes,
                                                                        std::optional<Bytes>),
                                wire::CoordinatorRecord (*encode)(const Record&)) {
  if (bytes.empty()) return std::nullopt;
  const std::size_t key_size = std::min(std::to_integer<std::size_t>(bytes[0]), bytes.size() - 1);
  const Bytes key = bytes.subspan(1, key_size);
  const Bytes value = bytes.subspan(1 + key_size);
  const auto read = decode(key, value.empty() ? std::nullopt : std::optional<Bytes>(value));
  if (!read || !*read) return std::nullopt;
  const wire::CoordinatorRecord once = encode(**read);
  const auto again =
      decode(once.key, once.value ? std::optional<Bytes>(*once.value) : std::nullopt);
  check(again && *again == *read);
  return **read;
}

void group_record(Bytes bytes) {
  const auto record = record_of<group::Record>(bytes, &group::decode, &group::encode);
  if (!record) return;
  group::Groups groups;
  group::load(groups, *record);
}

// A record of share group state, and what a leader makes of it.
void share_record(Bytes bytes) {
  const auto record = record_of<share::Record>(bytes, &share::decode, &share::encode);
  if (!record) return;
  share::State state;
  share::apply(state, *record);
  share::apply(state, *record);
  for (const auto& [key, stored] : state.by_key) {
    const share::SharePartition partition = share::restore(stored);
    check(partition.complete >= 0 && partition.end() >= partition.start);
    check(share::next_offset(partition) >= partition.start);
    const auto snapshot = share::decide_snapshot(state, key, Timestamp{0});
    check(snapshot.has_value());
    share::State fresh;
    share::apply(fresh, *snapshot);
    check(fresh.find(key)->deliveries == stored.deliveries);
  }
}

void group_log(Bytes bytes) {
  group::Loading loading;
  const ByteVector batches = mended(bytes);
  Bytes rest = batches;
  while (rest.size() >= wire::kBatchOverhead) {
    const auto header = wire::peek_batch(rest);
    if (!header || !*header || (*header)->size() > rest.size()) break;
    if (!loading.add(rest.first((*header)->size()))) break;
    rest = rest.subspan((*header)->size());
  }
  (void)loading.finish();
  (void)group::read_subscribed_topics(bytes);
}

void metadata_snapshot(Bytes bytes) {
  const auto read = broker::read_snapshot(mended(bytes));
  if (!read) return;
  const ByteVector written = broker::write_snapshot(*read, Timestamp{0});
  const auto again = broker::read_snapshot(written);
  check(again && *again == *read);
}

void checkpoints(Bytes bytes) {
  const std::string_view text = as_text(bytes);
  if (const auto read = logs::parse_offsets(text)) {
    check(testing::gives(logs::parse_offsets(logs::print_offsets(*read)), *read));
  }
  if (const auto read = logs::parse_epochs(text)) {
    check(testing::gives(logs::parse_epochs(logs::print_epochs(*read)), *read));
    const logs::Epochs epochs(*read);
    check(std::ranges::is_sorted(epochs.entries(), {}, &logs::EpochStart::epoch));
    check(std::ranges::is_sorted(epochs.entries(), {}, &logs::EpochStart::start));
  }
  if (const auto read = logs::parse_partition_metadata(text)) {
    check(testing::gives(logs::parse_partition_metadata(logs::print_partition_metadata(*read)),
                         *read));
  }
  if (const auto read = logs::parse_meta_properties(text)) {
    check(testing::gives(logs::parse_meta_properties(logs::print_meta_properties(*read)), *read));
  }
}

void indexes(Bytes bytes) {
  if (const auto entries = logs::decode_offset_index(bytes, UINT32_MAX)) {
    check(std::ranges::is_sorted(*entries, {}, &logs::OffsetEntry::offset));
    check(std::ranges::is_sorted(*entries, {}, &logs::OffsetEntry::position));
    check(logs::decode_offset_index(logs::encode_all(*entries), UINT32_MAX) == *entries);
    for (const logs::OffsetEntry& entry : *entries) {
      check(logs::floor_offset(*entries, entry.offset) == entry);
      check(logs::floor_position(*entries, entry.position) == entry);
    }
  }
  if (const auto entries = logs::decode_time_index(bytes)) {
    check(std::ranges::is_sorted(*entries, {}, &logs::TimeEntry::offset));
    check(logs::decode_time_index(logs::encode_all(*entries)) == *entries);
  }
  constexpr Offset kEnd{INT64_MAX};
  if (const auto entries = logs::decode_aborted(bytes, Offset{0}, kEnd)) {
    check(logs::decode_aborted(logs::encode_aborted(*entries), Offset{0}, kEnd) == *entries);
    for (const logs::AbortedTxn& entry : *entries) {
      std::vector<logs::AbortedTxn> found;
      logs::add_aborted(*entries, entry.last, kEnd, found);
      check(!found.empty() && found.front() == entry);
    }
  }
}

// A log's batches and markers: what is known of producers goes through a snapshot unchanged.
void transactions(Bytes bytes) {
  txn::Producers read;
  wire::BatchScratch scratch;
  const ByteVector batches = mended(bytes);
  for (Bytes rest = batches; rest.size() >= wire::kBatchOverhead;) {
    const auto header = wire::peek_batch(rest);
    if (!header || !*header || (*header)->size() > rest.size()) break;
    if (!txn::replay(read, **header, rest.first((*header)->size()), scratch)) break;
    rest = rest.subspan((*header)->size());
  }
  (void)txn::decode_snapshot(txn::encode_snapshot(read));
}

void names(Bytes bytes) {
  const std::string_view text = as_text(bytes);
  const logs::FileName file = logs::parse_file_name(text);
  if (file.kind < logs::FileKind::LeftOver) {
    check(logs::parse_file_name(logs::file_name(file.kind, file.base)) == file);
  }
  if (const auto partition = logs::parse_partition_folder(text)) {
    check(logs::parse_partition_folder(logs::partition_folder(*partition)) == partition);
  }
  if (const auto snapshot = broker::parse_snapshot_name(text)) {
    check(broker::parse_snapshot_name(broker::to_text(*snapshot)) == snapshot);
  }
  (void)logs::is_deleted_folder(text);
}

constexpr std::array kKinds{&producers,   &group_record, &group_log, &metadata_snapshot,
                            &checkpoints, &indexes,      &names,     &transactions,
                            &share_record};

}  // namespace

// The first byte chooses what the rest is taken for.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  kKinds[data[0] % kKinds.size()](std::as_bytes(std::span(data + 1, size - 1)));
  return 0;
}
