// A coordinator's log on a partition of this shard.
//
// Invariant: it holds no batch whose forerunner it lacks. Each stands on what those before it say,
// so once a batch found no room those behind it are refused too, until the log is read again.
#pragma once
#include <memory>

#include "base/probe.h"
#include "broker/coordinator_log.h"
#include "broker/partition.h"
#include "env/sync.h"

namespace broker {

class PartitionLog final : public CoordinatorLog {
 public:
  PartitionLog(env::Shard& shard, std::shared_ptr<Partition> partition)
      : partition_(std::move(partition)), turn_(shard) {}

  env::Task<Result<void>> replay(Visit visit) override {
    lacks_one_ = false;
    return partition_->log().scan(partition_->log_start(), partition_->high_watermark(),
                                  store::ScanDetail::Batches, std::move(visit));
  }

  env::Task<Result<Offset>> append(LogEntry entry) override {
    CO_TRY(const Produced produced, co_await write(std::move(entry)));
    if (!probe::planted<"offsets before their sync">()) {
      CO_TRY_VOID(co_await partition_->wait_durable(produced.end));
    }
    co_return produced.base;
  }

  Result<void> admits(const txn::ProducerIdentity& producer, txn::Permit permit) const override {
    const txn::BatchFacts facts{
        .producer = producer.id, .epoch = producer.epoch, .transactional = true};
    TRY(txn::check(partition_->producers(), facts, {.by = txn::Coordinator{permit}}));
    return {};
  }
  Result<void> admits(const txn::Marker& marker) const override {
    return txn::check(partition_->producers(), marker);
  }

  env::Task<Result<void>> trim(Offset below) override {
    if (below <= partition_->log_start()) co_return Result<void>{};
    CO_TRY(const Offset start, co_await partition_->delete_records(below));
    check(start >= below, "a log that was trimmed begins where it should");
    co_return Result<void>{};
  }

 private:
  env::Task<Result<Produced>> write(LogEntry entry) {
    const auto held = co_await turn_.lock();
    if (lacks_one_) {
      co_return fail(ErrorCode::KafkaStorageError, "a batch before this one was not written");
    }
    Result<Produced> produced = co_await put(std::move(entry));
    lacks_one_ = !produced;
    co_return produced;
  }

  env::Task<Result<Produced>> put(LogEntry entry) {
    if (const auto* marker = std::get_if<txn::Marker>(&entry)) {
      CO_TRY(const Offset at, co_await partition_->append_marker(*marker));
      co_return Produced{
          .base = at, .end = Offset{at.value + 1}, .log_start = partition_->log_start()};
    }
    if (auto* within = std::get_if<WithinTransaction>(&entry)) {
      co_return co_await put_batch(std::move(within->batch), txn::Coordinator{within->permit});
    }
    // Of no producer: it can open nothing.
    co_return co_await put_batch(std::get<ByteVector>(std::move(entry)), txn::Client{});
  }

  env::Task<Result<Produced>> put_batch(ByteVector batch, txn::Bringer by) {
    CO_TRY(const std::optional<wire::BatchHeader> header, wire::peek_batch(batch));
    check(header && !header->control, "a coordinator appends whole batches");
    co_return co_await partition_->append(batch, *header, by);
  }

  std::shared_ptr<Partition> partition_;
  env::Mutex turn_;
  bool lacks_one_ = false;
};

}  // namespace broker
