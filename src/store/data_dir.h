// A data folder: one node's, locked while it is in use, with a folder per partition.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "env/files.h"
#include "log/checkpoint.h"

namespace store {

// Who wants to use the folder. Where it is new these are written into it; where it is not they have
// to agree with what it says.
struct DataDirOwner {
  BrokerId node_id;
  std::optional<std::string> cluster_id;  // Nothing: whatever the folder says.
  std::string fresh_cluster_id;           // For a new folder, where no cluster_id is demanded.
  DirectoryId fresh_directory_id;
};

struct DataDir {
  std::string path;
  std::unique_ptr<env::DirLock> lock;
  logs::MetaProperties meta;
  bool fresh = false;  // It was made by this call.
  bool clean = false;  // It was shut down cleanly.
  logs::OffsetCheckpoint recovery_points;
  logs::OffsetCheckpoint log_starts;
  std::vector<TopicPartition> partitions;  // That have folders.
  std::vector<std::string> deleted;        // Paths of folders of deleted partitions.
  std::vector<std::string> unreadable;     // Checkpoints that could not be read, and why.
};

// Opens a data folder, making it if need be. From here on the folder counts as not shut down
// cleanly.
env::Task<Result<DataDir>> open_data_dir(env::Files& files, std::string path, DataDirOwner owner);

env::Task<Result<void>> write_recovery_points(env::Files& files, std::string path,
                                              logs::OffsetCheckpoint points);
env::Task<Result<void>> write_log_starts(env::Files& files, std::string path,
                                         logs::OffsetCheckpoint starts);
// The last act of a shutdown, when all logs are closed and both checkpoints written.
env::Task<Result<void>> mark_clean(env::Files& files, std::string path,
                                   std::int64_t broker_epoch = -1);

// Deletes the folder of a removed log.
Result<void> remove_folder(env::Files& files, const std::string& path);

}  // namespace store
