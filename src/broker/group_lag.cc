#include "broker/group_lag.h"

#include <algorithm>
#include <map>
#include <optional>

#include "broker/coordinator.h"
#include "cluster/image.h"

namespace broker {
namespace {

struct Reached {
  TopicId topic;
  PartitionIndex index;
  Offset committed;
};

// Of several partitions together.
struct Behind {
  std::int64_t records = 0;
  std::optional<Timestamp> oldest = {};  // Of the records not committed.

  void add(const Behind& other) {
    records += other.records;
    if (other.oldest && (!oldest || *other.oldest < *oldest)) oldest = other.oldest;
  }
};

// When the batch that holds `from` was written, as its records say. Nothing where it cannot be
// read: the metrics are no place to complain of that.
env::Task<std::optional<Timestamp>> time_at(Partition& partition, Offset from, Offset upper) {
  const auto slice = co_await partition.log().read(from, 1, upper);
  if (!slice || slice->runs.empty()) co_return std::nullopt;
  const env::FileRange& run = slice->runs.front();
  ByteVector bytes(wire::kBatchOverhead);
  const auto got = co_await run.file->read(run.offset, bytes);
  if (!got || *got < bytes.size()) co_return std::nullopt;
  const auto header = wire::peek_batch(bytes);
  if (!header || !*header) co_return std::nullopt;
  const Timestamp time = (*header)->timestamp_type == wire::TimestampType::LogAppendTime
                             ? (*header)->max_timestamp
                             : (*header)->base_timestamp;
  co_return time.value >= 0 ? std::optional(time) : std::nullopt;
}

env::Task<Behind> how_far(Engine& owner, std::vector<Reached> reached) {
  Behind all;
  for (const Reached& one : reached) {
    const std::shared_ptr<Partition> partition = owner.find(one.topic, one.index);
    if (!partition) continue;
    const Offset end = partition->high_watermark();
    const Offset from = std::max(one.committed, partition->log_start());
    if (from >= end) continue;
    const std::optional<Timestamp> oldest = co_await time_at(*partition, from, end);
    all.add({end.value - from.value, oldest});
  }
  co_return all;
}

using ByOwner = std::map<Engine*, std::vector<Reached>>;

ByOwner by_owner(const Node& node, const cluster::Image& image, const group::Offsets& offsets) {
  ByOwner owners;
  for (const auto& [name, partitions] : offsets) {
    const cluster::Topic* const topic = image.find(name);
    if (!topic) continue;
    for (const auto& [index, committed] : partitions) {
      owners[&node.owner_of(topic->id, index)].push_back({topic->id, index, committed.offset});
    }
  }
  return owners;
}

env::Task<void> look_at_group(Engine& engine, GroupId id) {
  const auto standing = engine.groups().standing(id);
  if (!standing) co_return;
  Behind behind;
  for (auto& entry : by_owner(engine.node(), *engine.image(), standing->offsets)) {
    Engine* const owner = entry.first;
    const Behind some = co_await env::ask<Behind>(
        engine.shard(), owner->shard(),
        [owner, reached = entry.second] { return how_far(*owner, reached); });
    behind.add(some);
  }
  GroupFigures* const figures = engine.groups().notes().figures(id);
  if (!figures) co_return;
  figures->members = standing->members;
  figures->unowned = standing->unowned;
  figures->lag = behind.records;
  const Timestamp now = engine.shard().wall();
  figures->behind =
      behind.oldest ? std::max(Millis{0}, Millis{now.value - behind.oldest->value}) : Millis{0};
}

}  // namespace

env::Task<void> look_at_groups(Engine& engine) {
  const std::vector<GroupId> chosen = engine.groups().choose_for_series();
  for (const GroupId& id : chosen) {
    if (engine.stopping()) co_return;
    co_await look_at_group(engine, id);
  }
}

}  // namespace broker
