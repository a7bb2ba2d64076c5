// The files of a log: how they come, go, and are made durable.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/probe.h"
#include "log/checkpoint.h"
#include "observe/log.h"
#include "store/log.h"

namespace store {
namespace {

env::Task<Result<void>> write_at(env::FilePtr file, std::uint64_t offset, ByteVector bytes) {
  const Bytes part = bytes;
  CO_TRY_VOID(co_await file->write(offset, {&part, 1}));
  co_return Result<void>{};
}

std::string parent_of(const std::string& folder) {
  const std::size_t slash = folder.rfind('/');
  return slash == std::string::npos ? "." : folder.substr(0, slash);
}

// The file, empty, whether something of that name was left behind or not.
Result<env::FilePtr> open_empty(env::Files& files, const std::string& path) {
  env::FilePtr file = TRY(files.open(path, env::OpenMode::CreateOrOpen));
  if (TRY(file->size()) > 0) TRY_VOID(file->truncate(0));
  return file;
}

}  // namespace

std::string Log::path(std::string_view name) const { return fmt::format("{}/{}", folder_, name); }

std::string Log::path(logs::FileKind kind, Offset base) const {
  return path(logs::file_name(kind, base));
}

Result<SegmentHandlePtr> Log::handle_of(const Segment& segment) {
  if (SegmentHandlePtr handle = cache_.find(segment.key)) return handle;
  const bool active = !segments_.empty() && segment.base == segments_.back().base;
  auto handle = std::make_shared<SegmentHandle>();
  handle->log =
      TRY(cache_.files().open(path(logs::FileKind::Log, segment.base),
                              active ? env::OpenMode::ReadWrite : env::OpenMode::ReadOnly));
  cache_.put(segment.key, handle);
  return handle;
}

// Opens the index files to write; makes them where they are missing.
Result<void> Log::open_indexes(const Segment& segment, SegmentHandle& handle) {
  if (handle.index && handle.time_index) return {};
  handle.index = TRY(
      cache_.files().open(path(logs::FileKind::Index, segment.base), env::OpenMode::CreateOrOpen));
  handle.time_index = TRY(cache_.files().open(path(logs::FileKind::TimeIndex, segment.base),
                                              env::OpenMode::CreateOrOpen));
  cache_.grown(segment.key);
  return {};
}

// Puts entries behind those of a segment's indexes.
env::Task<Result<void>> Log::write_indexes(std::size_t segment, IndexEntries entries) {
  if (entries.offsets.empty() && entries.times.empty()) co_return Result<void>{};
  const Segment before = segments_[segment];
  CO_TRY(const SegmentHandlePtr handle, handle_of(before));
  CO_TRY_VOID(open_indexes(before, *handle));
  if (!entries.offsets.empty()) {
    CO_TRY_VOID(co_await write_at(handle->index, before.offset_entries * logs::kOffsetEntrySize,
                                  logs::encode_all(entries.offsets)));
  }
  if (!entries.times.empty()) {
    CO_TRY_VOID(co_await write_at(handle->time_index, before.time_entries * logs::kTimeEntrySize,
                                  logs::encode_all(entries.times)));
  }
  segments_[segment].offset_entries += static_cast<std::uint32_t>(entries.offsets.size());
  segments_[segment].time_entries += static_cast<std::uint32_t>(entries.times.size());
  if (handle->index_loaded && !entries.offsets.empty()) {
    handle->entries.insert(handle->entries.end(), entries.offsets.begin(), entries.offsets.end());
    cache_.grown(before.key);
  }
  co_return Result<void>{};
}

// A file of the folder that the next sync makes durable.
env::Task<Result<void>> Log::write_small(std::string name, std::string text) {
  CO_TRY(env::FilePtr file, open_empty(cache_.files(), path(name)));
  const Bytes part = as_bytes(text);
  CO_TRY_VOID(co_await file->write(0, {&part, 1}));
  unsynced_.push_back(std::move(file));
  folder_unsynced_ = true;
  co_return Result<void>{};
}

env::Task<Result<void>> Log::write_epochs() {
  const std::string text = logs::print_epochs(epochs_.entries());
  co_return co_await env::write_file_atomically(cache_.files(), path(logs::kLeaderEpochs),
                                                to_vector(as_bytes(text)));
}

env::Task<Result<void>> Log::create_folder() {
  CO_TRY_VOID(cache_.files().make_dirs(folder_));
  parent_unsynced_ = true;
  touched_ = true;
  CO_TRY_VOID(co_await write_small(std::string(logs::kPartitionMetadata),
                                   logs::print_partition_metadata(topic_id_)));
  CO_TRY_VOID(co_await write_small(std::string(logs::kLeaderEpochs),
                                   logs::print_epochs(epochs_.entries())));
  folder_exists_ = true;
  co_return Result<void>{};
}

Result<void> Log::open_files(env::Files& files, SegmentHandle& handle) {
  handle.log = TRY(open_empty(files, path(logs::FileKind::Log, log_end_)));
  handle.index = TRY(open_empty(files, path(logs::FileKind::Index, log_end_)));
  handle.time_index = TRY(open_empty(files, path(logs::FileKind::TimeIndex, log_end_)));
  handle.aborted_loaded = true;
  return files.remove(path(logs::FileKind::TxnIndex, log_end_));
}

Result<void> Log::remove_files_at(env::Files& files, Offset base) {
  using Kind = logs::FileKind;
  for (const Kind kind : {Kind::Log, Kind::Index, Kind::TimeIndex, Kind::TxnIndex}) {
    TRY_VOID(files.remove(path(kind, base)));
  }
  return {};
}

// Begins a new active segment at the end of the log.
env::Task<Result<void>> Log::create_segment() {
  if (!folder_exists_) CO_TRY_VOID(co_await create_folder());
  if (!segments_.empty()) CO_TRY_VOID(co_await finish_active());
  Segment segment{.base = log_end_,
                  .key = cache_.new_key(),
                  .times_known = true,
                  .sparse = logs::SparseIndex(log_end_),
                  .created = shard_.wall()};
  auto handle = std::make_shared<SegmentHandle>();
  env::Files& files = cache_.files();
  if (const Result<void> made = open_files(files, *handle); !made) {
    probe::reached<"log: a segment could not be made">();
    // What was made of it must not be there when the log is read back: its base is in the middle of
    // what the old segment may still take.
    const Result<void> removed = remove_files_at(files, log_end_);
    if (!removed) go_offline(removed.error());
    co_return made;
  }
  handle->index_loaded = true;
  if (on_roll_) on_roll_(log_end_);
  folder_unsynced_ = true;
  touched_ = true;
  cache_.put(segment.key, std::move(handle));
  segments_.push_back(segment);
  co_return Result<void>{};
}

// Completes the active segment's indexes; the next sync makes all of it durable.
env::Task<Result<void>> Log::finish_active() {
  touched_ = true;
  Segment& active = segments_.back();
  CO_TRY(const SegmentHandlePtr handle, handle_of(active));
  CO_TRY_VOID(open_indexes(active, *handle));
  logs::SparseIndex sparse = active.sparse;
  IndexEntries last;
  if (const auto entry = sparse.finish()) last.times.push_back(*entry);
  CO_TRY_VOID(co_await write_indexes(segments_.size() - 1, std::move(last)));
  segments_.back().sparse = sparse;
  if (!probe::planted<"a full segment is not synced">()) {
    for (const env::FilePtr& file : {handle->log, handle->index, handle->time_index}) {
      unsynced_.push_back(file);
    }
  }
  if (segments_.back().aborted > 0) {
    CO_TRY_VOID(open_aborted(segments_.back(), *handle));
    unsynced_.push_back(handle->aborted);
  }
  active_unsynced_ = false;
  unsynced_active_ = nullptr;
  co_return Result<void>{};
}

Result<void> Log::remove_files(Offset base) {
  using Kind = logs::FileKind;
  // The batches first: indexes without a log are swept away at the next start, a log is not.
  for (const Kind kind :
       {Kind::Log, Kind::Index, Kind::TimeIndex, Kind::TxnIndex, Kind::Snapshot}) {
    TRY_VOID(cache_.files().remove(path(kind, base)));
  }
  folder_unsynced_ = true;
  return {};
}

env::Task<Result<Removed>> Log::remove_oldest(std::size_t count) {
  Removed removed;
  for (; count > 0; --count) {
    const Segment oldest = segments_.front();
    CO_TRY_VOID(remove_files(oldest.base));
    cache_.drop(oldest.key);
    segments_.erase(segments_.begin());
    ++removed.segments;
    removed.bytes += oldest.size;
  }
  const Offset first = segments_.empty() ? log_end_ : segments_.front().base;
  log_start_ = std::max(log_start_, first);
  removed.log_start = log_start_;
  if (epochs_.cut_start(log_start_) && folder_exists_) CO_TRY_VOID(co_await write_epochs());
  co_return removed;
}

// The disk failed. Whoever runs this machine has to know, and what to do about it.
void Log::go_offline(const Error& why) {
  if (offline_) return;
  observe::error("a log takes no more writes",
                 {{"log", folder_},
                  {"why", why.detail},
                  {"do", "mend the disk and restart the node, which reads back what is there"}});
  take_no_more({ErrorCode::KafkaStorageError,
                fmt::format("{} takes no more writes: {}", folder_, why.detail)});
}

void Log::take_no_more(Error why) {
  if (offline_) return;
  offline_ = std::move(why);
  moved_.notify_all();
}

void Log::request_sync() {
  if (!offline_) syncer_.request(*this);
}

env::Task<Result<void>> Log::sync_all(std::vector<env::FilePtr> files, bool folder, bool parent) {
  for (const env::FilePtr& file : files) CO_TRY_VOID(co_await file->sync());
  if (folder) CO_TRY_VOID(co_await cache_.files().sync_dir(folder_));
  if (parent) CO_TRY_VOID(co_await cache_.files().sync_dir(parent_of(folder_)));
  co_return Result<void>{};
}

env::Task<Result<void>> Log::sync() {
  if (offline_) co_return Result<void>{};
  const Offset end = log_end_;
  std::vector<env::FilePtr> files = std::exchange(unsynced_, {});
  if (active_unsynced_) {
    auto file = unsynced_active_;
    if (!file) {
      const auto handle = handle_of(segments_.back());
      if (!handle) {
        go_offline(handle.error());
        co_return fail(handle.error());
      }
      file = (*handle)->log;
    }
    files.push_back(std::move(file));
  }
  bool folder = std::exchange(folder_unsynced_, false);
  if (probe::planted<"folders are not synced">()) folder = false;
  const bool parent = std::exchange(parent_unsynced_, false);
  const Result<void> synced = co_await sync_all(std::move(files), folder, parent);
  if (!synced && !probe::planted<"a failed sync is forgotten">()) {
    probe::reached<"log: a sync failed">();
    // What the disk holds now nobody knows, and asking it again would prove nothing.
    go_offline(synced.error());
    co_return synced;
  }
  if (log_end_ > end) probe::reached<"log: appended to while it was synced">();
  if (log_end_ <= end) {
    active_unsynced_ = false;
    unsynced_active_ = nullptr;
  }
  unsynced_since_ = shard_.now();
  synced_end_ = std::max(synced_end_, std::min(end, log_end_));
  if (durable_end_ < synced_end_) {
    durable_end_ = synced_end_;
    moved_.notify_all();
  }
  co_return synced;
}

// Waits until all that was written is synced.
env::Task<Result<void>> Log::settle() {
  request_sync();
  co_await syncer_.drain(*this);
  if (offline_) co_return fail(*offline_);
  co_return Result<void>{};
}

}  // namespace store
