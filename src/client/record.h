// A record as clients see it: with its place in a partition, and bytes that somebody else owns.
#pragma once
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/time.h"

namespace client {

struct Header {
  std::string_view name;
  std::optional<Bytes> value;
};

struct RecordView {
  std::string_view topic;
  PartitionIndex partition;
  Offset offset;
  Timestamp timestamp = kNoTimestamp;
  std::optional<Bytes> key;
  std::optional<Bytes> value;
  std::vector<Header> headers;
};

}  // namespace client
