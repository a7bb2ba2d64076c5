#include <fmt/format.h>

#include "app/commands/common.h"
#include "client/groups.h"

namespace app {

namespace {

struct ListOptions {
  ClusterOptions cluster;
  std::string state;
};

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

Outcome<> run_list(const ListOptions& options) {
  const std::unique_ptr<Session> session = TRY(Session::open(options.cluster));
  std::vector<client::ListedGroup> groups =
      TRY(session->wait(client::list_groups(session->cluster())));
  if (!options.state.empty()) {
    std::erase_if(groups,
                  [&](const client::ListedGroup& group) { return group.state != options.state; });
  }
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
};

Outcome<> run_delete(const DeleteOptions& options) {
  const std::unique_ptr<Session> session = TRY(Session::open(options.cluster));
  Json all = Json::array();
  for (const std::string& name : options.names) {
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
                    .examples = {"thalweg group list", "thalweg group list --state Empty"},
                    .json = R"([{"group", "state", "type", "protocol_type", "coordinator"}])"},
                   [options] { return run_list(*options); });
  command.add_option("--state", options->state, "Only groups in this state: Stable, Empty...")
      ->type_name("STATE");
  add_cluster_options(command, options->cluster);
}

void add_group_delete(Tree& tree, CLI::App& group) {
  const auto options = std::make_shared<DeleteOptions>();
  CLI::App& command = tree.command(group,
                                   {.name = "delete",
                                    .summary = "Delete groups with their offsets",
                                    .about = "Deletes groups with their committed offsets. A group "
                                             "that still has members is refused.",
                                    .examples = {"thalweg group delete billing-test"},
                                    .json = R"([{"group", "deleted"}])"},
                                   [options] { return run_delete(*options); });
  command.add_option("GROUP", options->names, "Names of the groups")->required();
  add_cluster_options(command, options->cluster);
}

void add_group(Tree& tree) {
  CLI::App& group = tree.group(
      tree.root(), {.name = "group",
                    .summary = "List, describe, reset and delete consumer groups",
                    .examples = {"thalweg group describe billing",
                                 "thalweg group reset billing --topic orders --to earliest"}});
  add_group_list(tree, group);
  add_group_describe(tree, group);
  add_group_reset(tree, group);
  add_group_delete(tree, group);
}

}  // namespace app
