// What a share group's members are given, and how far the group has come.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "scene.h"

namespace simulation {

inline const GroupId kWorkers{"workers"};

struct Handed {
  Offset offset = {};
  int count = 0;
  std::string value = {};
};
struct FromPartition {
  int partition = 0;
  ErrorCode error = ErrorCode::None;
  ErrorCode acknowledged = ErrorCode::None;
  std::vector<Handed> records = {};
};
struct Fetched {
  ErrorCode error = ErrorCode::None;
  std::vector<FromPartition> partitions = {};
};

// An answer to ShareFetch. CorruptMessage for records that cannot be read.
Result<Fetched> read_fetched(Bytes answer, wire::Version version);

// The offset from which on a partition has records that the group has not done with.
env::Task<Result<std::map<int, Offset>>> read_share_starts(env::Shard& shard, env::Address broker);

}  // namespace simulation
