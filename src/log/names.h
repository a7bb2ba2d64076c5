// The names of folders and files that make up a data folder, as Apache Kafka gives them.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace logs {

inline constexpr std::string_view kMetaProperties = "meta.properties";
inline constexpr std::string_view kRecoveryPoints = "recovery-point-offset-checkpoint";
inline constexpr std::string_view kLogStarts = "log-start-offset-checkpoint";
inline constexpr std::string_view kCleanShutdown = ".kafka_cleanshutdown";
inline constexpr std::string_view kLock = ".lock";

inline constexpr std::string_view kPartitionMetadata = "partition.metadata";
inline constexpr std::string_view kLeaderEpochs = "leader-epoch-checkpoint";

enum class FileKind {
  Log,
  Index,
  TimeIndex,
  TxnIndex,
  Snapshot,
  LeftOver,    // Of a deletion, compaction or checkpoint that did not end: to be removed.
  Unfinished,  // Of a compaction that only Apache Kafka can complete.
  Other,
};

// A file of a partition's folder, by its name.
struct FileName {
  FileKind kind = FileKind::Other;
  Offset base;
  bool operator==(const FileName&) const = default;
};
FileName parse_file_name(std::string_view name);
// "00000000000000000042.log"; only for the first five kinds.
std::string file_name(FileKind kind, Offset base);

// "<topic>-<partition>"; nothing for what is no such name.
std::string partition_folder(const TopicPartition& partition);
std::optional<TopicPartition> parse_partition_folder(std::string_view name);

// What the folder of a deleted partition is called until it is gone.
std::string deleted_folder(std::string_view name, const Uuid& fresh);
bool is_deleted_folder(std::string_view name);

}  // namespace logs
