#include "broker/share_coordinator.h"

#include "base/probe.h"
#include "broker/coordinator.h"
#include "broker/logged_state.h"
#include "share/state_log.h"
#include "wire/record_batch_reader.h"

namespace broker {

// One partition's state.
class ShareStatePartition final : public LoggedState::Owner {
 public:
  ShareStatePartition(env::Shard& shard, PartitionIndex index, std::shared_ptr<CoordinatorLog> log)
      : log(shard, "share group states", index, std::move(log), *this) {}

  void begin_load() override { forget(); }
  Result<void> load(Bytes batch) override {
    wire::BatchReader reader = TRY(wire::BatchReader::open(batch, scratch_));
    std::vector<share::StateLog::Marked> marks;
    for (;;) {
      const std::optional<wire::RecordView> view = TRY(reader.next());
      if (!view) break;
      if (reader.header().control) continue;
      if (!view->key) return fail(ErrorCode::CorruptMessage, "a share record without a key");
      const std::optional<share::Record> record = TRY(share::decode(*view->key, view->value));
      if (!record) continue;
      share::apply(state, *record);
      marks.push_back(share::StateLog::mark(*record));
    }
    places_.note(reader.header().base_offset, marks);
    return {};
  }
  void loaded() override { scratch_ = {}; }
  void placed(LoggedState::Sequence sequence, Offset base) override {
    placing_[sequence].base = base;
    while (!placing_.empty() && placing_.begin()->second.base) {
      const Placing& first = placing_.begin()->second;
      places_.note(*first.base, first.marks);
      placing_.erase(placing_.begin());
    }
  }
  void lost(const Error&) override { forget(); }

  LoggedState::Sequence put(const share::Record& record) {
    const wire::CoordinatorRecord encoded = share::encode(record);
    share::apply(state, record);
    last = log.write({&encoded, 1});
    placing_[last].marks.push_back(share::StateLog::mark(record));
    return last;
  }

  // Keeps the log from growing for ever.
  void prune(Timestamp now) {
    if (!log.active()) return;
    for (const share::Key& key : places_.far_back()) {
      const auto snapshot = share::decide_snapshot(state, key, now);
      if (snapshot) put(*snapshot);
    }
    log.trim(places_.needed_from());
  }

  share::State state;
  LoggedState log;
  LoggedState::Sequence last = 0;  // What was read may be of this batch.

 private:
  // A batch on its way into the log.
  struct Placing {
    std::vector<share::StateLog::Marked> marks;
    std::optional<Offset> base;
  };

  void forget() {
    state = {};
    places_ = {};
    placing_.clear();
  }

  wire::BatchScratch scratch_;
  share::StateLog places_;
  std::map<LoggedState::Sequence, Placing> placing_;
};

ShareCoordinator::ShareCoordinator(env::Shard& shard, ShareCoordinatorOptions options)
    : shard_(shard), options_(options), closing_(shard) {}

ShareCoordinator::~ShareCoordinator() { shard_.cancel(pruning_); }

void ShareCoordinator::arm_pruning() {
  pruning_ = shard_.arm(shard_.now() + options_.prune_interval, [this] {
    for (const auto& [index, partition] : open_) partition->prune(shard_.wall());
    arm_pruning();
  });
}

PartitionIndex ShareCoordinator::partition_of(const share::Key& key, std::int32_t partitions) {
  const std::string name =
      key.group.value + ":" + to_text(key.topic.value) + ":" + std::to_string(key.partition.value);
  return GroupCoordinator::partition_of(GroupId{name}, partitions);
}

void ShareCoordinator::open(PartitionIndex partition, std::shared_ptr<CoordinatorLog> log) {
  close(partition);
  const auto opened = std::make_shared<ShareStatePartition>(shard_, partition, std::move(log));
  open_.emplace(partition, opened);
  opened->log.start();
  if (pruning_ == env::TimerId{}) arm_pruning();
}

void ShareCoordinator::close(PartitionIndex partition) {
  const auto at = open_.find(partition);
  if (at == open_.end()) return;
  const std::shared_ptr<ShareStatePartition> closed = at->second;
  open_.erase(at);
  closed->log.close();
  closing_.spawn(drained(closed));
}

// Keeps the partition until its tasks have ended.
env::Task<void> ShareCoordinator::drained(std::shared_ptr<ShareStatePartition> partition) {
  co_await partition->log.drain();
}

env::Task<void> ShareCoordinator::shutdown() {
  shard_.cancel(std::exchange(pruning_, {}));
  while (!open_.empty()) close(open_.begin()->first);
  co_await closing_.drain();
}

Result<std::shared_ptr<ShareStatePartition>> ShareCoordinator::of(const share::Key& key) const {
  const auto at = open_.find(partition_of(key, partitions_));
  if (at == open_.end()) {
    return fail(ErrorCode::NotCoordinator, "another broker or shard keeps the share group's state");
  }
  TRY_VOID(at->second->log.ready());
  return at->second;
}

env::Task<Result<void>> ShareCoordinator::initialize(share::Key key, share::Initialize wish) {
  CO_TRY(const std::shared_ptr<ShareStatePartition> partition, of(key));
  CO_TRY(const share::Record record,
         share::decide_initialize(partition->state, key, wish, shard_.wall()));
  co_return co_await partition->log.until_durable(partition->put(record));
}

env::Task<Result<share::Stored>> ShareCoordinator::read(share::Key key, LeaderEpoch leader) {
  CO_TRY(const std::shared_ptr<ShareStatePartition> partition, of(key));
  CO_TRY(const std::optional<share::Record> record,
         share::decide_read(partition->state, key, leader, options_.updates_per_snapshot,
                            shard_.wall()));
  if (record) partition->put(*record);
  share::Stored stored = *partition->state.find(key);
  CO_TRY_VOID(co_await partition->log.until_durable(partition->last));
  co_return stored;
}

env::Task<Result<void>> ShareCoordinator::write(share::Key key, share::Write write) {
  CO_TRY(const std::shared_ptr<ShareStatePartition> partition, of(key));
  CO_TRY(const share::Record record,
         share::decide_write(partition->state, key, write, options_.updates_per_snapshot,
                             shard_.wall()));
  const LoggedState::Sequence written = partition->put(record);
  if (probe::planted<"records are settled before that is durable">()) co_return Result<void>{};
  co_return co_await partition->log.until_durable(written);
}

env::Task<Result<void>> ShareCoordinator::erase(share::Key key) {
  CO_TRY(const std::shared_ptr<ShareStatePartition> partition, of(key));
  const std::optional<share::Record> record = share::decide_delete(partition->state, key);
  if (record) partition->put(*record);
  co_return co_await partition->log.until_durable(partition->last);
}

env::Task<Result<share::Stored>> ShareCoordinator::summarize(share::Key key) {
  CO_TRY(const std::shared_ptr<ShareStatePartition> partition, of(key));
  const share::Stored* found = partition->state.find(key);
  share::Stored stored = found ? *found : share::Stored{};
  CO_TRY_VOID(co_await partition->log.until_durable(partition->last));
  co_return stored;
}

}  // namespace broker
