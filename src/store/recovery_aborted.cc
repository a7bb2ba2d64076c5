// The indexes of aborted transactions: what they hold, and from where on that is in doubt.
#include "store/recovery.h"

#include <algorithm>

namespace store {

// What the indexes of aborted transactions hold, and from where on that is in doubt: of a segment
// that was not synced to its end, or was only just so, its index need not be on the disk.
env::Task<Result<void>> Recovery::count_aborted() {
  for (std::size_t i = 0; i < log_.segments_.size(); ++i) {
    Segment& segment = log_.segments_[i];
    const Offset end = log_.end_of(i);
    const std::string path = log_.path(logs::FileKind::TxnIndex, segment.base);
    const bool last = i + 1 == log_.segments_.size();
    bool sound = facts_.clean || (!last && end < facts_.recovery_point);
    if (files_.exists(path)) {
      CO_TRY(const ByteVector file, co_await env::read_file(files_, path));
      const auto entries = logs::decode_aborted(file, segment.base, end);
      if (entries) segment.aborted = static_cast<std::uint32_t>(entries->size());
      sound = sound && entries;
    }
    if (!sound && !report_.aborted_in_doubt) report_.aborted_in_doubt = segment.base;
  }
  co_return Result<void>{};
}

// Takes those from a segment's index whose markers are cut.
env::Task<Result<void>> Recovery::cut_aborted(Segment& segment, Offset end) {
  const std::string path = log_.path(logs::FileKind::TxnIndex, segment.base);
  if (segment.aborted == 0) co_return files_.remove(path);
  CO_TRY(const ByteVector file, co_await env::read_file(files_, path));
  const auto entries = logs::decode_aborted(file, segment.base, Offset{INT64_MAX});
  if (!entries) co_return fail(ErrorCode::KafkaStorageError, path + " is damaged");
  const auto left = std::ranges::lower_bound(*entries, end, {}, &logs::AbortedTxn::last);
  segment.aborted = static_cast<std::uint32_t>(left - entries->begin());
  CO_TRY(const env::FilePtr open, files_.open(path, env::OpenMode::ReadWrite));
  CO_TRY_VOID(open->truncate(segment.aborted * logs::kAbortedTxnSize));
  co_return co_await open->sync();
}

}  // namespace store
