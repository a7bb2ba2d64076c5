#include "app/commands/group_look.h"

#include <fmt/format.h>

#include <chrono>

#include "client/record_times.h"

namespace app {

namespace {

Timestamp wall_now() {
  return Timestamp{
      std::chrono::duration_cast<Millis>(std::chrono::system_clock::now().time_since_epoch())
          .count()};
}

// The topics of the rows, as far as they still exist, with only their partitions.
std::vector<client::TopicInfo> pick(const std::vector<client::TopicInfo>& all,
                                    const std::vector<GroupRow>& rows) {
  std::vector<client::TopicInfo> picked;
  for (client::TopicInfo topic : all) {
    std::erase_if(topic.partitions, [&](const client::Partition& partition) {
      return !std::ranges::binary_search(rows, TopicPartition{topic.name, partition.index}, {},
                                         &GroupRow::partition);
    });
    if (!topic.partitions.empty()) picked.push_back(std::move(topic));
  }
  return picked;
}

template <class Found, class Set>
void fill(std::vector<GroupRow>& rows, const std::map<TopicPartition, Found>& found, Set set) {
  for (GroupRow& row : rows) {
    const auto at = found.find(row.partition);
    if (at != found.end()) set(row, at->second);
  }
}

}  // namespace

Outcome<std::unique_ptr<GroupPicture>> look_at_group(Session& session, const std::string& name,
                                                     bool with_times) {
  client::Cluster& cluster = session.cluster();
  const GroupId id{name};
  auto picture = std::make_unique<GroupPicture>();  // Its rows point into it, so it stays put.
  picture->group = TRY(session.wait(client::describe_group(cluster, id)));
  const client::CommittedOffsets committed =
      TRY(session.wait(picture->group.is_share() ? client::share_offsets(cluster, id)
                                                 : client::committed_offsets(cluster, id)));
  const auto all = TRY(session.wait(client::list_topics(cluster)));
  picture->rows = rows_of(picture->group, committed, all);
  const auto topics = pick(all, picture->rows);
  fill(picture->rows, TRY(session.wait(client::ranges(cluster, topics))),
       [](GroupRow& row, const client::Range& range) { row.range = range; });
  picture->now = wall_now();
  if (!with_times) return picture;

  std::map<TopicPartition, Offset> unread;
  for (const GroupRow& row : picture->rows) {
    if (const auto first = row.first_unread()) unread[row.partition] = *first;
  }
  fill(picture->rows, TRY(session.wait(client::record_times(cluster, topics, unread))),
       [](GroupRow& row, Timestamp time) { row.unread_since = time; });
  picture->now = wall_now();
  return picture;
}

std::vector<std::string> warnings_of(const GroupPicture& picture) {
  std::vector<std::string> warnings;
  const std::vector<TopicPartition> unowned = picture.unowned();
  if (!unowned.empty()) {
    warnings.push_back(fmt::format(
        "nobody reads {} of the partitions subscribed to: {}\n"
        "While the group rebalances this passes. Otherwise see what happened with: thalweg group "
        "timeline {}",
        unowned.size(), brief(unowned), picture.group.id.value));
  }
  return warnings;
}

std::string shown_behind(const std::optional<Millis>& behind) {
  if (!behind) return "-";
  return human_duration(*behind);
}

Json to_json(const TopicPartition& partition) {
  return {{"topic", partition.topic.value}, {"partition", partition.partition.value}};
}

}  // namespace app
