// The indexes of aborted transactions: written with the markers, read for who reads only what is
// committed, and put right after a crash.
#include <fmt/format.h>

#include <algorithm>

#include "base/probe.h"
#include "store/log.h"

namespace store {
namespace {

// What the log says of a segment, and beside it what only the index can know: where transactions
// began whose first records are deleted by now. Without an index that can be read, the former.
env::Task<Result<std::vector<logs::AbortedTxn>>> with_deleted(env::Files& files, std::string name,
                                                              Offset log_start,
                                                              std::vector<logs::AbortedTxn> said) {
  if (!files.exists(name)) co_return said;
  CO_TRY(const ByteVector file, co_await env::read_file(files, name));
  const auto held = logs::decode_aborted(file, Offset{0}, Offset{INT64_MAX});
  if (!held) co_return said;
  for (logs::AbortedTxn& entry : said) {
    const auto same = std::ranges::lower_bound(*held, entry.last, {}, &logs::AbortedTxn::last);
    const bool began_before = same != held->end() && same->last == entry.last &&
                              same->producer == entry.producer && same->first < log_start;
    if (began_before) entry = *same;
  }
  // Of markers that are deleted too nobody asks.
  const auto served = std::ranges::lower_bound(*held, log_start, {}, &logs::AbortedTxn::last);
  said.insert(said.begin(), held->begin(), served);
  co_return said;
}

}  // namespace

Result<void> Log::open_aborted(const Segment& segment, SegmentHandle& handle) {
  if (handle.aborted) return {};
  handle.aborted = TRY(cache_.files().open(path(logs::FileKind::TxnIndex, segment.base),
                                           env::OpenMode::CreateOrOpen));
  folder_unsynced_ = true;
  cache_.grown(segment.key);
  return {};
}

// Puts an entry behind those of the active segment; it counts once the append is whole.
env::Task<Result<void>> Log::write_aborted(SegmentHandlePtr handle, logs::AbortedTxn entry) {
  const Segment active = segments_.back();
  CO_TRY_VOID(open_aborted(active, *handle));
  const ByteVector bytes = logs::encode_aborted({entry});
  const Bytes part = bytes;
  const std::uint64_t at = std::uint64_t{active.aborted} * logs::kAbortedTxnSize;
  co_return co_await handle->aborted->write(at, {&part, 1});
}

// Brings a segment's index into memory. It may grow while it is read.
env::Task<Result<void>> Log::load_aborted(Segment segment, SegmentHandlePtr handle) {
  const std::string name = path(logs::FileKind::TxnIndex, segment.base);
  while (!handle->aborted_loaded) {
    CO_TRY(ByteVector file, co_await env::read_file(cache_.files(), name));
    if (handle->aborted_loaded) break;  // Somebody else was faster.
    const auto now = std::ranges::lower_bound(segments_, segment.base, {}, &Segment::base);
    const bool there = now != segments_.end() && now->base == segment.base;
    const std::uint32_t count = there ? now->aborted : segment.aborted;
    const std::size_t size = count * logs::kAbortedTxnSize;
    if (file.size() < size && there && count > segment.aborted) {
      segment.aborted = count;
      continue;
    }
    file.resize(std::min(file.size(), size));
    auto entries = logs::decode_aborted(file, segment.base, Offset{INT64_MAX});
    if (!entries || entries->size() < count) {
      co_return fail(ErrorCode::KafkaStorageError,
                     name +
                         " is damaged: mend the disk and kill the node, whose start then builds "
                         "it anew");
    }
    handle->aborted_txns = std::move(*entries);
    handle->aborted_loaded = true;
    if (cache_.find(segment.key) == handle) cache_.grown(segment.key);
  }
  co_return Result<void>{};
}

env::Task<Result<std::vector<logs::AbortedTxn>>> Log::aborted_within(Offset from, Offset upper) {
  std::vector<logs::AbortedTxn> found;
  for (Offset next = from; !segments_.empty();) {
    const std::size_t at = segment_at(next);
    const Segment segment = segments_[at];
    const bool last = at + 1 == segments_.size();
    next = end_of(at);
    if (segment.aborted > 0) {
      CO_TRY(const SegmentHandlePtr handle, handle_of(segment));
      CO_TRY_VOID(co_await load_aborted(segment, handle));
      if (logs::add_aborted(handle->aborted_txns, from, upper, found)) break;
    }
    if (last) break;
  }
  co_return found;
}

env::Task<Result<int>> Log::settle_aborted(Offset base, std::vector<logs::AbortedTxn> entries) {
  int rebuilt = 0;
  auto next = std::ranges::lower_bound(entries, base, {}, &logs::AbortedTxn::last);
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    if (segments_[i].base < base) continue;
    const Offset end = end_of(i);
    const auto behind =
        std::ranges::lower_bound(next, entries.end(), end, {}, &logs::AbortedTxn::last);
    std::vector<logs::AbortedTxn> mine(next, behind);
    next = behind;
    if (log_start_ > Offset{0}) {
      const std::string name = path(logs::FileKind::TxnIndex, segments_[i].base);
      CO_TRY(mine, co_await with_deleted(cache_.files(), name, log_start_, std::move(mine)));
    }
    CO_TRY(const bool changed, co_await settle_segment(segments_[i], logs::encode_aborted(mine)));
    if (changed) ++rebuilt;
    segments_[i].aborted = static_cast<std::uint32_t>(mine.size());
  }
  co_return rebuilt;
}

// Makes a segment's index what it should be, durably. True if it was not.
env::Task<Result<bool>> Log::settle_segment(Segment segment, ByteVector content) {
  env::Files& files = cache_.files();
  const std::string name = path(logs::FileKind::TxnIndex, segment.base);
  if (!files.exists(name)) {
    if (content.empty()) co_return false;
  } else {
    CO_TRY(const ByteVector file, co_await env::read_file(files, name));
    if (file == content && !content.empty()) {
      CO_TRY(const env::FilePtr open, files.open(name, env::OpenMode::ReadWrite));
      CO_TRY_VOID(co_await open->sync());
      co_return false;
    }
  }
  probe::reached<"recovery: an index of aborted transactions built anew">();
  cache_.drop(segment.key);
  if (content.empty()) {
    CO_TRY_VOID(files.remove(name));
    folder_unsynced_ = true;
  } else {
    CO_TRY_VOID(co_await env::write_file_atomically(files, name, std::move(content)));
  }
  co_return true;
}

}  // namespace store
