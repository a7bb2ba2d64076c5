#include "broker/coordinator_partition.h"

#include "base/probe.h"
#include "broker/group_standing.h"
#include "group/loading.h"
#include "observe/log.h"

namespace broker {
namespace {

// A batch this large is not made to wait for more.
constexpr std::size_t kLargeBatch = std::size_t{512} << 10;

Error gone() { return {ErrorCode::NotCoordinator, "the group's coordinator moved or restarts"}; }

bool is_membership(const group::Record& record) {
  return !std::holds_alternative<group::OffsetStored>(record) &&
         !std::holds_alternative<group::OffsetDropped>(record);
}

std::string loaded(const group::Group& group) {
  const std::size_t members = member_count(group);
  return "the coordinator read it from the log: " + std::string(group::state_of(group)) + " with " +
         std::to_string(members) + (members == 1 ? " member" : " members");
}

}  // namespace

CoordinatorPartition::CoordinatorPartition(env::Shard& shard, const group::Limits& limits,
                                           PartitionIndex index,
                                           std::shared_ptr<CoordinatorLog> log,
                                           cluster::ImagePtr image, GroupNotes& notes)
    : shard_(shard),
      limits_(limits),
      index_(index),
      log_(std::move(log)),
      image_(std::move(image)),
      notes_(notes),
      timers_(shard, [this](GroupId id,
                            group::TimerKey key) { move(id, group::TimerFired{std::move(key)}); }),
      running_(shard),
      appended_(shard) {}

void CoordinatorPartition::start() { running_.spawn(load()); }

env::Task<void> CoordinatorPartition::load() {
  const auto self = shared_from_this();
  // What was given to the log before a failure may still reach it; read when it has or has not.
  while (!appending_.empty()) co_await appended_.wait();
  group::Loading loading;
  const Result<void> read =
      co_await log_->replay([&loading](Bytes batch) { return loading.add(batch); });
  if (state_ != State::Loading) co_return;
  if (!read) {
    state_ = State::Broken;
    observe::error("groups could not be loaded", {{"partition", index_}, {"why", read.error()}});
    co_return;
  }
  groups_ = loading.finish();
  state_ = State::Active;
  for (auto& [id, group] : groups_.by_id) {
    if (!group.is_empty()) tell(id, {{group::HappeningKind::Loaded, {}, loaded(group)}});
    carry_out(id, group::resume(group, world()));
  }
}

void CoordinatorPartition::close() {
  if (state_ == State::Closed) return;
  // What this turn has written is owed to nobody who was told, but may as well be kept.
  if (state_ == State::Active) flush();
  state_ = State::Closed;
  lose_hold(gone());
}

env::Task<void> CoordinatorPartition::drain() {
  const auto self = shared_from_this();
  co_await running_.drain();
}

Result<void> CoordinatorPartition::ready() const {
  switch (state_) {
    case State::Active:
      return {};
    case State::Loading:
      return fail(ErrorCode::CoordinatorLoadInProgress, "the group is being loaded");
    case State::Broken:
      return fail(ErrorCode::CoordinatorNotAvailable, "the group's log cannot be read");
    case State::Closed:
      break;
  }
  return fail(gone());
}

env::Task<Result<group::Answer>> CoordinatorPartition::ask(GroupId id, MakeEvent make) {
  const auto self = shared_from_this();
  CO_TRY_VOID(ready());
  const group::Token token{++last_token_};
  Later<Result<group::Answer>> later(shard_);
  asking_.emplace(token, &later);
  move(id, make(token));
  Result<group::Answer> answer = co_await later.wait();
  co_return answer;
}

void CoordinatorPartition::tell(const GroupId& id, std::vector<group::Happening> happened) {
  if (happened.empty()) return;
  const group::Group* group = groups_.find(id);
  notes_.happened(group ? group::type_of(*group) : "classic", id, shard_.wall(),
                  std::move(happened));
}

void CoordinatorPartition::move(const GroupId& id, const group::Event& event) {
  if (std::holds_alternative<group::Heartbeat>(event)) notes_.heard("classic");
  if (std::holds_alternative<group::ConsumerHeartbeat>(event)) notes_.heard("consumer");
  carry_out(id, group::step(groups_, id, event, world()));
  groups_.drop_if_blank(id);
}

void CoordinatorPartition::carry_out(const GroupId& id, group::Effects effects) {
  for (const group::TimerChange& change : effects.timers) timers_.set(id, change);
  write(id, effects.records);
  tell(id, std::move(effects.happened));
  if (effects.replies.empty()) return;

  const auto written = written_.find(id);
  const Sequence seen = written == written_.end() ? 0 : written->second.membership;
  when_durable(seen, [this, replies = std::move(effects.replies)](Result<void> durable) mutable {
    for (group::Reply& reply : replies) {
      if (durable) {
        answer(reply.to, std::move(reply.answer));
      } else {
        answer(reply.to, fail(durable.error()));
      }
    }
  });
}

void CoordinatorPartition::answer(group::Token token, Result<group::Answer> answer) {
  const auto asking = asking_.find(token);
  if (asking == asking_.end()) return;  // Told already that we lost hold of the group.
  Later<Result<group::Answer>>* const later = asking->second;
  asking_.erase(asking);
  later->set(std::move(answer));
}

env::Task<Result<void>> CoordinatorPartition::until_durable(GroupId id, Seen seen) {
  const auto self = shared_from_this();
  const auto at = written_.find(id);
  Sequence sequence = 0;
  if (at != written_.end()) {
    sequence = seen == Seen::Membership ? at->second.membership
                                        : std::max(at->second.membership, at->second.offsets);
  }
  Later<Result<void>> later(shard_);
  when_durable(sequence, [&later](Result<void> durable) { later.set(std::move(durable)); });
  Result<void> durable = co_await later.wait();
  co_return durable;
}

env::Task<Result<void>> CoordinatorPartition::commit(GroupId id,
                                                     std::vector<group::Record> records) {
  CO_TRY_VOID(ready());
  write(id, records);
  for (const group::Record& record : records) group::apply(groups_, record);
  Result<void> durable = co_await until_durable(std::move(id), Seen::Offsets);
  co_return durable;
}

void CoordinatorPartition::hear_from(const GroupId& id, const MemberId& member) {
  const group::Group* group = groups_.find(id);
  if (group) carry_out(id, group::hear_from(*group, member));
}

group::World CoordinatorPartition::world() const {
  return {.image = *image_, .limits = limits_, .now = shard_.wall()};
}

void CoordinatorPartition::write(const GroupId& id, const std::vector<group::Record>& records) {
  for (const group::Record& record : records) {
    const group::Encoded encoded = group::encode(record);
    const std::optional<Bytes> value =
        encoded.value ? std::optional<Bytes>(*encoded.value) : std::nullopt;
    batch_.add(shard_.wall(), Bytes(encoded.key), value);
    Written& written = written_[id];
    (is_membership(record) ? written.membership : written.offsets) = next_;
  }
  // Not in between: what one step wrote is there as a whole or not at all.
  if (batch_.size() >= kLargeBatch) flush();
  if (batch_.empty() || flush_is_due_) return;
  flush_is_due_ = true;
  shard_.post([self = shared_from_this()] {
    self->flush_is_due_ = false;
    if (self->state_ == State::Active) self->flush();
  });
}

void CoordinatorPartition::flush() {
  if (batch_.empty()) return;
  const Sequence sequence = next_++;
  appending_.insert(sequence);
  running_.spawn(append(sequence, batch_.finish()));
}

env::Task<void> CoordinatorPartition::append(Sequence sequence, ByteVector batch) {
  const auto self = shared_from_this();
  const Result<Offset> appended = co_await log_->append(std::move(batch));
  // A log that refuses at once does so within the call that asks to write, which must not find the
  // groups gone when it goes on.
  if (!appended) co_await shard_.yield();
  appending_.erase(sequence);
  appended_.notify_all();
  if (appended) {
    release();
  } else if (state_ == State::Active) {
    probe::reached<"groups: loaded anew after a failed write">();
    observe::error("groups could not be written and are loaded anew",
                   {{"partition", index_}, {"why", appended.error()}});
    state_ = State::Loading;
    lose_hold(gone());
    running_.spawn(load());
  }
}

void CoordinatorPartition::when_durable(Sequence sequence,
                                        std::move_only_function<void(Result<void>)> then) {
  const bool is_durable =
      sequence < next_ && (appending_.empty() || sequence < *appending_.begin());
  if (is_durable) {
    then({});
  } else {
    held_.emplace(sequence, std::move(then));
  }
}

// Batches become durable in their order, but their tasks may end in another.
void CoordinatorPartition::release() {
  const Sequence limit = appending_.empty() ? next_ : *appending_.begin();
  while (!held_.empty() && held_.begin()->first < limit) {
    auto first = held_.extract(held_.begin());
    first.mapped()({});
  }
  if (held_.empty() && appending_.empty() && batch_.empty()) written_.clear();
}

void CoordinatorPartition::lose_hold(const Error& why) {
  timers_.cancel_all();
  groups_ = {};
  written_.clear();
  batch_ = wire::BatchBuilder();
  auto held = std::exchange(held_, {});
  for (auto& [sequence, then] : held) then(fail(why));
  while (!asking_.empty()) answer(asking_.begin()->first, fail(why));
}

void CoordinatorPartition::expire_offsets() {
  if (state_ != State::Active) return;
  std::vector<group::Record> records;
  for (const auto& [id, group] : groups_.by_id) {
    const std::vector<group::Record> expired = group::decide_expiry(group, limits_, shard_.wall());
    write(id, expired);
    records.insert(records.end(), expired.begin(), expired.end());
  }
  for (const group::Record& record : records) group::apply(groups_, record);
}

void CoordinatorPartition::forget_topic(const TopicName& topic) {
  if (state_ == State::Active) forget(group::decide_topic_gone(groups_, topic));
}

void CoordinatorPartition::forget(const std::vector<group::Record>& offsets) {
  for (const group::Record& record : offsets) {
    write(std::get<group::OffsetDropped>(record).group, {record});
    group::apply(groups_, record);
  }
}

void CoordinatorPartition::see(cluster::ImagePtr image, const group::TopicsChanged& changed) {
  image_ = std::move(image);
  if (state_ != State::Active || changed.names.empty()) return;
  forget(group::decide_former_topics(groups_, changed.names, *image_));
  std::vector<GroupId> ids;
  for (const auto& [id, group] : groups_.by_id) {
    if (!group.as<group::Classic>()) ids.push_back(id);
  }
  for (const GroupId& id : ids) move(id, changed);
}

}  // namespace broker
