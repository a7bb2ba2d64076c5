#include "app/group_picture.h"

#include <fmt/format.h>

#include <algorithm>

namespace app {

std::optional<std::int64_t> GroupRow::lag() const {
  if (!range) return {};
  if (told_lag) return told_lag;
  const Offset from = std::max(committed.value_or(range->start), range->start);
  return std::max<std::int64_t>(0, range->end.value - from.value);
}

std::optional<Offset> GroupRow::first_unread() const {
  if (lag().value_or(0) == 0) return {};
  return std::max(committed.value_or(range->start), range->start);
}

std::optional<Millis> GroupRow::behind(Timestamp now) const {
  if (lag() == 0) return Millis{0};
  if (!unread_since) return {};
  return std::max(Millis{0}, Millis{now.value - unread_since->value});
}

std::int64_t GroupPicture::lag() const {
  std::int64_t sum = 0;
  for (const GroupRow& row : rows) sum += row.lag().value_or(0);
  return sum;
}

std::optional<Millis> GroupPicture::behind() const {
  std::optional<Millis> most;
  for (const GroupRow& row : rows) most = std::max(most, row.behind(now));
  return most;
}

std::vector<TopicPartition> GroupPicture::unowned() const {
  std::vector<TopicPartition> unowned;
  for (const GroupRow& row : rows) {
    if (row.subscribed && row.owners.empty()) unowned.push_back(row.partition);
  }
  return unowned;
}

std::vector<GroupRow> rows_of(const client::GroupInfo& group,
                              const client::CommittedOffsets& committed,
                              const std::vector<client::TopicInfo>& topics) {
  std::map<TopicPartition, GroupRow> rows;
  for (const auto& [partition, at] : committed) {
    rows[partition].committed = at.offset;
    rows[partition].told_lag = at.lag;
  }
  for (const client::GroupMember& member : group.members) {
    for (const TopicPartition& partition : member.assignment) {
      rows[partition].owners.push_back(&member);
    }
    for (const TopicName& name : member.topics) {
      const auto topic = std::ranges::find(topics, name, &client::TopicInfo::name);
      if (topic == topics.end()) continue;
      for (const client::Partition& partition : topic->partitions) {
        rows[{name, partition.index}].subscribed = true;
      }
    }
  }
  std::vector<GroupRow> all;
  for (auto& [partition, row] : rows) {
    row.partition = partition;
    all.push_back(std::move(row));
  }
  return all;
}

std::string brief(std::vector<TopicPartition> partitions) {
  std::ranges::sort(partitions);
  std::string text;
  for (std::size_t i = 0; i < partitions.size();) {
    const TopicPartition& first = partitions[i];
    const bool same_topic = i > 0 && partitions[i - 1].topic == first.topic;
    std::size_t end = i + 1;
    while (end < partitions.size() && partitions[end].topic == first.topic &&
           partitions[end].partition.value ==
               first.partition.value + static_cast<std::int32_t>(end - i)) {
      ++end;
    }
    text += same_topic ? "," : fmt::format("{}{}:", text.empty() ? "" : " ", first.topic.value);
    text += fmt::format("{}", first.partition.value);
    if (end > i + 1) text += fmt::format("-{}", partitions[end - 1].partition.value);
    i = end;
  }
  return text;
}

}  // namespace app
