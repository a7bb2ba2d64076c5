#include <fmt/format.h>

#include <algorithm>

#include "app/commands/group_look.h"

namespace app {

namespace {

struct Options {
  ClusterOptions cluster;
  std::vector<std::string> names;
};

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(value->value) : Json(nullptr);
}

Json seconds(const std::optional<Millis>& behind) {
  return behind ? Json(static_cast<double>(behind->count()) / 1000) : Json(nullptr);
}

Json json_of(const client::GroupMember& member) {
  return {{"member", member.id.value},
          {"instance", or_null(member.instance)},
          {"client_id", member.client_id},
          {"host", member.host},
          {"rack", member.rack ? Json(*member.rack) : Json(nullptr)},
          {"epoch", member.epoch ? Json(*member.epoch) : Json(nullptr)},
          {"partitions", member.assignment.size()}};
}

Json json_of(const GroupRow& row, Timestamp now) {
  Json json = to_json(row.partition);
  json["committed"] = or_null(row.committed);
  json["start"] = row.range ? Json(row.range->start.value) : Json(nullptr);
  json["end"] = row.range ? Json(row.range->end.value) : Json(nullptr);
  json["lag"] = row.lag() ? Json(*row.lag()) : Json(nullptr);
  json["lag_seconds"] = seconds(row.behind(now));
  json["member"] = row.owners.empty() ? Json(nullptr) : Json(row.owners.front()->id.value);
  json["members"] = Json::array();
  for (const client::GroupMember* owner : row.owners) json["members"].push_back(owner->id.value);
  return json;
}

Json json_of(const GroupPicture& picture) {
  const client::GroupInfo& group = picture.group;
  Json json{{"group", group.id.value},
            {"state", group.state},
            {"type", group.type},
            {"protocol_type", group.protocol_type},
            {"assignor", group.assignor},
            {"epoch", group.epoch ? Json(*group.epoch) : Json(nullptr)},
            {"coordinator", group.coordinator.value},
            {"lag", picture.lag()},
            {"lag_seconds", seconds(picture.behind())}};
  json["members"] = Json::array();
  for (const client::GroupMember& member : group.members)
    json["members"].push_back(json_of(member));
  json["partitions"] = Json::array();
  for (const GroupRow& row : picture.rows) json["partitions"].push_back(json_of(row, picture.now));
  json["unowned"] = Json::array();
  for (const TopicPartition& one : picture.unowned()) json["unowned"].push_back(to_json(one));
  return json;
}

Facts facts_of(const GroupPicture& picture) {
  const client::GroupInfo& group = picture.group;
  Facts facts;
  facts.add("Group", group.id.value);
  facts.add("State", group.state);
  facts.add("Type", group.assignor.empty()
                        ? group.type
                        : fmt::format("{}, assignor {}", group.type, group.assignor));
  if (group.epoch) facts.add("Epoch", fmt::format("{}", *group.epoch));
  if (group.coordinator.value >= 0)
    facts.add("Coordinator", fmt::format("broker {}", group.coordinator.value));
  facts.add("Members", fmt::format("{}", group.members.size()));
  const auto behind = picture.behind();
  facts.add("Lag", behind && picture.lag() > 0
                       ? fmt::format("{} records, {} behind", human_count(picture.lag()),
                                     shown_behind(behind))
                       : fmt::format("{} records", human_count(picture.lag())));
  return facts;
}

// Whose partitions these are, as short as it stays clear.
std::string owners_of(const GroupRow& row) {
  std::string text;
  for (const client::GroupMember* owner : row.owners) {
    const std::string& name = owner->instance ? owner->instance->value : owner->client_id;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, owner->host);
  }
  return text.empty() ? (row.subscribed ? "NOBODY" : "-") : text;
}

Table members_of(const client::GroupInfo& group) {
  Table table({{"MEMBER"}, {"CLIENT"}, {"HOST"}, {"RACK"}, {"PARTITIONS", Align::Right}});
  for (const client::GroupMember& member : group.members) {
    table.add({member.instance ? fmt::format("{} ({})", member.id.value, member.instance->value)
                               : member.id.value,
               member.client_id, member.host, member.rack.value_or("-"),
               fmt::format("{}", member.assignment.size())});
  }
  return table;
}

Table partitions_of(const GroupPicture& picture) {
  const bool share = picture.group.is_share();
  Table table({{"TOPIC"},
               {"PARTITION", Align::Right},
               {share ? "DONE BEFORE" : "COMMITTED", Align::Right},
               {"END", Align::Right},
               {"LAG", Align::Right},
               {"BEHIND", Align::Right},
               {"OWNER"}});
  for (const GroupRow& row : picture.rows) {
    table.add({row.partition.topic.value, fmt::format("{}", row.partition.partition.value),
               row.committed ? fmt::format("{}", row.committed->value) : "-",
               row.range ? fmt::format("{}", row.range->end.value) : "deleted",
               row.lag() ? human_count(*row.lag()) : "-", shown_behind(row.behind(picture.now)),
               owners_of(row)});
  }
  return table;
}

void show(const GroupPicture& picture) {
  print(facts_of(picture));
  for (const Table& table : {members_of(picture.group), partitions_of(picture)}) {
    if (table.empty()) continue;
    say("\n");
    print(table);
  }
  flush_output();
  warn(warnings_of(picture));
}

Outcome<> run(const Options& options) {
  const std::unique_ptr<Session> session = TRY(Session::open(options.cluster));
  Json all = Json::array();
  for (const std::string& name : options.names) {
    const auto picture = TRY(look_at_group(*session, name, true));
    if (options.cluster.json) {
      all.push_back(json_of(*picture));
      continue;
    }
    if (&name != &options.names.front()) say("\n");
    show(*picture);
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
       .about =
           "Shows who is in a group, what each member reads, what is committed, and how far that "
           "is behind.\n"
           "LAG counts the records from what is committed to the end. BEHIND is how old the first "
           "of them is,\n"
           "by the time that it carries: how late the group would be if it read that record now. "
           "It is told by\n"
           "reading the record. Partitions that the group subscribes to and nobody owns are warned "
           "about.",
       .examples = {"thalweg group describe billing",
                    "thalweg group describe billing --json | jq '.[0].lag_seconds'"},
       .json = R"([{"group", "state", "type", "protocol_type", "assignor", "epoch", "coordinator",
    "lag", "lag_seconds",
    "members": [{"member", "instance", "client_id", "host", "rack", "epoch", "partitions"}],
    "partitions": [{"topic", "partition", "committed", "start", "end", "lag", "lag_seconds",
                    "member", "members"}],
    "unowned": [{"topic", "partition"}]}])"},
      [options] { return run(*options); });
  command.add_option("GROUP", options->names, "Names of the groups")->required();
  add_cluster_options(command, options->cluster);
}

}  // namespace app
