#include "store/data_dir.h"

#include <fmt/format.h>

#include "log/names.h"

namespace store {
namespace {

std::string inside(const std::string& folder, std::string_view name) {
  return fmt::format("{}/{}", folder, name);
}

env::Task<Result<void>> write_text(env::Files& files, std::string path, std::string text) {
  co_return co_await env::write_file_atomically(files, std::move(path), to_vector(as_bytes(text)));
}

// Whose the folder is.
env::Task<Result<void>> identify(env::Files& files, DataDir& dir, DataDirOwner owner) {
  const std::string path = inside(dir.path, logs::kMetaProperties);
  if (!files.exists(path)) {
    dir.fresh = true;
    const std::size_t slash = dir.path.find_last_of('/');
    const std::string parent = slash == std::string::npos ? "." : dir.path.substr(0, slash);
    CO_TRY_VOID(co_await files.sync_dir(parent.empty() ? "/" : parent));
    dir.meta = {.cluster_id = owner.cluster_id.value_or(owner.fresh_cluster_id),
                .node_id = owner.node_id,
                .directory_id = owner.fresh_directory_id};
    co_return co_await write_text(files, path, logs::print_meta_properties(dir.meta));
  }
  CO_TRY(const ByteVector text, co_await env::read_file(files, path));
  auto meta = logs::parse_meta_properties(as_text(text));
  if (!meta) {
    co_return fail(ErrorCode::KafkaStorageError, fmt::format("{}: {}", path, meta.error().detail));
  }
  dir.meta = std::move(*meta);
  if (dir.meta.node_id != owner.node_id) {
    co_return fail(ErrorCode::KafkaStorageError,
                   fmt::format("{} holds the data of node {}, and this is node {}: give this node "
                               "its own folder, or set node.id",
                               dir.path, dir.meta.node_id.value, owner.node_id.value));
  }
  if (owner.cluster_id && *owner.cluster_id != dir.meta.cluster_id) {
    co_return fail(ErrorCode::InconsistentClusterId,
                   fmt::format("{} holds data of the cluster {}, and this node is of {}", dir.path,
                               dir.meta.cluster_id, *owner.cluster_id));
  }
  co_return Result<void>{};
}

env::Task<Result<logs::OffsetCheckpoint>> read_offsets(env::Files& files, DataDir& dir,
                                                       std::string_view name) {
  const std::string path = inside(dir.path, name);
  if (!files.exists(path)) co_return logs::OffsetCheckpoint{};
  CO_TRY(const ByteVector text, co_await env::read_file(files, path));
  auto offsets = logs::parse_offsets(as_text(text));
  if (offsets) co_return std::move(*offsets);
  // Without the checkpoints more is checked and deleted records come back, but nothing is lost.
  dir.unreadable.push_back(fmt::format("{}: {}", path, offsets.error().detail));
  co_return logs::OffsetCheckpoint{};
}

env::Task<Result<bool>> take_clean_marker(env::Files& files, DataDir& dir) {
  const std::string path = inside(dir.path, logs::kCleanShutdown);
  if (!files.exists(path)) co_return false;
  CO_TRY_VOID(files.remove(path));
  CO_TRY_VOID(co_await files.sync_dir(dir.path));
  co_return true;
}

}  // namespace

env::Task<Result<DataDir>> open_data_dir(env::Files& files, std::string path, DataDirOwner owner) {
  DataDir dir;
  dir.path = std::move(path);
  CO_TRY_VOID(files.make_dirs(dir.path));
  CO_TRY(dir.lock, files.lock(inside(dir.path, logs::kLock)));
  CO_TRY_VOID(co_await identify(files, dir, std::move(owner)));
  CO_TRY(dir.recovery_points, co_await read_offsets(files, dir, logs::kRecoveryPoints));
  CO_TRY(dir.log_starts, co_await read_offsets(files, dir, logs::kLogStarts));
  CO_TRY(const auto entries, files.list(dir.path));
  for (const env::DirEntry& entry : entries) {
    if (!entry.is_directory) continue;
    if (logs::is_deleted_folder(entry.name)) {
      dir.deleted.push_back(inside(dir.path, entry.name));
    } else if (auto partition = logs::parse_partition_folder(entry.name)) {
      dir.partitions.push_back(std::move(*partition));
    }
  }
  CO_TRY(dir.clean, co_await take_clean_marker(files, dir));
  // Nothing to check in a folder that nobody has used.
  dir.clean = dir.clean || dir.fresh;
  co_return dir;
}

env::Task<Result<void>> write_recovery_points(env::Files& files, std::string path,
                                              logs::OffsetCheckpoint points) {
  co_return co_await write_text(files, inside(path, logs::kRecoveryPoints),
                                logs::print_offsets(points));
}

env::Task<Result<void>> write_log_starts(env::Files& files, std::string path,
                                         logs::OffsetCheckpoint starts) {
  co_return co_await write_text(files, inside(path, logs::kLogStarts), logs::print_offsets(starts));
}

env::Task<Result<void>> mark_clean(env::Files& files, std::string path, std::int64_t broker_epoch) {
  co_return co_await write_text(files, inside(path, logs::kCleanShutdown),
                                logs::print_clean_shutdown(broker_epoch));
}

Result<void> remove_folder(env::Files& files, const std::string& path) {
  return files.remove_all(path);
}

}  // namespace store
