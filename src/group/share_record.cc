#include "group/share_record.h"

#include "group/record.h"
#include "group/record_bytes.h"
#include "wire/state/share_group.h"

namespace group {

Encoded encode(const ShareRecord& record) {
  const auto& set = std::get<ShareEpochSet>(record.change);
  Encoded encoded{.key = key_bytes(wire::ShareGroupMetadataKey{.group_id = record.group})};
  if (set.value) {
    encoded.value =
        value_bytes(wire::ShareGroupMetadataValue{.epoch = set.value->epoch.value,
                                                  .metadata_hash = set.value->metadata_hash},
                    0);
  }
  return encoded;
}

Result<std::optional<ShareRecord>> decode_share(std::int16_t kind, Bytes key,
                                                std::optional<Bytes> value) {
  if (kind != wire::ShareGroupMetadataKey::kKey) return std::nullopt;
  auto named = TRY(wire::read_share_group_metadata_key(key, 0));
  ShareEpochSet set;
  if (value) {
    const Prefixed versioned = TRY(read_prefix(*value));
    const auto read = TRY(wire::read_share_group_metadata_value(versioned.rest, versioned.prefix));
    set.value = GroupEpoch{Epoch{read.epoch}, read.metadata_hash};
  }
  return ShareRecord{std::move(named.group_id), std::move(set)};
}

}  // namespace group
