#include "broker/coordinator_partition.h"

#include "base/probe.h"
#include "broker/group_standing.h"
#include "txn/marker.h"

namespace broker {
namespace {

bool is_membership(const group::Record& record) {
  return !std::holds_alternative<group::OffsetStored>(record) &&
         !std::holds_alternative<group::OffsetDropped>(record);
}

std::string how_loaded(const group::Group& group) {
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
      image_(std::move(image)),
      notes_(notes),
      timers_(shard, [this](GroupId id,
                            group::TimerKey key) { move(id, group::TimerFired{std::move(key)}); }),
      partition_log_(log),
      log_(shard, "groups", index, std::move(log), *this) {}

void CoordinatorPartition::loaded() {
  groups_ = loading_->finish();
  loading_.reset();
  for (auto& [id, group] : groups_.by_id) {
    if (!group.is_empty()) tell(id, {{group::HappeningKind::Loaded, {}, how_loaded(group)}});
    group::Effects effects = group::resume(group, world());
    if (probe::planted<"no sessions after a load">()) effects.timers.clear();
    carry_out(id, std::move(effects));
  }
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
  if (std::holds_alternative<group::ShareHeartbeat>(event)) notes_.heard("share");
  carry_out(id, group::step(groups_, id, event, world()));
  groups_.drop_if_blank(id);
}

void CoordinatorPartition::carry_out(const GroupId& id, group::Effects effects) {
  for (const group::TimerChange& change : effects.timers) timers_.set(id, change);
  write(id, effects.records);
  tell(id, std::move(effects.happened));
  if (effects.replies.empty()) return;

  const auto written = written_.find(id);
  const bool at_once =
      written == written_.end() || probe::planted<"groups answer before they are durable">();
  const LoggedState::Sequence seen = at_once ? 0 : written->second.membership;
  log_.when_durable(seen,
                    [this, replies = std::move(effects.replies)](Result<void> durable) mutable {
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
  LoggedState::Sequence sequence = 0;
  if (at != written_.end()) {
    sequence = seen == Seen::Membership ? at->second.membership
                                        : std::max(at->second.membership, at->second.offsets);
  }
  Result<void> durable = co_await log_.until_durable(sequence);
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

env::Task<Result<void>> CoordinatorPartition::commit(std::vector<group::Record> offsets,
                                                     txn::ProducerIdentity producer,
                                                     txn::Permit permit) {
  const auto self = shared_from_this();
  CO_TRY_VOID(ready());
  CO_TRY_VOID(partition_log_->admits(producer, permit));
  if (offsets.empty()) co_return Result<void>{};
  wire::BatchBuilder batch(
      {.producer_id = producer.id, .producer_epoch = producer.epoch, .transactional = true});
  for (group::Record& record : offsets) {
    const wire::CoordinatorRecord encoded = group::encode(record);
    batch.add(shard_.wall(), encoded.key, encoded.value);
    groups_.pending.add(producer.id, std::get<group::OffsetStored>(std::move(record)));
  }
  const LoggedState::Sequence sequence =
      log_.write_batch(WithinTransaction{batch.finish(), permit});
  Result<void> durable = co_await log_.until_durable(sequence);
  co_return durable;
}

env::Task<Result<void>> CoordinatorPartition::end_transaction(txn::Marker marker) {
  const auto self = shared_from_this();
  CO_TRY_VOID(ready());
  CO_TRY_VOID(partition_log_->admits(marker));
  guards_.end(marker.producer);
  const bool commits = marker.outcome == txn::Outcome::Commit ||
                       probe::planted<"offsets of aborted transactions count">();
  if (log_.all_durable()) written_.clear();
  const LoggedState::Sequence sequence = log_.write_batch(marker);
  for (const GroupId& id : group::end_transaction(groups_, marker.producer, commits)) {
    written_[id].offsets = sequence;
  }
  Result<void> durable = co_await log_.until_durable(sequence);
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
  if (records.empty()) return;
  if (log_.all_durable()) written_.clear();
  std::vector<wire::CoordinatorRecord> encoded;
  encoded.reserve(records.size());
  for (const group::Record& record : records) encoded.push_back(group::encode(record));
  const LoggedState::Sequence sequence = log_.write(encoded);
  Written& written = written_[id];
  for (const group::Record& record : records) {
    (is_membership(record) ? written.membership : written.offsets) = sequence;
  }
}

void CoordinatorPartition::lost(const Error& why) {
  timers_.cancel_all();
  groups_ = {};
  written_.clear();
  while (!asking_.empty()) answer(asking_.begin()->first, fail(why));
}

void CoordinatorPartition::expire_offsets() {
  if (!log_.active()) return;
  std::vector<group::Record> records;
  for (const auto& [id, group] : groups_.by_id) {
    if (groups_.pending.holds(id)) continue;  // About to be renewed.
    const std::vector<group::Record> expired = group::decide_expiry(group, limits_, shard_.wall());
    write(id, expired);
    records.insert(records.end(), expired.begin(), expired.end());
  }
  for (const group::Record& record : records) group::apply(groups_, record);
}

void CoordinatorPartition::forget_topic(const TopicName& topic) {
  if (log_.active()) forget(group::decide_topic_gone(groups_, topic));
}

void CoordinatorPartition::forget(const std::vector<group::Record>& offsets) {
  for (const group::Record& record : offsets) {
    write(std::get<group::OffsetDropped>(record).group, {record});
    group::apply(groups_, record);
  }
}

void CoordinatorPartition::see(cluster::ImagePtr image, const group::TopicsChanged& changed) {
  image_ = std::move(image);
  if (!log_.active() || changed.names.empty()) return;
  forget(group::decide_former_topics(groups_, changed.names, *image_));
  std::vector<GroupId> ids;
  for (const auto& [id, group] : groups_.by_id) {
    if (!group.as<group::Classic>()) ids.push_back(id);
  }
  for (const GroupId& id : ids) move(id, changed);
}

}  // namespace broker
