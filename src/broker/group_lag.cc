#include "broker/group_lag.h"

#include <algorithm>
#include <map>
#include <optional>

#include "broker/at_share_state.h"
#include "broker/coordinator.h"
#include "cluster/image.h"

namespace broker {
namespace {

struct Reached {
  TopicId topic;
  PartitionIndex index;
  Offset committed;             // Of a share group: its start.
  std::int64_t done_above = 0;  // Records that a share group is done with out of order.
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
    const std::int64_t records = end.value - from.value - one.done_above;
    all.add({std::max<std::int64_t>(0, records), oldest});
  }
  co_return all;
}

std::vector<Reached> reached_by(const group::Offsets& offsets, const cluster::Image& image) {
  std::vector<Reached> all;
  for (const auto& [name, partitions] : offsets) {
    const cluster::Topic* const topic = image.find(name);
    if (!topic) continue;
    for (const auto& [index, committed] : partitions) {
      all.push_back({topic->id, index, committed.offset});
    }
  }
  return all;
}

// What the share coordinator does not tell, or nobody has begun to read, is left out.
env::Task<std::vector<Reached>> reached_by_share(Engine& engine, GroupId group,
                                                 group::Assigned shared) {
  std::vector<Reached> all;
  for (const auto& [topic, partitions] : shared) {
    for (const PartitionIndex index : partitions) {
      const share::Key key{group, topic, index};
      const Result<share::Stored> stored = co_await at_share_state<share::Stored>(
          engine, key, [key](ShareCoordinator& state) { return state.summarize(key); });
      if (!stored || stored->start == share::kNoStart) continue;
      all.push_back({topic, index, stored->start, std::max(stored->complete, 0)});
    }
  }
  co_return all;
}

using ByOwner = std::map<Engine*, std::vector<Reached>>;

ByOwner by_owner(const Node& node, const std::vector<Reached>& reached) {
  ByOwner owners;
  for (const Reached& one : reached) {
    owners[&node.owner_of(one.topic, one.index)].push_back(one);
  }
  return owners;
}

env::Task<void> look_at_group(Engine& engine, GroupId id) {
  const auto standing = engine.groups().standing(id);
  if (!standing) co_return;
  std::vector<Reached> reached = co_await reached_by_share(engine, id, standing->shared);
  const std::vector<Reached> committed = reached_by(standing->offsets, *engine.image());
  reached.insert(reached.end(), committed.begin(), committed.end());
  Behind behind;
  for (auto& entry : by_owner(engine.node(), reached)) {
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
