// For tests of coordinators: a log without a disk.
#pragma once
#include <vector>

#include "broker/coordinator_log.h"
#include "env/shard.h"

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

  env::Task<Result<Offset>> append(ByteVector batch) override {
    ++appends;
    if (failing) {
      co_await shard_.sleep(delay);
      co_return fail(ErrorCode::KafkaStorageError, "the disk is full");
    }
    batches.push_back(std::move(batch));
    const Offset at{static_cast<std::int64_t>(batches.size() - 1)};
    co_await shard_.sleep(delay);
    co_return at;
  }

  std::vector<ByteVector> batches;
  Duration delay = 5ms;
  bool failing = false;
  bool broken = false;
  int appends = 0;

 private:
  env::Shard& shard_;
};

}  // namespace broker
