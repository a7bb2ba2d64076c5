// For tests of coordinators: a log without a disk.
#pragma once
#include <vector>

#include "broker/coordinator_log.h"
#include "env/shard.h"
#include "txn/marker.h"
#include "wire/record_batch.h"

namespace broker {

using namespace std::chrono_literals;

// A log in memory whose appends take a while, and fail when told to.
class MemoryLog final : public CoordinatorLog {
 public:
  explicit MemoryLog(env::Shard& shard) : shard_(shard) {}

  env::Task<Result<void>> replay(Visit visit) override {
    co_await shard_.sleep(10ms);
    if (broken) co_return fail(ErrorCode::KafkaStorageError, "the disk is gone");
    for (const ByteVector& batch : batches) CO_TRY_VOID(visit(batch));
    co_return Result<void>{};
  }

  env::Task<Result<Offset>> append(LogEntry entry) override {
    ByteVector batch = to_batch(std::move(entry));
    ++appends;
    if (failing) {
      co_await shard_.sleep(delay);
      co_return fail(ErrorCode::KafkaStorageError, "the disk is full");
    }
    const Offset at = end;
    wire::set_base_offset(batch, at);
    end = (*wire::peek_batch(batch))->next_offset();
    batches.push_back(std::move(batch));
    co_await shard_.sleep(delay);
    co_return at;
  }

  env::Task<Result<void>> trim(Offset below) override {
    std::erase_if(batches, [below](const ByteVector& batch) {
      return (*wire::peek_batch(batch))->base_offset < below;
    });
    co_return Result<void>{};
  }

  std::vector<ByteVector> batches;
  Offset end{0};
  Duration delay = 5ms;
  bool failing = false;
  bool broken = false;
  int appends = 0;

 private:
  ByteVector to_batch(LogEntry entry) {
    if (const auto* marker = std::get_if<txn::Marker>(&entry)) {
      return txn::marker_batch(*marker, shard_.wall());
    }
    if (auto* within = std::get_if<WithinTransaction>(&entry)) return std::move(within->batch);
    return std::get<ByteVector>(std::move(entry));
  }

  env::Shard& shard_;
};

}  // namespace broker
