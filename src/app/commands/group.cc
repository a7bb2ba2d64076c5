#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "app/commands/common.h"
#include "client/groups.h"

namespace app {

namespace {

struct ListOptions {
  ClusterOptions cluster;
  std::string state;
  std::string type;
};

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

// In whatever case; empty asks for all.
bool is_asked_for(const std::string& wish, const std::string& word) {
  const auto lower = [](unsigned char c) { return std::tolower(c); };
  return wish.empty() || std::ranges::equal(wish, word, {}, lower, lower);
}

Outcome<> run_list(const ListOptions& options) {
  const std::unique_ptr<Session> session = TRY(Session::open(options.cluster));
  std::vector<client::ListedGroup> groups =
      TRY(session->wait(client::list_groups(session->cluster())));
  std::erase_if(groups, [&](const client::ListedGroup& group) {
    return !is_asked_for(options.state, group.state) || !is_asked_for(options.type, group.type);
  });
  if (options.cluster.json) {
    Json json = Json::array();
    for (const client::ListedGroup& group : groups) {
      json.push_back({{"group", group.id.value},
                      {"state", group.state},
                      {"type", group.type},
                      {"protocol_type", group.protocol_type},
                      {"coordinator", group.coordinator.value}});
    }
    print(json);
    return {};
  }
  if (groups.empty()) {
    note("no groups; a consumer makes one: thalweg consume TOPIC --group NAME\n");
    return {};
  }
  Table table({{"GROUP"}, {"STATE"}, {"TYPE"}, {"PROTOCOL"}, {"COORDINATOR", Align::Right}});
  for (const client::ListedGroup& group : groups) {
    table.add({group.id.value, or_dash(group.state), or_dash(group.type),
               or_dash(group.protocol_type), fmt::format("{}", group.coordinator.value)});
  }
  print(table);
  return {};
}

struct DeleteOptions {
  ClusterOptions cluster;
  std::vector<std::string> names;
  std::vector<std::string> topics;
};

Outcome<> forget_topics(Session& session, const DeleteOptions& options, const std::string& name,
                        Json& all) {
  client::Cluster& cluster = session.cluster();
  const client::GroupInfo group = TRY(session.wait(client::describe_group(cluster, GroupId{name})));
  for (const std::string& topic : options.topics) {
    TRY_VOID(session.wait(client::forget_topic(cluster, group.id, group.type, TopicName{topic})));
    all.push_back({{"group", name}, {"topic", topic}, {"deleted", true}});
    if (!options.cluster.json) say("group '{}' has forgotten topic '{}'\n", name, topic);
  }
  return {};
}

Outcome<> run_delete(const DeleteOptions& options) {
  const std::unique_ptr<Session> session = TRY(Session::open(options.cluster));
  Json all = Json::array();
  for (const std::string& name : options.names) {
    if (!options.topics.empty()) {
      TRY_VOID(forget_topics(*session, options, name, all));
      continue;
    }
    TRY_VOID(session->wait(client::delete_group(session->cluster(), GroupId{name})));
    all.push_back({{"group", name}, {"deleted", true}});
    if (!options.cluster.json) say("deleted group '{}'\n", name);
  }
  if (options.cluster.json) print(all);
  return {};
}

}  // namespace

void add_group_list(Tree& tree, CLI::App& group) {
  const auto options = std::make_shared<ListOptions>();
  CLI::App& command =
      tree.command(group,
                   {.name = "list",
                    .summary = "List consumer groups",
                    .examples = {"thalweg group list", "thalweg group list --state empty",
                                 "thalweg group list --type share"},
                    .json = R"([{"group", "state", "type", "protocol_type", "coordinator"}])"},
                   [options] { return run_list(*options); });
  command.add_option("--state", options->state, "Only groups in this state: Stable, Empty...")
      ->type_name("STATE");
  command.add_option("--type", options->type, "Only groups of this type: classic, consumer, share")
      ->type_name("TYPE");
  add_cluster_options(command, options->cluster);
}

void add_group_delete(Tree& tree, CLI::App& group) {
  const auto options = std::make_shared<DeleteOptions>();
  CLI::App& command = tree.command(
      group,
      {.name = "delete",
       .summary = "Delete groups, or their offsets of a topic",
       .about = "Deletes groups with their committed offsets. A group that still has members is "
                "refused. With --topic\n"
                "a group only forgets what it has committed for that topic, which none of its "
                "members may read.",
       .examples = {"thalweg group delete billing-test",
                    "thalweg group delete billing --topic orders"},
       .json = R"([{"group", "deleted"}] or, with --topic, [{"group", "topic", "deleted"}])"},
      [options] { return run_delete(*options); });
  command.add_option("GROUP", options->names, "Names of the groups")->required();
  command.add_option("-t,--topic", options->topics, "Only what is committed for this topic")
      ->type_name("TOPIC")
      ->allow_extra_args(false);
  add_cluster_options(command, options->cluster);
}

void add_group(Tree& tree) {
  CLI::App& group = tree.group(
      tree.root(), {.name = "group",
                    .summary = "See, reset and delete consumer groups",
                    .examples = {"thalweg group describe billing", "thalweg group members billing",
                                 "thalweg group reset billing --topic orders --to earliest"}});
  add_group_list(tree, group);
  add_group_describe(tree, group);
  add_group_members(tree, group);
  add_group_timeline(tree, group);
  add_group_simulate(tree, group);
  add_group_reset(tree, group);
  add_group_shift(tree, group);
  add_group_delete(tree, group);
}

}  // namespace app
