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
#include "txn/marker.h"

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

  env::Task<Result<Offset>> append(ByteVector batch) override {
    CO_TRY(const std::optional<wire::BatchHeader> header, wire::peek_batch(batch));
    check(header.has_value(), "a coordinator appends whole batches");
    CO_TRY(const Produced produced, co_await write(batch, *header));
    if (!probe::planted<"offsets before their sync">()) {
      CO_TRY_VOID(co_await partition_->wait_durable(produced.end));
    }
    co_return produced.base;
  }

  Result<void> admits(const txn::ProducerIdentity& producer) const override {
    const txn::BatchFacts facts{
        .producer = producer.id, .epoch = producer.epoch, .transactional = true};
    TRY(txn::check(partition_->producers(), facts, {.origin = txn::Origin::Coordinator}));
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
  env::Task<Result<Produced>> write(MutableBytes batch, wire::BatchHeader header) {
    const auto held = co_await turn_.lock();
    if (lacks_one_) {
      co_return fail(ErrorCode::KafkaStorageError, "a batch before this one was not written");
    }
    Result<Produced> produced = co_await put(batch, header);
    lacks_one_ = !produced;
    co_return produced;
  }

  env::Task<Result<Produced>> put(MutableBytes batch, wire::BatchHeader header) {
    if (!header.control) {
      co_return co_await partition_->append(batch, header, {.origin = txn::Origin::Coordinator});
    }
    wire::BatchScratch scratch;
    CO_TRY(const std::optional<txn::AppendedMarker> read, txn::read_marker(header, batch, scratch));
    check(read.has_value(), "a coordinator's control batch is a marker");
    CO_TRY(const Offset at,
           co_await partition_->append_marker({.producer = read->producer,
                                               .epoch = read->epoch,
                                               .coordinator_epoch = read->coordinator_epoch,
                                               .outcome = read->outcome}));
    co_return Produced{
        .base = at, .end = Offset{at.value + 1}, .log_start = partition_->log_start()};
  }

  std::shared_ptr<Partition> partition_;
  env::Mutex turn_;
  bool lacks_one_ = false;
};

}  // namespace broker
