#include "share/state.h"

#include <algorithm>

namespace share {
namespace {

void merge(Runs<Delivery>& into, const std::vector<StateBatch>& batches) {
  for (const StateBatch& batch : batches) {
    const Delivery said{batch.delivery_count, batch.state};
    std::vector<Range> newer;
    into.visit(batch.range, [&](Range range, const Delivery* known) {
      if (!known || *known < said) newer.push_back(range);
      return true;
    });
    for (const Range& range : newer) into.set(range, said);
  }
}

Stored merged(Stored stored, const Update& update) {
  if (update.start != kNoStart) stored.start = update.start;
  if (update.leader_epoch != kNoLeaderEpoch) stored.leader_epoch = update.leader_epoch;
  stored.complete = update.complete;
  merge(stored.deliveries, update.batches);
  if (stored.start != kNoStart) stored.deliveries.cut_below(stored.start);
  return stored;
}

Result<void> check_batches(const std::vector<StateBatch>& batches) {
  for (const StateBatch& batch : batches) {
    if (batch.range.first < Offset{0} || batch.range.last < batch.range.first ||
        batch.range.last.value == INT64_MAX || batch.delivery_count < 0 ||
        batch.state == RecordState::Acquired) {
      return fail(ErrorCode::InvalidRequest, "a batch of share group state makes no sense");
    }
  }
  return {};
}

Snapshot snapshot_of(const Key& key, Stored stored, Timestamp now) {
  stored.snapshot_epoch += 1;
  stored.written = now;
  stored.updates = 0;
  return {key, std::move(stored)};
}

// An update, or a snapshot when there have been enough updates.
Record next_record(const Key& key, const Stored& stored, const Write& write,
                   std::int32_t updates_per_snapshot, Timestamp now) {
  Update update{.key = key,
                .snapshot_epoch = stored.snapshot_epoch,
                .leader_epoch = write.leader_epoch,
                .start = write.start,
                .complete = write.complete,
                .batches = write.batches};
  const bool new_epoch =
      write.state_epoch > stored.state_epoch;  // Only snapshots have room for it.
  if (stored.updates < updates_per_snapshot && !new_epoch) return update;
  Stored next = merged(stored, update);
  next.state_epoch = std::max(stored.state_epoch, write.state_epoch);
  next.created = now;
  return snapshot_of(key, std::move(next), now);
}

}  // namespace

const Stored* State::find(const Key& key) const {
  const auto at = by_key.find(key);
  return at == by_key.end() ? nullptr : &at->second;
}

std::vector<StateBatch> batches_of(const Runs<Delivery>& deliveries) {
  std::vector<StateBatch> batches;
  batches.reserve(deliveries.size());
  deliveries.each([&](Range range, const Delivery& delivery) {
    batches.push_back({range, delivery.state, delivery.count});
  });
  return batches;
}

void apply(State& state, const Record& record) {
  std::visit(overloaded{
                 [&](const Snapshot& r) { state.by_key[r.key] = r.stored; },
                 [&](const Update& r) {
                   // A snapshot that was cut away together with what it replaced: nothing to add
                   // to.
                   Stored& stored = state.by_key[r.key];
                   stored = merged(std::move(stored), r);
                   stored.snapshot_epoch = r.snapshot_epoch;
                   ++stored.updates;
                 },
                 [&](const Dropped& r) { state.by_key.erase(r.key); },
             },
             record);
}

Result<Record> decide_initialize(const State& state, const Key& key, const Initialize& wish,
                                 Timestamp now) {
  const Stored* stored = state.find(key);
  if (stored && stored->state_epoch > wish.state_epoch) {
    return fail(ErrorCode::FencedStateEpoch, "the share partition has a newer state epoch");
  }
  if (wish.start < kNoStart) {
    return fail(ErrorCode::InvalidRequest, "a share partition cannot start below offset 0");
  }
  return Snapshot{key, Stored{.snapshot_epoch = stored ? stored->snapshot_epoch + 1 : 0,
                              .state_epoch = wish.state_epoch,
                              .start = wish.start,
                              .complete = wish.start == kNoStart ? -1 : 0,
                              .created = now,
                              .written = now}};
}

Result<Record> decide_write(const State& state, const Key& key, const Write& write,
                            std::int32_t updates_per_snapshot, Timestamp now) {
  const Stored* stored = state.find(key);
  if (!stored) {
    return fail(ErrorCode::InvalidRequest, "the share partition was not initialized");
  }
  if (write.leader_epoch != kNoLeaderEpoch && stored->leader_epoch > write.leader_epoch) {
    return fail(ErrorCode::FencedLeaderEpoch, "a newer leader has read the share partition");
  }
  if (write.state_epoch != -1 && stored->state_epoch > write.state_epoch) {
    return fail(ErrorCode::FencedStateEpoch, "the share partition has a newer state epoch");
  }
  TRY_VOID(check_batches(write.batches));
  return next_record(key, *stored, write, updates_per_snapshot, now);
}

Result<std::optional<Record>> decide_read(const State& state, const Key& key, LeaderEpoch leader,
                                          std::int32_t updates_per_snapshot, Timestamp now) {
  const Stored* stored = state.find(key);
  if (!stored) {
    return fail(ErrorCode::InvalidRequest, "the share partition was not initialized");
  }
  if (leader == kNoLeaderEpoch || leader == stored->leader_epoch) return std::nullopt;
  if (stored->leader_epoch > leader) {
    return fail(ErrorCode::FencedLeaderEpoch, "a newer leader has read the share partition");
  }
  const Write takeover{.leader_epoch = leader, .complete = stored->complete};
  return next_record(key, *stored, takeover, updates_per_snapshot, now);
}

std::optional<Record> decide_snapshot(const State& state, const Key& key, Timestamp now) {
  const Stored* stored = state.find(key);
  if (!stored) return std::nullopt;
  return snapshot_of(key, *stored, now);
}

std::optional<Record> decide_delete(const State& state, const Key& key) {
  if (!state.find(key)) return std::nullopt;
  return Dropped{key};
}

}  // namespace share
