// A metadata snapshot as a file: a batch with a header record, batches of metadata records, and a
// batch with a footer record, whose absence tells a file that was not finished. The format is that
// of Apache Kafka, whose tools read these files.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "cluster/record.h"

namespace broker {

// Nobody else can lead the log of a node that runs alone: its epoch never changes. A log that was
// begun by Apache Kafka goes on in the last epoch that it had there.
inline constexpr LeaderEpoch kMetadataEpoch{1};

// "00000000000000000042-0000000001.checkpoint": what the snapshot holds ends before offset 42.
struct SnapshotName {
  Offset end;
  LeaderEpoch epoch = kMetadataEpoch;
  auto operator<=>(const SnapshotName&) const = default;
};
std::string to_text(const SnapshotName& name);
std::optional<SnapshotName> parse_snapshot_name(std::string_view name);

// What the log says of its own quorum since voters can change there (KIP-853): control records, as
// they came. A node that runs alone has no use for them; they are kept for whoever takes the folder
// over, who could not tell the voters without.
struct QuorumNotes {
  std::optional<ByteVector> kraft_version = {};
  std::optional<ByteVector> voters = {};
  bool operator==(const QuorumNotes&) const = default;
};
// Takes up what the control records of a batch say, from offset `from` on.
Result<void> take_notes(QuorumNotes& notes, Bytes batch, Offset from);

struct Snapshot {
  std::vector<cluster::Record> records = {};
  QuorumNotes quorum = {};
  bool operator==(const Snapshot&) const = default;
};
ByteVector write_snapshot(const Snapshot& snapshot, Timestamp last_record);
Result<Snapshot> read_snapshot(Bytes file);

// One batch of metadata records, at offset 0.
ByteVector metadata_batch(const std::vector<cluster::Record>& records, Timestamp now);
// The records of one batch from offset `from` on. Control records are not metadata.
Result<std::vector<cluster::Record>> read_metadata_batch(Bytes batch, Offset from);

}  // namespace broker
