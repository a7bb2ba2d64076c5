#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "app/commands/group_look.h"

namespace app {

namespace {

struct Options {
  ClusterOptions cluster;
  std::string name;
};

std::vector<TopicPartition> without(const std::vector<TopicPartition>& some,
                                    const std::vector<TopicPartition>& others) {
  std::vector<TopicPartition> left;
  std::ranges::set_difference(some, others, std::back_inserter(left));
  return left;
}

// What a member has still to be given, and to let go.
struct Pending {
  std::vector<TopicPartition> to_come;
  std::vector<TopicPartition> to_go;
};

Pending pending(const client::GroupMember& member) {
  if (!member.target) return {};
  return {without(*member.target, member.assignment), without(member.assignment, *member.target)};
}

std::string shown_pending(const client::GroupMember& member) {
  const Pending moves = pending(member);
  std::string text;
  if (!moves.to_go.empty()) text = "lets go of " + brief(moves.to_go);
  if (!moves.to_come.empty()) {
    text += fmt::format("{}waits for {}", text.empty() ? "" : ", ", brief(moves.to_come));
  }
  return text;
}

std::string subscription_of(const client::GroupMember& member) {
  std::string text;
  for (const TopicName& topic : member.topics) {
    text += fmt::format("{}{}", text.empty() ? "" : " ", topic.value);
  }
  if (!member.regex.empty()) text += fmt::format("{}/{}/", text.empty() ? "" : " ", member.regex);
  return text.empty() ? "-" : text;
}

Json partitions(const std::vector<TopicPartition>& all) {
  Json json = Json::array();
  for (const TopicPartition& one : all) json.push_back(to_json(one));
  return json;
}

Json json_of(const client::GroupMember& member) {
  Json topics = Json::array();
  for (const TopicName& topic : member.topics) topics.push_back(topic.value);
  const Pending moves = pending(member);
  return {{"member", member.id.value},
          {"instance", member.instance ? Json(member.instance->value) : Json(nullptr)},
          {"client_id", member.client_id},
          {"host", member.host},
          {"rack", member.rack ? Json(*member.rack) : Json(nullptr)},
          {"epoch", member.epoch ? Json(*member.epoch) : Json(nullptr)},
          {"topics", topics},
          {"regex", member.regex.empty() ? Json(nullptr) : Json(member.regex)},
          {"owns", partitions(member.assignment)},
          {"waits_for", partitions(moves.to_come)},
          {"lets_go", partitions(moves.to_go)}};
}

// A new column only where somebody has something to say in it.
void show(const client::GroupInfo& group) {
  const auto some = [&](auto has) { return std::ranges::any_of(group.members, has); };
  const bool instances = some([](const auto& m) { return m.instance.has_value(); });
  const bool epochs = some([](const auto& m) { return m.epoch.has_value(); });
  const bool moves = some([](const auto& m) { return !shown_pending(m).empty(); });
  std::vector<Column> columns{{"MEMBER"}};
  if (instances) columns.push_back({"INSTANCE"});
  for (const char* title : {"CLIENT", "HOST", "RACK"}) columns.push_back({title});
  if (epochs) columns.push_back({"EPOCH", Align::Right});
  for (const char* title : {"SUBSCRIBED TO", "OWNS"}) columns.push_back({title});
  if (moves) columns.push_back({"UNDER WAY"});

  Table table(columns);
  for (const client::GroupMember& member : group.members) {
    std::vector<std::string> cells{member.id.value};
    if (instances) cells.push_back(member.instance ? member.instance->value : "-");
    cells.insert(cells.end(), {member.client_id, member.host, member.rack.value_or("-")});
    if (epochs) cells.push_back(member.epoch ? fmt::format("{}", *member.epoch) : "-");
    cells.push_back(subscription_of(member));
    cells.push_back(member.assignment.empty() ? "nothing" : brief(member.assignment));
    if (moves) cells.push_back(shown_pending(member));
    table.add(std::move(cells));
  }
  print(table);
}

Outcome<> run(const Options& options) {
  const std::unique_ptr<Session> session = TRY(Session::open(options.cluster));
  const auto picture = TRY(look_at_group(*session, options.name, false));
  const client::GroupInfo& group = picture->group;
  if (options.cluster.json) {
    Json json{
        {"group", group.id.value},  {"state", group.state},
        {"type", group.type},       {"epoch", group.epoch ? Json(*group.epoch) : Json(nullptr)},
        {"members", Json::array()}, {"unowned", partitions(picture->unowned())}};
    for (const client::GroupMember& member : group.members)
      json["members"].push_back(json_of(member));
    print(json);
    return {};
  }
  if (group.members.empty()) {
    note("group '{}' has no members; it is {}\n", group.id.value, group.state);
    return {};
  }
  show(group);
  flush_output();
  note("{} member{} of a {} group, {}\n", group.members.size(),
       group.members.size() == 1 ? "" : "s", group.type, group.state);
  warn(warnings_of(*picture));
  return {};
}

}  // namespace

void add_group_members(Tree& tree, CLI::App& group) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = tree.command(
      group,
      {.name = "members",
       .summary = "Show who is in a group and what each member owns",
       .about = "Shows each member of a group: where it runs, what it subscribes to, and what it "
                "owns. UNDER WAY says\n"
                "what it has still to let go of, or waits for until another member has let go.",
       .examples = {"thalweg group members billing",
                    "thalweg group members billing --json | jq '.members[].owns | length'"},
       .json = R"({"group", "state", "type", "epoch",
 "members": [{"member", "instance", "client_id", "host", "rack", "epoch", "topics": [], "regex",
   "owns": [{"topic", "partition"}], "waits_for": [...], "lets_go": [...]}],
 "unowned": [{"topic", "partition"}]})"},
      [options] { return run(*options); });
  command.add_option("GROUP", options->name, "Name of the group")->required();
  add_cluster_options(command, options->cluster);
}

}  // namespace app
