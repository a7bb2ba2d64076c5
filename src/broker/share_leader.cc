#include "broker/share_leader.h"

#include <algorithm>

#include "base/probe.h"
#include "broker/at_share_state.h"
#include "broker/engine.h"
#include "log/txn_index.h"
#include "observe/log.h"

namespace broker {
namespace {

using namespace std::chrono_literals;

// How often a share coordinator that is not up yet is asked again, and how long it is waited for.
constexpr Millis kRetry = 50ms;
constexpr int kMostRetries = 100;

Error over() {
  return {ErrorCode::NotLeaderOrFollower, "the share group's work on the partition begins anew"};
}

bool is_fatal(ErrorCode code) {
  return code == ErrorCode::FencedStateEpoch || code == ErrorCode::FencedLeaderEpoch ||
         code == ErrorCode::InvalidRequest;
}

bool is_aborted(const wire::BatchHeader& batch, const std::vector<logs::AbortedTxn>& aborted) {
  return batch.transactional && std::ranges::any_of(aborted, [&](const logs::AbortedTxn& txn) {
           return txn.producer == batch.producer_id && txn.first <= batch.base_offset &&
                  batch.base_offset <= txn.last;
         });
}

// All of it as one, in the order of offsets.
share::Change merged(const std::vector<share::StateBatch>& settled) {
  share::Change all{.settled = settled};
  std::ranges::sort(all.settled, {}, [](const share::StateBatch& b) { return b.range.first; });
  return all;
}

}  // namespace

ShareLeader::ShareLeader(Engine& engine, GroupId group, std::shared_ptr<Partition> partition)
    : engine_(engine),
      group_(std::move(group)),
      partition_(std::move(partition)),
      reads_(engine.shard()) {}

ShareLeader::~ShareLeader() { engine_.shard().cancel(expiry_); }

ShareOptions ShareLeader::options() const {
  return share_options(*engine_.image(), engine_.options(), group_);
}

share::Key ShareLeader::key() const {
  return {group_, partition_->name().id, partition_->name().index};
}

void ShareLeader::end() {
  ended_ = true;
  engine_.shard().cancel(std::exchange(expiry_, {}));
  watchers_.notify_all();
}

// --- Loading -------------------------------------------------------------------------------------

env::Task<Result<void>> ShareLeader::load() {
  CO_TRY(share::Stored stored, co_await read_state());
  if (stored.start != share::kNoStart) {
    probe::reached<"share: work taken up where it was">();
  } else {
    CO_TRY(stored.start, co_await first_start());
    // Written down at once: where a group begins must not change with a restart.
    CO_TRY_VOID(co_await write_state(
        {.state_epoch = stored.state_epoch, .start = stored.start, .complete = 0}));
  }
  state_ = share::restore(stored);
  co_return Result<void>{};
}

env::Task<Result<share::Stored>> ShareLeader::read_state() {
  const share::Key key = this->key();
  const LeaderEpoch epoch = partition_->epoch();
  for (int i = 0;; ++i) {
    Result<share::Stored> stored = co_await at_share_state<share::Stored>(
        engine_, key, [key, epoch](ShareCoordinator& state) { return state.read(key, epoch); });
    const bool away = !stored && is_coordinator_away(stored.error().code);
    if (!away || i == kMostRetries || engine_.stopping()) co_return stored;
    co_await engine_.shard().sleep(kRetry);
  }
}

// Where a group begins that has never read the partition.
env::Task<Result<Offset>> ShareLeader::first_start() {
  const ShareOptions wanted = options();
  const Offset end = partition_->high_watermark();
  if (wanted.reset.to == config::OffsetReset::To::Latest) co_return end;
  if (wanted.reset.to == config::OffsetReset::To::Earliest) co_return partition_->log_start();
  const Timestamp since{engine_.shard().wall().value - wanted.reset.duration.count()};
  CO_TRY(const std::optional<store::TimeFound> found,
         co_await partition_->log().find_by_time(since));
  co_return found ? std::min(found->offset, end) : end;
}

env::Task<Result<void>> ShareLeader::write_state(share::Write write) {
  const share::Key key = this->key();
  write.leader_epoch = partition_->epoch();
  for (int i = 0;; ++i) {
    Result<void> written = co_await at_share_state<void>(
        engine_, key, [key, write](ShareCoordinator& state) { return state.write(key, write); });
    const bool away = !written && is_coordinator_away(written.error().code);
    if (!away || i == kMostRetries || engine_.stopping()) co_return written;
    co_await engine_.shard().sleep(kRetry);
  }
}

// --- Acquiring -----------------------------------------------------------------------------------

env::Task<Result<ShareFound>> ShareLeader::fetch(ShareWish wish, std::shared_ptr<FetchWatch> watch,
                                                 std::size_t item) {
  const auto self = shared_from_this();
  const auto held = co_await reads_.lock();
  if (ended_) co_return fail(over());
  if (!state_) {
    const Result<void> loaded = co_await load();
    if (!loaded) {
      end();
      if (is_coordinator_away(loaded.error().code)) co_return ShareFound{};
      co_return fail(loaded.error());
    }
  }
  const Offset seen = partition_->high_watermark();
  Offset tried = share::next_offset(*state_);
  CO_TRY(ShareFound found, co_await acquire(wish));
  // What was at hand may be for nobody to read, and what comes after it not.
  while (found.ranges.empty() && share::next_offset(*state_) > tried) {
    tried = share::next_offset(*state_);
    CO_TRY(found, co_await acquire(wish));
  }
  if (found.ranges.empty() && watch) CO_TRY_VOID(co_await wait_for_more(seen, watch, item));
  co_return found;
}

env::Task<Result<ShareFound>> ShareLeader::acquire(ShareWish wish) {
  share::forget_below(*state_, partition_->log_start());
  const ShareOptions now = options();
  const Offset from = share::next_offset(*state_);
  const Offset upper =
      now.read_committed ? partition_->last_stable() : partition_->high_watermark();
  if (from >= upper || !share::has_room(*state_, now.limits)) co_return ShareFound{};

  CO_TRY(const store::ReadSlice near, co_await partition_->log().read(from, wish.max_bytes, upper));
  if (near.size == 0) co_return ShareFound{};
  CO_TRY(std::vector<share::Range> at_hand, co_await batches(from, near.next, now.read_committed));
  share::Acquire acquire{.member = wish.member,
                         .batches = std::move(at_hand),
                         .most_records = wish.most_records,
                         .batch_size = wish.batch_size,
                         .exactly = wish.exactly};
  share::skip_gaps(*state_, from, acquire.batches, near.next);
  const auto likely = share::decide_acquire(*state_, acquire, now.limits);
  if (likely.empty()) co_return ShareFound{};

  // Only the batches that have some of it are sent.
  std::erase_if(acquire.batches, [&](const share::Range& batch) {
    return batch.last < likely.front().range.first || batch.first > likely.back().range.last;
  });
  if (acquire.batches.empty()) co_return ShareFound{};
  const Offset first = std::max(from, acquire.batches.front().first);
  CO_TRY(store::ReadSlice slice, co_await partition_->log().read(
                                     first, near.size, share::after(acquire.batches.back().last)));
  // Meanwhile records may have become free, or gone; none was acquired, as reads come one by one.
  if (ended_) co_return fail(over());
  ShareFound found{.ranges = share::decide_acquire(*state_, acquire, now.limits),
                   .slice = std::move(slice)};
  const Instant locked_until = engine_.shard().now() + now.limits.lock;
  share::acquire(*state_, acquire.member, found.ranges, locked_until);
  arm_expiry();
  co_return found;
}

// Those that members are to read. Share consumers cannot tell themselves what was aborted.
env::Task<Result<std::vector<share::Range>>> ShareLeader::batches(Offset from, Offset to,
                                                                  bool read_committed) {
  std::vector<logs::AbortedTxn> aborted;
  if (read_committed) {
    CO_TRY(aborted, co_await partition_->log().aborted_within(from, to));
  }
  std::vector<share::Range> found;
  const auto note = [&](Bytes bytes) -> Result<void> {
    const auto header = TRY(wire::peek_batch(bytes));
    check(header.has_value(), "a scan gives whole headers");
    if (!header->control && !is_aborted(*header, aborted)) {
      found.push_back({header->base_offset, header->last_offset()});
    }
    return {};
  };
  CO_TRY_VOID(co_await partition_->log().scan(from, to, store::ScanDetail::Headers, note));
  co_return found;
}

// Until the log grows beyond what was seen, or records become free.
env::Task<Result<void>> ShareLeader::wait_for_more(Offset seen, std::shared_ptr<FetchWatch> watch,
                                                   std::size_t item) {
  watchers_.add(watch, item);
  if (partition_->high_watermark() > seen) {
    watch->moved(item);
    co_return Result<void>{};
  }
  CO_TRY(const Fetched nothing, co_await partition_->fetch({.offset = seen}, watch, item));
  if (nothing.slice.size > 0) watch->moved(item);
  co_return Result<void>{};
}

// --- Giving back ---------------------------------------------------------------------------------

env::Task<Result<void>> ShareLeader::acknowledge(MemberId member,
                                                 std::vector<share::AcknowledgeBatch> batches,
                                                 bool may_renew) {
  const auto self = shared_from_this();
  if (ended_ || !state_) {
    co_return fail(ErrorCode::InvalidRecordState, "nothing of the partition is acquired");
  }
  CO_TRY(share::Change change,
         share::decide_acknowledge(*state_, member, batches, may_renew, options().limits));
  co_return co_await carry_out(std::move(change));
}

env::Task<Result<void>> ShareLeader::release(MemberId member) {
  const auto self = shared_from_this();
  if (ended_ || !state_) co_return Result<void>{};
  co_return co_await carry_out(share::decide_release(*state_, member, options().limits));
}

env::Task<Result<void>> ShareLeader::carry_out(share::Change change) {
  if (change.empty()) co_return Result<void>{};
  Later<Result<void>> later(engine_.shard());
  submit(std::move(change), &later);
  Result<void> durable = co_await later.wait();
  co_return durable;
}

void ShareLeader::submit(share::Change change, Later<Result<void>>* later) {
  share::begin(*state_, change, engine_.shard().now() + options().limits.lock);
  arm_expiry();
  if (change.settled.empty()) {
    if (later) later->set({});
    return;
  }
  pending_.push_back({std::move(change), later});
  if (!std::exchange(writing_, true)) engine_.spawn(write_pending());
}

env::Task<void> ShareLeader::write_pending() {
  const auto self = shared_from_this();
  // What this turn brings goes together.
  co_await engine_.shard().yield();
  while (!pending_.empty()) {
    std::vector<Pending> batch = std::exchange(pending_, {});
    std::vector<share::StateBatch> settled;
    for (const Pending& one : batch) {
      settled.insert(settled.end(), one.change.settled.begin(), one.change.settled.end());
    }
    const Result<void> written = co_await write_state(share::to_write(*state_, merged(settled)));
    settle(std::move(batch), written);
  }
  writing_ = false;
}

void ShareLeader::settle(std::vector<Pending> written, const Result<void>& durable) {
  for (Pending& one : written) {
    if (durable) {
      share::finish(*state_, one.change);
    } else {
      probe::reached<"share: what could not be written taken back">();
      share::undo(*state_, one.change);
    }
    if (one.later) one.later->set(durable);
  }
  if (!durable && is_fatal(durable.error().code)) {
    end();
  } else if (!durable) {
    observe::warn("what became of shared records could not be written",
                  {{"group", group_.value},
                   {"partition", partition_->name().folder()},
                   {"why", durable.error()}});
  }
  watchers_.notify_all();
  arm_expiry();
}

// --- Locks that run out --------------------------------------------------------------------------

void ShareLeader::arm_expiry() {
  if (ended_) return;
  const std::optional<Instant> next = share::next_expiry(*state_);
  if (!next || (expiry_ != env::TimerId{} && expires_at_ <= *next)) return;
  engine_.shard().cancel(expiry_);
  expires_at_ = *next;
  expiry_ = engine_.shard().arm(*next, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->expire();
  });
}

void ShareLeader::expire() {
  expiry_ = {};
  if (ended_ || probe::planted<"a lock never ends">()) return;
  share::Change change = share::decide_expiry(*state_, options().limits, engine_.shard().now());
  if (change.empty()) return arm_expiry();
  probe::reached<"share: a lock ran out">();
  submit(std::move(change), nullptr);
}

}  // namespace broker
