// What the share coordinator keeps of share partitions in the log `__share_group_state`: Kafka's
// own keys and values, and what may be written over what. A snapshot stands for all before it of
// its key; an update adds to the snapshot whose epoch it names.
//
//   decide_*  read the state and a wish, and say which record it takes, if any.
//   apply     is the only code that changes the state, live and when the log is read back.
//
// Two epochs lock out those who are late: the leader epoch a former leader of the partition, the
// state epoch a leader that has not heard that the group's offsets were reset.
#pragma once
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "share/runs.h"
#include "wire/coordinator_record.h"

namespace share {

enum class RecordState : std::int8_t {
  Available = 0,
  Acquired = 1,
  Acknowledged = 2,
  Archived = 4
};
inline bool is_done(RecordState state) {
  return state == RecordState::Acknowledged || state == RecordState::Archived;
}

// How records stand that lie next to each other.
struct StateBatch {
  Range range;
  RecordState state = RecordState::Available;
  std::int16_t delivery_count = 0;
  bool operator==(const StateBatch&) const = default;
};

// The same without where. The greater of two that were said of a record is the later one: it was
// delivered more often, or is further on its way.
struct Delivery {
  std::int16_t count = 0;
  RecordState state = RecordState::Available;
  auto operator<=>(const Delivery&) const = default;
};

struct Key {
  GroupId group;
  TopicId topic;
  PartitionIndex partition;
  auto operator<=>(const Key&) const = default;
};

inline constexpr Offset kNoStart{-1};  // The leader decides where to begin.

struct Stored {
  std::int32_t snapshot_epoch = 0;
  std::int32_t state_epoch = 0;
  LeaderEpoch leader_epoch{0};
  Offset start = kNoStart;
  std::int32_t complete = -1;  // Records from the start on that are done with; -1: nobody said.
  Timestamp created{0};
  Timestamp written{0};
  Runs<Delivery> deliveries = {};
  std::int32_t updates = 0;  // Since the snapshot.
  bool operator==(const Stored&) const = default;
};
std::vector<StateBatch> batches_of(const Runs<Delivery>& deliveries);

struct Snapshot {
  Key key;
  Stored stored;
  bool operator==(const Snapshot&) const = default;
};
struct Update {
  Key key;
  std::int32_t snapshot_epoch = 0;
  LeaderEpoch leader_epoch{-1};  // -1 here and below: as before.
  Offset start = kNoStart;
  std::int32_t complete = -1;
  std::vector<StateBatch> batches = {};
  bool operator==(const Update&) const = default;
};
struct Dropped {
  Key key;
  bool operator==(const Dropped&) const = default;
};
using Record = std::variant<Snapshot, Update, Dropped>;

struct State {
  std::map<Key, Stored> by_key = {};
  const Stored* find(const Key& key) const;
  bool operator==(const State&) const = default;
};

void apply(State& state, const Record& record);

// Begins the state anew; `start` may be kNoStart. FencedStateEpoch.
struct Initialize {
  std::int32_t state_epoch = 0;
  Offset start = kNoStart;
};
Result<Record> decide_initialize(const State& state, const Key& key, const Initialize& wish,
                                 Timestamp now);

struct Write {
  std::int32_t state_epoch = -1;
  LeaderEpoch leader_epoch{-1};
  Offset start = kNoStart;
  std::int32_t complete = -1;
  std::vector<StateBatch> batches = {};
};
// InvalidRequest where nothing was initialized, or batches make no sense; FencedLeaderEpoch,
// FencedStateEpoch.
Result<Record> decide_write(const State& state, const Key& key, const Write& write,
                            std::int32_t updates_per_snapshot, Timestamp now);

// A new leader takes over: nothing where it is the leader already. InvalidRequest where nothing was
// initialized, FencedLeaderEpoch.
Result<std::optional<Record>> decide_read(const State& state, const Key& key, LeaderEpoch leader,
                                          std::int32_t updates_per_snapshot, Timestamp now);
// The same state once more, so that what came before in the log can go. Nothing where there is
// nothing, here and below.
std::optional<Record> decide_snapshot(const State& state, const Key& key, Timestamp now);
std::optional<Record> decide_delete(const State& state, const Key& key);

using Encoded = wire::CoordinatorRecord;
Encoded encode(const Record& record);
// Nothing for keys of kinds that this version does not know. CorruptMessage.
Result<std::optional<Record>> decode(Bytes key, std::optional<Bytes> value);

}  // namespace share
