// What a share group keeps in the log `__consumer_offsets`.
#pragma once
#include <cstdint>
#include <optional>
#include <variant>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "group/consumer_record.h"
#include "group/terms.h"

namespace group {

// The share group's own epoch and metadata hash, of the same form as a consumer group's.
struct ShareEpochSet {
  std::optional<GroupEpoch> value = {};
  bool operator==(const ShareEpochSet&) const = default;
};
using ShareChange = std::variant<ShareEpochSet>;

struct ShareRecord {
  GroupId group;
  ShareChange change;
  bool operator==(const ShareRecord&) const = default;
};

Encoded encode(const ShareRecord& record);

// Nothing where `kind` is not one of these.
Result<std::optional<ShareRecord>> decode_share(std::int16_t kind, Bytes key,
                                                std::optional<Bytes> value);

}  // namespace group
