// Share sessions: a member of a share group names the partitions it reads once, and from then on
// sends what changed. Each session lives on one shard, by its group and member, wherever its
// connections are; with the connection that began it a session ends.
//
// Epochs order the requests of a session: 0 begins one, -1 ends it, and each other carries the
// number after that of the one before.
#pragma once
#include <cstdint>
#include <map>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace broker {

struct ShareSessionKey {
  GroupId group;
  MemberId member;
  auto operator<=>(const ShareSessionKey&) const = default;
};
struct SharedPartition {
  TopicId topic;
  PartitionIndex partition;
  auto operator<=>(const SharedPartition&) const = default;
};

inline constexpr std::int32_t kBeginShareSession = 0;
inline constexpr std::int32_t kEndShareSession = -1;

class ShareSessions {
 public:
  using Partitions = std::vector<SharedPartition>;

  explicit ShareSessions(std::size_t slots) : slots_(slots) {}

  struct Begin {
    ShareSessionKey key;
    std::uint64_t connection = 0;
    Partitions partitions = {};
  };
  // ShareSessionLimitReached. What the member had before is replaced.
  Result<Partitions> begin(Begin wish);

  struct Next {
    ShareSessionKey key;
    std::int32_t epoch = 0;
    Partitions wanted = {};
    Partitions forgotten = {};
  };
  // The partitions of the session, another one first each time. ShareSessionNotFound,
  // InvalidShareSessionEpoch.
  Result<Partitions> next(const Next& wish);

  // Gives the partitions that the session had. ShareSessionNotFound.
  Result<Partitions> end(const ShareSessionKey& key);
  // The same, if the session began on this connection; else there is nothing to end.
  Partitions end_of(const ShareSessionKey& key, std::uint64_t connection);
  // Ends a group's sessions.
  void forget_group(const GroupId& group);

  std::size_t size() const { return sessions_.size(); }

 private:
  struct Session {
    std::int32_t next_epoch = 1;
    std::uint64_t connection = 0;
    Partitions partitions = {};  // In the order in which they were named.
  };

  std::size_t slots_;
  std::map<ShareSessionKey, Session> sessions_;
};

}  // namespace broker
