#include "share/share_partition.h"

#include <limits>

#include "base/probe.h"

namespace share {
namespace {

const Fate kFresh{};

bool is_free(const Fate& fate) { return fate.state == RecordState::Available && !fate.settling; }

// What visits give for a gap.
const Fate& fate_of(const Fate* fate) { return fate ? *fate : kFresh; }

void give(SharePartition& partition, Range range, Fate fate) {
  if (range.last < partition.start) return;
  range.first = std::max(range.first, partition.start);
  partition.runs.set(range, std::move(fate));
}

// How many records of the range are done with.
std::int64_t done_in(const SharePartition& partition, Range range) {
  std::int64_t done = 0;
  if (range.last < range.first) return done;
  partition.runs.visit(range, [&](Range piece, const Fate* fate) {
    if (is_done(fate_of(fate).state)) done += length(piece);
    return true;
  });
  return done;
}

void move_start(SharePartition& partition, Offset to) {
  partition.complete -= done_in(partition, {partition.start, before(to)});
  partition.start = to;
  partition.runs.cut_below(to);
}

// Where the start belongs: after all at the front that is done with, or will be by `settled`.
Offset start_after(const SharePartition& partition, const Runs<RecordState>& settled) {
  Offset start = partition.start;
  if (partition.runs.empty()) return start;
  const auto passes = [&](Range range, const Fate* fate) {
    if (is_done(fate_of(fate).state)) return start = after(range.last), true;
    bool all = true;
    settled.visit(range, [&](Range piece, const RecordState* state) {
      all = state && is_done(*state);
      if (all) start = after(piece.last);
      return all;
    });
    return all;
  };
  partition.runs.visit({start, partition.runs.last()}, passes);
  return start;
}

// --- Acquiring ---

// The last offset of the batch that holds the offset, or the offset itself between batches.
Offset end_of_batch(const std::vector<Range>& batches, Offset offset) {
  const auto at = std::ranges::lower_bound(batches, offset, {}, &Range::last);
  return at != batches.end() && at->first <= offset ? at->last : offset;
}

// Cuts a range where a batch begins, once it has batch_size records.
void add_by_batches(std::vector<AcquiredRange>& out, AcquiredRange acquired, const Acquire& wish) {
  Range& rest = acquired.range;
  if (wish.batch_size > 0 && length(rest) > wish.batch_size) {
    auto at = std::ranges::upper_bound(wish.batches, rest.first, {}, &Range::first);
    for (; at != wish.batches.end() && at->first <= rest.last; ++at) {
      const Range piece{rest.first, before(at->first)};
      if (length(piece) < wish.batch_size) continue;
      out.push_back({piece, acquired.delivery_count});
      rest.first = at->first;
    }
  }
  out.push_back(acquired);
}

std::int16_t one_more(std::int16_t count) {
  return count == std::numeric_limits<std::int16_t>::max() ? count
                                                           : static_cast<std::int16_t>(count + 1);
}

// Records that came back often may be what their members die of: as in Kafka they go apart from
// others, fewer with each delivery, and for the last time each alone.
int suspect_from(const Limits& limits) { return std::max(2, (limits.most_deliveries + 1) / 2); }
std::int64_t most_at_once(std::int64_t at_hand, const Fate& fate, const Limits& limits) {
  if (limits.most_deliveries > 2 && fate.delivery_count >= limits.most_deliveries - 1) return 1;
  const int halvings = std::min(fate.delivery_count - suspect_from(limits) + 1, 62);
  return std::max<std::int64_t>(1, at_hand >> halvings);
}

void add(std::vector<AcquiredRange>& ranges, Range range, const Fate& fate) {
  const std::int16_t count = one_more(fate.delivery_count);
  if (!ranges.empty() && after(ranges.back().range.last) == range.first &&
      ranges.back().delivery_count == count) {
    ranges.back().range.last = range.last;
  } else {
    ranges.push_back({range, count});
  }
}

// --- Giving back ---

Result<void> check_shape(const std::vector<AcknowledgeBatch>& batches, bool may_renew) {
  const auto most =
      static_cast<std::int8_t>(may_renew ? AcknowledgeType::Renew : AcknowledgeType::Reject);
  Offset previous{-1};
  for (const AcknowledgeBatch& batch : batches) {
    const Range range = batch.range;
    if (range.first <= previous || range.last < range.first) {
      return fail(ErrorCode::InvalidRequest, "acknowledgements must ascend and not overlap");
    }
    const auto types = static_cast<std::int64_t>(batch.types.size());
    if (types == 0 || (types > 1 && types != length(range))) {
      return fail(ErrorCode::InvalidRequest,
                  "an acknowledgement takes one type for all its records, or one for each");
    }
    const bool known = std::ranges::all_of(
        batch.types, [most](std::int8_t type) { return type >= 0 && type <= most; });
    if (!known) return fail(ErrorCode::InvalidRequest, "no such type of acknowledgement");
    previous = range.last;
  }
  return {};
}

RecordState freed(std::int16_t deliveries, const Limits& limits) {
  if (deliveries < limits.most_deliveries) return RecordState::Available;
  probe::reached<"share: a record given up after too many deliveries">();
  return RecordState::Archived;
}

void settle(Change& change, Range range, RecordState state, std::int16_t deliveries) {
  if (!change.settled.empty()) {
    StateBatch& last = change.settled.back();
    if (after(last.range.last) == range.first && last.state == state &&
        last.delivery_count == deliveries) {
      last.range.last = range.last;
      return;
    }
  }
  change.settled.push_back({range, state, deliveries});
}

void acknowledge(Change& change, Range range, AcknowledgeType type, const Fate& fate,
                 const Limits& limits) {
  switch (type) {
    case AcknowledgeType::Accept:
      return settle(change, range, RecordState::Acknowledged, fate.delivery_count);
    case AcknowledgeType::Release:
      return settle(change, range, freed(fate.delivery_count, limits), fate.delivery_count);
    case AcknowledgeType::Gap:
    case AcknowledgeType::Reject:
      return settle(change, range, RecordState::Archived, fate.delivery_count);
    case AcknowledgeType::Renew:
      change.renewed.push_back(range);
  }
}

// A piece of one fate, with the types of its records.
void acknowledge_each(Change& change, Range piece, const AcknowledgeBatch& batch, const Fate& fate,
                      const Limits& limits) {
  if (batch.types.size() == 1) {
    return acknowledge(change, piece, AcknowledgeType{batch.types[0]}, fate, limits);
  }
  for (Offset at = piece.first; at <= piece.last; at = after(at)) {
    const auto index = static_cast<std::size_t>(at.value - batch.range.first.value);
    acknowledge(change, {at, at}, AcknowledgeType{batch.types[index]}, fate, limits);
  }
}

Result<void> acknowledge_batch(Change& change, const SharePartition& partition,
                               const MemberId& member, const AcknowledgeBatch& batch,
                               const Limits& limits) {
  if (batch.range.last < partition.start) return {};  // Done with, whoever did it.
  if (batch.range.last >= partition.end()) {
    return fail(ErrorCode::InvalidRequest, "acknowledged beyond what was acquired");
  }
  bool owned = true;
  const Range range{std::max(batch.range.first, partition.start), batch.range.last};
  partition.runs.visit(range, [&](Range piece, const Fate* known) {
    const Fate& fate = fate_of(known);
    const bool members =
        fate.member == member || probe::planted<"anyone may acknowledge a record">();
    owned = fate.state == RecordState::Acquired && members && !fate.settling;
    if (owned) acknowledge_each(change, piece, batch, fate, limits);
    return owned;
  });
  if (owned) return {};
  return fail(ErrorCode::InvalidRecordState, "a record is not (or no longer) the member's");
}

template <class Wanted>
Change free_all(const SharePartition& partition, const Limits& limits, Wanted wanted) {
  Change change;
  partition.runs.each([&](Range range, const Fate& fate) {
    if (fate.state != RecordState::Acquired || fate.settling || !wanted(fate)) return;
    settle(change, range, freed(fate.delivery_count, limits), fate.delivery_count);
  });
  return change;
}

}  // namespace

SharePartition restore(const Stored& stored) {
  SharePartition partition{.start = stored.start, .state_epoch = stored.state_epoch};
  stored.deliveries.each([&](Range range, const Delivery& delivery) {
    give(partition, range, {.state = delivery.state, .delivery_count = delivery.count});
    if (is_done(delivery.state)) partition.complete += length(range);
  });
  move_start(partition, start_after(partition, {}));
  return partition;
}

Offset next_offset(const SharePartition& partition) {
  Offset next = partition.end();
  if (partition.runs.empty()) return next;
  partition.runs.visit({partition.start, partition.runs.last()},
                       [&](Range range, const Fate* fate) {
                         const bool found = is_free(fate_of(fate));
                         if (found) next = range.first;
                         return !found;
                       });
  return next;
}

bool has_room(const SharePartition& partition, const Limits& limits) {
  return partition.end().value - partition.start.value < limits.most_locks ||
         next_offset(partition) < partition.end();
}

void skip_gaps(SharePartition& partition, Offset from, const std::vector<Range>& batches,
               Offset to) {
  std::vector<Range> gone;
  Offset next = std::max(from, partition.start);
  const auto pass_to = [&](Offset end) {
    if (end <= next) return;
    partition.runs.visit({next, before(end)}, [&](Range piece, const Fate* fate) {
      if (is_free(fate_of(fate))) gone.push_back(piece);
      return true;
    });
  };
  for (const Range& batch : batches) {
    pass_to(batch.first);
    next = std::max(next, after(batch.last));
  }
  pass_to(to);
  for (const Range& range : gone) {
    give(partition, range, {.state = RecordState::Archived});
    partition.complete += length(range);
  }
  move_start(partition, start_after(partition, {}));
}

std::vector<AcquiredRange> decide_acquire(const SharePartition& partition, const Acquire& wish,
                                          const Limits& limits) {
  std::vector<AcquiredRange> ranges;
  if (wish.batches.empty()) return ranges;
  Offset first = std::max(partition.start, wish.batches.front().first);
  Offset last = wish.batches.back().last;
  std::int64_t most = wish.most_records;
  const std::int64_t room = limits.most_locks - (partition.end().value - partition.start.value);
  if (room > 0) {
    most = std::min(most, room);
  } else {
    last = std::min(last, before(partition.end()));
  }
  if (first > last || most <= 0) return ranges;

  std::int64_t count = 0;
  partition.runs.visit({first, last}, [&](Range piece, const Fate* known) {
    if (piece.first > last) return false;
    piece.last = std::min(piece.last, last);
    const Fate& fate = fate_of(known);
    if (!is_free(fate)) return true;
    if (fate.delivery_count >= suspect_from(limits)) {
      if (count > 0) return false;
      const std::int64_t some = most_at_once(std::min(length(piece), most), fate, limits);
      add(ranges, {piece.first, Offset{piece.first.value + some - 1}}, fate);
      return false;
    }
    if (count + length(piece) >= most && count < most) {
      const Offset reached{piece.first.value + (most - count) - 1};
      last = wish.exactly ? reached : std::min(last, end_of_batch(wish.batches, reached));
      piece.last = std::min(piece.last, last);
    }
    count += length(piece);
    add(ranges, piece, fate);
    return true;
  });
  std::vector<AcquiredRange> cut;
  for (const AcquiredRange& acquired : ranges) add_by_batches(cut, acquired, wish);
  return cut;
}

void acquire(SharePartition& partition, const MemberId& member,
             const std::vector<AcquiredRange>& ranges, Instant locked_until) {
  for (const AcquiredRange& acquired : ranges) {
    give(partition, acquired.range,
         {.state = RecordState::Acquired,
          .delivery_count = acquired.delivery_count,
          .member = member,
          .locked_until = locked_until});
  }
}

Result<Change> decide_acknowledge(const SharePartition& partition, const MemberId& member,
                                  const std::vector<AcknowledgeBatch>& batches, bool may_renew,
                                  const Limits& limits) {
  TRY_VOID(check_shape(batches, may_renew));
  Change change;
  for (const AcknowledgeBatch& batch : batches) {
    TRY_VOID(acknowledge_batch(change, partition, member, batch, limits));
  }
  return change;
}

Change decide_release(const SharePartition& partition, const MemberId& member,
                      const Limits& limits) {
  return free_all(partition, limits, [&](const Fate& fate) { return fate.member == member; });
}

Change decide_expiry(const SharePartition& partition, const Limits& limits, Instant now) {
  return free_all(partition, limits, [&](const Fate& fate) { return fate.locked_until <= now; });
}

std::optional<Instant> next_expiry(const SharePartition& partition) {
  std::optional<Instant> next;
  partition.runs.each([&](Range, const Fate& fate) {
    if (fate.state != RecordState::Acquired || fate.settling) return;
    if (!next || fate.locked_until < *next) next = fate.locked_until;
  });
  return next;
}

Write to_write(const SharePartition& partition, const Change& change) {
  Runs<RecordState> settled;
  for (const StateBatch& batch : change.settled) settled.set(batch.range, batch.state);
  const Offset start = start_after(partition, settled);
  Write write{.state_epoch = partition.state_epoch, .start = start};
  std::int64_t complete = partition.complete - done_in(partition, {partition.start, before(start)});
  for (StateBatch batch : change.settled) {
    if (batch.range.last < start) continue;
    batch.range.first = std::max(batch.range.first, start);
    if (is_done(batch.state)) complete += length(batch.range);
    write.batches.push_back(batch);
  }
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  write.complete = static_cast<std::int32_t>(std::min(complete, kMost));
  return write;
}

void begin(SharePartition& partition, const Change& change, Instant locked_until) {
  std::vector<std::pair<Range, Fate>> moved;
  const auto note = [&](Range range, auto become) {
    range.first = std::max(range.first, partition.start);
    if (range.last < range.first) return;
    partition.runs.visit(range, [&](Range piece, const Fate* known) {
      Fate fate = fate_of(known);
      become(fate);
      moved.emplace_back(piece, std::move(fate));
      return true;
    });
  };
  for (const StateBatch& batch : change.settled) {
    note(batch.range, [](Fate& fate) { fate.settling = true; });
  }
  for (const Range& range : change.renewed) {
    note(range, [&](Fate& fate) { fate.locked_until = locked_until; });
  }
  for (auto& [range, fate] : moved) give(partition, range, std::move(fate));
}

void finish(SharePartition& partition, const Change& change) {
  for (const StateBatch& batch : change.settled) {
    Range range = batch.range;
    range.first = std::max(range.first, partition.start);
    if (range.last < range.first) continue;
    if (is_done(batch.state)) partition.complete += length(range);
    give(partition, range, {.state = batch.state, .delivery_count = batch.delivery_count});
  }
  move_start(partition, start_after(partition, {}));
}

void undo(SharePartition& partition, const Change& change) {
  std::vector<std::pair<Range, Fate>> moved;
  for (const StateBatch& batch : change.settled) {
    const Range range{std::max(batch.range.first, partition.start), batch.range.last};
    if (range.last < range.first) continue;
    partition.runs.visit(range, [&](Range piece, const Fate* known) {
      Fate fate = fate_of(known);
      fate.settling = false;
      moved.emplace_back(piece, std::move(fate));
      return true;
    });
  }
  for (auto& [range, fate] : moved) give(partition, range, std::move(fate));
}

void forget_below(SharePartition& partition, Offset log_start) {
  if (log_start <= partition.start) return;
  move_start(partition, log_start);
  move_start(partition, start_after(partition, {}));
}

}  // namespace share
