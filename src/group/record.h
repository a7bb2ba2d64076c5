// What coordinators keep of groups in the log `__consumer_offsets`: Kafka's own keys and values.
// The log is compacted by key, so each record stands for all before it with the same key, and a
// key without a value (a tombstone) says that the thing is gone.
#pragma once
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "group/consumer_record.h"
#include "group/share_record.h"
#include "group/terms.h"
#include "wire/coordinator_record.h"

namespace group {

// How far a group has got in a partition.
struct Committed {
  Offset offset;
  LeaderEpoch leader_epoch = kNoLeaderEpoch;
  std::string metadata = {};
  Timestamp at = kNoTimestamp;
  std::optional<Timestamp> expires = {};  // Only old clients choose how long.
  TopicId topic_id = {};                  // Zero where the writer did not know it.
  bool operator==(const Committed&) const = default;
};

struct StoredMember {
  MemberId id;
  std::optional<InstanceId> instance = {};
  std::string client_id = {};
  std::string client_host = {};
  Millis rebalance_timeout{};
  Millis session_timeout{};
  ByteVector subscription = {};  // Its metadata for the protocol that was selected.
  ByteVector assignment = {};
  bool operator==(const StoredMember&) const = default;
};

// A generation of a classic group, as the last leader's assignment left it.
struct StoredGeneration {
  std::string protocol_type = {};
  Generation generation;
  std::optional<std::string> protocol = {};
  std::optional<MemberId> leader = {};
  Timestamp since = kNoTimestamp;  // When the group took up its state.
  std::vector<StoredMember> members = {};
  bool operator==(const StoredGeneration&) const = default;
};

struct GroupStored {
  GroupId group;
  StoredGeneration generation;
  bool operator==(const GroupStored&) const = default;
};
struct GroupDropped {
  GroupId group;
  bool operator==(const GroupDropped&) const = default;
};
struct OffsetStored {
  GroupId group;
  TopicPartition partition;
  Committed committed;
  bool operator==(const OffsetStored&) const = default;
};
struct OffsetDropped {
  GroupId group;
  TopicPartition partition;
  bool operator==(const OffsetDropped&) const = default;
};
// Of a classic group, of offsets, and of the groups of the newer protocols (each in a file of its
// own).
using Record = std::variant<GroupStored, GroupDropped, OffsetStored, OffsetDropped, ConsumerRecord,
                            ShareRecord>;

const GroupId& group_of(const Record& record);

using Encoded = wire::CoordinatorRecord;
Encoded encode(const Record& record);

// Nothing for keys of kinds that this version does not know: newer brokers write them, and they are
// left alone. CorruptMessage for bytes that break the format of their kind.
Result<std::optional<Record>> decode(Bytes key, std::optional<Bytes> value);

}  // namespace group
