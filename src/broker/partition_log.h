// A coordinator's log on a partition of this shard.
#pragma once
#include <memory>

#include "base/probe.h"
#include "broker/coordinator_log.h"
#include "broker/partition.h"

namespace broker {

class PartitionLog final : public CoordinatorLog {
 public:
  explicit PartitionLog(std::shared_ptr<Partition> partition) : partition_(std::move(partition)) {}

  env::Task<Result<void>> replay(Visit visit) override {
    return partition_->log().scan(partition_->log_start(), partition_->high_watermark(),
                                  store::ScanDetail::Batches, std::move(visit));
  }

  env::Task<Result<Offset>> append(ByteVector batch) override {
    CO_TRY(const std::optional<wire::BatchHeader> header, wire::peek_batch(batch));
    check(header.has_value(), "a coordinator appends whole batches");
    CO_TRY(const Produced produced, co_await partition_->append(batch, *header));
    if (!probe::planted<"offsets before their sync">()) {
      CO_TRY_VOID(co_await partition_->wait_durable(produced.end));
    }
    co_return produced.base;
  }

 private:
  std::shared_ptr<Partition> partition_;
};

}  // namespace broker
