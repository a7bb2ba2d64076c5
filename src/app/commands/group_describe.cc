#include <fmt/format.h>

#include <algorithm>

#include "app/commands/common.h"
#include "client/groups.h"
#include "client/offsets.h"

namespace app {

namespace {

struct Options {
  ClusterOptions cluster;
  std::vector<std::string> names;
};

// One line: a partition that the group has committed, that a member reads, or both.
struct Row {
  TopicPartition partition;
  std::optional<Offset> committed;
  std::optional<client::Range> range;
  const client::GroupMember* member = nullptr;

  std::optional<std::int64_t> lag() const {
    if (!range) return {};
    return range->end.value - std::max(committed.value_or(range->start), range->start).value;
  }
};

struct Picture {
  client::GroupInfo group;
  std::vector<Row> rows;
  std::int64_t lag() const {
    std::int64_t sum = 0;
    for (const Row& row : rows) sum += std::max<std::int64_t>(0, row.lag().value_or(0));
    return sum;
  }
};

// The topics named, as far as they still exist, with only the partitions named.
std::vector<client::TopicInfo> pick(const std::vector<client::TopicInfo>& all,
                                    const std::map<TopicPartition, Row>& rows) {
  std::vector<client::TopicInfo> picked;
  for (client::TopicInfo topic : all) {
    std::erase_if(topic.partitions, [&](const client::Partition& partition) {
      return !rows.contains({topic.name, partition.index});
    });
    if (!topic.partitions.empty()) picked.push_back(std::move(topic));
  }
  return picked;
}

Outcome<Picture> look(Session& session, const std::string& name) {
  client::Cluster& cluster = session.cluster();
  Picture picture;
  picture.group = TRY(session.wait(client::describe_group(cluster, GroupId{name})));
  std::map<TopicPartition, Row> rows;
  for (const auto& [partition, committed] :
       TRY(session.wait(client::committed_offsets(cluster, GroupId{name})))) {
    rows[partition].committed = committed.offset;
  }
  for (const client::GroupMember& member : picture.group.members) {
    for (const TopicPartition& partition : member.assignment) rows[partition].member = &member;
  }
  const auto topics = TRY(session.wait(client::list_topics(cluster)));
  for (const auto& [partition, range] :
       TRY(session.wait(client::ranges(cluster, pick(topics, rows))))) {
    rows[partition].range = range;
  }
  for (auto& [partition, row] : rows) {
    row.partition = partition;
    picture.rows.push_back(row);
  }
  return picture;
}

Json to_json(const Picture& picture) {
  Json json{{"group", picture.group.id.value},
            {"state", picture.group.state},
            {"type", picture.group.type},
            {"protocol_type", picture.group.protocol_type},
            {"assignor", picture.group.assignor},
            {"coordinator", picture.group.coordinator.value},
            {"lag", picture.lag()}};
  json["members"] = Json::array();
  for (const client::GroupMember& member : picture.group.members) {
    json["members"].push_back(
        {{"member", member.id.value},
         {"instance", member.instance ? Json(member.instance->value) : Json(nullptr)},
         {"client_id", member.client_id},
         {"host", member.host},
         {"partitions", member.assignment.size()}});
  }
  json["partitions"] = Json::array();
  const auto number = [](const auto& value) { return value ? Json(value->value) : Json(nullptr); };
  for (const Row& row : picture.rows) {
    json["partitions"].push_back(
        {{"topic", row.partition.topic.value},
         {"partition", row.partition.partition.value},
         {"committed", number(row.committed)},
         {"start", row.range ? Json(row.range->start.value) : Json(nullptr)},
         {"end", row.range ? Json(row.range->end.value) : Json(nullptr)},
         {"lag", row.lag() ? Json(*row.lag()) : Json(nullptr)},
         {"member", row.member ? Json(row.member->id.value) : Json(nullptr)}});
  }
  return json;
}

Facts facts_of(const Picture& picture) {
  const client::GroupInfo& group = picture.group;
  Facts facts;
  facts.add("Group", group.id.value);
  facts.add("State", group.state);
  facts.add("Type", group.assignor.empty()
                        ? group.type
                        : fmt::format("{}, assignor {}", group.type, group.assignor));
  if (group.coordinator.value >= 0)
    facts.add("Coordinator", fmt::format("broker {}", group.coordinator.value));
  facts.add("Members", fmt::format("{}", group.members.size()));
  facts.add("Lag", fmt::format("{} records", human_count(picture.lag())));
  return facts;
}

void show(const Picture& picture) {
  print(facts_of(picture));
  Table members({{"MEMBER"}, {"CLIENT"}, {"HOST"}, {"PARTITIONS", Align::Right}});
  for (const client::GroupMember& member : picture.group.members) {
    members.add({member.instance ? fmt::format("{} ({})", member.id.value, member.instance->value)
                                 : member.id.value,
                 member.client_id, member.host, fmt::format("{}", member.assignment.size())});
  }
  if (!members.empty()) {
    say("\n");
    print(members);
  }
  Table partitions({{"TOPIC"},
                    {"PARTITION", Align::Right},
                    {"COMMITTED", Align::Right},
                    {"END", Align::Right},
                    {"LAG", Align::Right},
                    {"CLIENT"}});
  for (const Row& row : picture.rows) {
    partitions.add({row.partition.topic.value, fmt::format("{}", row.partition.partition.value),
                    row.committed ? fmt::format("{}", row.committed->value) : "-",
                    row.range ? fmt::format("{}", row.range->end.value) : "deleted",
                    row.lag() ? human_count(*row.lag()) : "-",
                    row.member ? row.member->client_id : "-"});
  }
  if (!partitions.empty()) {
    say("\n");
    print(partitions);
  }
}

Outcome<> run(const Options& options) {
  const std::unique_ptr<Session> session = TRY(Session::open(options.cluster));
  Json all = Json::array();
  for (const std::string& name : options.names) {
    const Picture picture = TRY(look(*session, name));
    if (options.cluster.json) {
      all.push_back(to_json(picture));
      continue;
    }
    if (&name != &options.names.front()) say("\n");
    show(picture);
  }
  if (options.cluster.json) print(all);
  return {};
}

}  // namespace

void add_group_describe(Tree& tree, CLI::App& group) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = tree.command(
      group,
      {.name = "describe",
       .summary = "Show a group's members, committed offsets and lag",
       .about = "Shows who is in a group, what each member reads, what is committed, and how far "
                "that is behind\n"
                "the end of each partition.",
       .examples = {"thalweg group describe billing",
                    "thalweg group describe billing --json | jq '.[0].lag'"},
       .json = R"([{"group", "state", "type", "protocol_type", "assignor", "coordinator", "lag",
    "members": [{"member", "instance", "client_id", "host", "partitions"}],
    "partitions": [{"topic", "partition", "committed", "start", "end", "lag", "member"}]}])"},
      [options] { return run(*options); });
  command.add_option("GROUP", options->names, "Names of the groups")->required();
  add_cluster_options(command, options->cluster);
}

}  // namespace app
