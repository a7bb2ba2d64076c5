// Goes through the batches of a segment file, reading it in chunks.
#pragma once
#include <cstdint>
#include <optional>

#include "env/files.h"
#include "log/recover.h"

namespace store {

class BatchCursor {
 public:
  using Check = logs::Walk::Check;
  using Found = logs::Walk::Found;

  // From position `from` of `file`, of which `size` bytes count. `base` is the segment's, `next`
  // the least offset that may come. Reads at least `chunk` bytes at a time.
  BatchCursor(env::FilePtr file, logs::Walk walk, std::size_t chunk)
      : file_(std::move(file)), walk_(walk), chunk_(chunk) {}

  // The next batch; nothing at the end, or where the segment does not go on as it should (see
  // walk().stop()). Errors are the disk's.
  env::Task<Result<std::optional<Found>>> next(Check check);
  // All bytes of the batch that `next` gave last. Valid until the next call of either.
  env::Task<Result<Bytes>> whole(Found found);
  // Its first 61 bytes.
  Bytes head(const Found& found) const { return shown(found.position).first(wire::kBatchOverhead); }

  const logs::Walk& walk() const { return walk_; }

 private:
  Bytes shown(std::uint64_t position) const;
  env::Task<Result<void>> show(std::uint64_t position, std::size_t bytes);

  env::FilePtr file_;
  logs::Walk walk_;
  std::size_t chunk_;
  ByteVector buffer_;
  std::uint64_t buffer_at_ = 0;
  std::size_t filled_ = 0;
};

// What is wrong with a segment where a walk stopped before its end.
Error broken_segment(const std::string& file, const logs::Walk& walk);

}  // namespace store
