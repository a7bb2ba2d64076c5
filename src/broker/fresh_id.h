// Random ids for topics, folders and nodes.
#pragma once
#include "base/bytes.h"
#include "base/ids.h"
#include "env/shard.h"

namespace broker {

// Version 4, variant 1 (RFC 9562), as Kafka's random ids are. So it is never zero either.
inline Uuid fresh_id(env::Shard& shard) {
  Uuid id;
  store_big(id.bytes.data(), static_cast<std::int64_t>(shard.random()));
  store_big(id.bytes.data() + 8, static_cast<std::int64_t>(shard.random()));
  id.bytes[6] = (id.bytes[6] & std::byte{0x0f}) | std::byte{0x40};
  id.bytes[8] = (id.bytes[8] & std::byte{0x3f}) | std::byte{0x80};
  return id;
}

}  // namespace broker
