// What is in no order is cut off and, where it may be of use to somebody, kept aside.
#include "store/recovery.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/probe.h"

namespace store {
namespace {

constexpr std::size_t kSearched = 64 << 20;

}  // namespace

env::Task<Result<void>> Recovery::cut_segment(std::size_t index, logs::Walk walk) {
  const std::string path = log_.path(logs::FileKind::Log, log_.segments_[index].base);
  CO_TRY(const bool follow, co_await batches_follow(index, walk));
  logs::Finding finding = logs::judge(path, walk.size(), walk, facts_.recovery_point, follow);
  if (facts_.clean) {
    finding.kind = logs::Finding::Kind::Damage;
    finding.may_lose_promised = true;
  }
  if (finding.kind == logs::Finding::Kind::Damage) {
    CO_TRY(finding.kept_in, co_await keep_aside(path, walk.position(), walk.size()));
  }
  if (finding.kind == logs::Finding::Kind::TornTail) {
    probe::reached<"recovery: a torn tail cut">();
  }
  report_.findings.push_back(finding);
  CO_TRY(const env::FilePtr file, files_.open(path, env::OpenMode::ReadWrite));
  CO_TRY_VOID(file->truncate(walk.position()));
  log_.segments_[index].size = static_cast<std::uint32_t>(walk.position());
  co_return Result<void>{};
}

env::Task<Result<bool>> Recovery::batches_follow(std::size_t index, logs::Walk walk) {
  for (std::size_t i = index + 1; i < log_.segments_.size(); ++i) {
    if (log_.segments_[i].size > 0) co_return true;
  }
  const std::string path = log_.path(logs::FileKind::Log, log_.segments_[index].base);
  CO_TRY(const env::FilePtr file, files_.open(path, env::OpenMode::ReadOnly));
  const std::uint64_t from = walk.position() + 1;
  ByteVector bytes(std::min<std::uint64_t>(walk.size() - walk.position() - 1, kSearched));
  CO_TRY(const std::size_t got, co_await file->read(from, bytes));
  co_return logs::find_batch(Bytes(bytes).first(got), walk.next()).has_value();
}

// Copies bytes of a file to one beside it, durably, and gives its name.
env::Task<Result<std::string>> Recovery::keep_aside(std::string path, std::uint64_t from,
                                                    std::uint64_t size) {
  const std::string to = fmt::format("{}.{}.damaged", path, from);
  CO_TRY(const env::FilePtr source, files_.open(path, env::OpenMode::ReadOnly));
  CO_TRY(const env::FilePtr target, files_.open(to, env::OpenMode::CreateOrOpen));
  ByteVector bytes(std::min<std::uint64_t>(kCheckChunk, size - from));
  for (std::uint64_t at = from; at < size;) {
    CO_TRY(const std::size_t got, co_await source->read(at, bytes));
    if (got == 0) break;
    const Bytes part = Bytes(bytes).first(got);
    CO_TRY_VOID(co_await target->write(at - from, {&part, 1}));
    at += got;
  }
  CO_TRY_VOID(co_await target->sync());
  CO_TRY_VOID(co_await files_.sync_dir(log_.folder_));
  co_return to;
}

// What lies behind a damage cannot be served: an offset would be missing before it.
env::Task<Result<void>> Recovery::set_aside_from(std::size_t first) {
  for (std::size_t i = first; i < log_.segments_.size(); ++i) {
    const Segment& segment = log_.segments_[i];
    const std::string path = log_.path(logs::FileKind::Log, segment.base);
    if (segment.size > 0) {
      report_.findings.push_back({.kind = logs::Finding::Kind::SegmentCut,
                                  .file = path,
                                  .offset = segment.base,
                                  .bytes = segment.size,
                                  .may_lose_promised = true,
                                  .why = "it lies behind a damage",
                                  .kept_in = path + ".damaged"});
      CO_TRY_VOID(files_.rename(path, path + ".damaged"));
    }
    log_.cache_.drop(segment.key);
    CO_TRY_VOID(log_.remove_files(segment.base));
  }
  log_.segments_.resize(std::min(first, log_.segments_.size()));
  // The active segment now, and so to be opened for writing.
  log_.cache_.drop(log_.segments_.back().key);
  CO_TRY_VOID(co_await files_.sync_dir(log_.folder_));
  co_return Result<void>{};
}

}  // namespace store
