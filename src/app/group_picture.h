// A consumer group as a person wants to see it: each partition that it has committed for, reads or
// ought to read, with how far it is behind there and who reads it.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/groups.h"
#include "client/offsets.h"
#include "client/topics.h"

namespace app {

struct GroupRow {
  TopicPartition partition;
  std::optional<Offset> committed = {};
  std::optional<std::int64_t> told_lag = {};  // By the cluster, of share groups.
  std::optional<client::Range> range = {};  // None: it does not exist (any more), or has no leader.
  std::optional<Timestamp> unread_since = {};  // The time of the first record not committed.
  std::vector<const client::GroupMember*> owners = {};  // One; several in a share group.
  bool subscribed = false;  // By name: what a pattern stands for, only the cluster knows.

  // Where nothing is committed, all that is there.
  std::optional<std::int64_t> lag() const;
  // The first offset not committed, where there is a record to read.
  std::optional<Offset> first_unread() const;
  // How old the first record is that is not committed, by its own time. Zero where there is none.
  std::optional<Millis> behind(Timestamp now) const;
};

struct GroupPicture {
  client::GroupInfo group = {};
  std::vector<GroupRow> rows = {};
  Timestamp now{};

  std::int64_t lag() const;
  std::optional<Millis> behind() const;  // Of the partition that is furthest behind.
  std::vector<TopicPartition> unowned() const;
};

// The rows but for their ranges and times. They point into `group`.
std::vector<GroupRow> rows_of(const client::GroupInfo& group,
                              const client::CommittedOffsets& committed,
                              const std::vector<client::TopicInfo>& topics);

// "orders:0-3,7 payments:1".
std::string brief(std::vector<TopicPartition> partitions);

}  // namespace app
