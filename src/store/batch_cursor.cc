#include "store/batch_cursor.h"

#include <fmt/format.h>

#include <algorithm>

namespace store {

env::Task<Result<std::optional<BatchCursor::Found>>> BatchCursor::next(Check check) {
  for (;;) {
    const std::size_t wanted = walk_.wanted();
    if (wanted == 0) co_return std::optional<Found>{};
    if (shown(walk_.position()).size() < wanted) {
      CO_TRY_VOID(co_await show(walk_.position(), wanted));
    }
    if (const auto found = walk_.take(shown(walk_.position()), check)) co_return found;
  }
}

env::Task<Result<Bytes>> BatchCursor::whole(Found found) {
  const std::size_t size = found.header.size();
  if (shown(found.position).size() < size) CO_TRY_VOID(co_await show(found.position, size));
  co_return shown(found.position).first(size);
}

Bytes BatchCursor::shown(std::uint64_t position) const {
  if (position < buffer_at_ || position >= buffer_at_ + filled_) return {};
  return Bytes(buffer_).first(filled_).subspan(position - buffer_at_);
}

env::Task<Result<void>> BatchCursor::show(std::uint64_t position, std::size_t bytes) {
  const std::uint64_t left = walk_.size() - position;
  const std::size_t size = std::min<std::uint64_t>(std::max(chunk_, bytes), left);
  if (size == 0) co_return Result<void>{};
  if (buffer_.size() < size) buffer_.resize(size);
  filled_ = 0;
  CO_TRY(filled_, co_await file_->read(position, MutableBytes(buffer_).first(size)));
  buffer_at_ = position;
  if (filled_ < std::min<std::uint64_t>(bytes, left)) {
    co_return fail(ErrorCode::KafkaStorageError, "the file has become shorter while it was read");
  }
  co_return Result<void>{};
}

Error broken_segment(const std::string& file, const logs::Walk& walk) {
  return {ErrorCode::KafkaStorageError,
          fmt::format("{} is damaged: at position {}, where offset {} should be, stands {}", file,
                      walk.position(), walk.next().value, logs::to_text(*walk.stop()))};
}

}  // namespace store
