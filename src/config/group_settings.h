// What a group may have for itself, set while the broker runs: DescribeConfigs and AlterConfigs of
// resource type 32. Where a group sets nothing the broker's own options hold.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "config/broker_options.h"
#include "config/layers.h"

namespace config {

// Where a share group begins with a partition that it has never read.
struct OffsetReset {
  enum class To { Latest, Earliest, ByDuration } to = To::Latest;
  Millis duration{};  // Of ByDuration: with what is this old.
  bool operator==(const OffsetReset&) const = default;
};
// Reads "latest", "earliest", "by_duration:P1DT2H3M4.5S".
Result<OffsetReset> parse_offset_reset(std::string_view text);

struct GroupSettings {
  Millis share_session_timeout{};
  Millis share_heartbeat_interval{};
  Millis share_record_lock{};
  OffsetReset share_reset = {};
  bool share_read_committed = false;
};
GroupSettings group_settings(const Pairs& group, const BrokerOptions& broker);

// Whether a group could be given these settings. InvalidConfig.
Result<void> check_group(const Pairs& group, const BrokerOptions& broker);
std::vector<Described> describe_group(const Pairs& group, const Layers& broker,
                                      const std::optional<std::vector<std::string>>& names);

}  // namespace config
