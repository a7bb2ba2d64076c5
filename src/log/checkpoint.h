// The small text files of a data folder, as Apache Kafka writes and reads them. Each `print_` gives
// the exact content, each `parse_` takes what any version of it or of us wrote; what is wrong with
// a text is said with its line.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "log/epochs.h"

namespace logs {

// recovery-point-offset-checkpoint, log-start-offset-checkpoint: an offset per partition.
using OffsetCheckpoint = std::map<TopicPartition, Offset>;
std::string print_offsets(const OffsetCheckpoint& offsets);
Result<OffsetCheckpoint> parse_offsets(std::string_view text);

// leader-epoch-checkpoint.
std::string print_epochs(const std::vector<EpochStart>& epochs);
Result<std::vector<EpochStart>> parse_epochs(std::string_view text);

// partition.metadata.
std::string print_partition_metadata(TopicId topic);
Result<TopicId> parse_partition_metadata(std::string_view text);

// .kafka_cleanshutdown. Its being there is what counts; the epoch is the broker's in the cluster.
std::string print_clean_shutdown(std::int64_t broker_epoch);

// meta.properties: whose data this folder holds.
struct MetaProperties {
  std::string cluster_id;
  BrokerId node_id;
  std::optional<DirectoryId> directory_id;
  bool operator==(const MetaProperties&) const = default;
};
std::string print_meta_properties(const MetaProperties& meta);
Result<MetaProperties> parse_meta_properties(std::string_view text);

}  // namespace logs
