#include <fmt/format.h>

#include "app/commands/common.h"

namespace app {

namespace {

struct Options {
  ClusterOptions cluster;
  std::string name;
  std::int32_t partitions = -1;
  std::vector<std::string> configs;
  std::vector<std::string> unset;
  bool dry_run = false;
};

// Keys keep their partition only while the number of partitions stays: say so before it is too
// late.
constexpr std::string_view kKeysMove =
    "more partitions: records with the same key may go to another partition from now on.";

Outcome<> run(const Options& options) {
  std::vector<client::ConfigChange> changes;
  for (const Setting& setting : TRY(parse_settings(options.configs, "--config"))) {
    changes.push_back({setting.name, setting.value});
  }
  for (const std::string& name : options.unset) changes.push_back({name, std::nullopt});
  if (changes.empty() && options.partitions < 0) {
    return usage_error("nothing to change", "Give --partitions, --config or --unset.");
  }
  const std::unique_ptr<Session> session = TRY(Session::open(options.cluster));
  client::Cluster& cluster = session->cluster();
  const client::TopicInfo before =
      TRY(session->wait(client::find_topic(cluster, TopicName{options.name})));
  if (!changes.empty()) {
    TRY_VOID(session->wait(client::alter_configs(
        cluster, {client::ResourceType::Topic, options.name}, changes, options.dry_run)));
  }
  if (options.partitions >= 0) {
    TRY_VOID(session->wait(
        client::grow_topic(cluster, TopicName{options.name}, options.partitions, options.dry_run)));
  }
  if (options.partitions >= 0 && !options.dry_run) warn({std::string(kKeysMove)});
  if (options.cluster.json) {
    print(Json{{"topic", options.name},
               {"altered", !options.dry_run},
               {"partitions", options.partitions < 0 ? Json(before.partitions.size())
                                                     : Json(options.partitions)}});
    return {};
  }
  say("{} topic '{}'\n", options.dry_run ? "would alter" : "altered", options.name);
  return {};
}

}  // namespace

void add_topic_alter(Tree& tree, CLI::App& topic) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = tree.command(
      topic,
      {.name = "alter",
       .summary = "Change a topic's configs, or give it more partitions",
       .about = "Changes a topic's configs, or gives it more partitions. A topic never gets fewer.",
       .examples = {"thalweg topic alter orders -c retention.ms=604800000",
                    "thalweg topic alter orders --partitions 12"},
       .json = R"({"topic", "altered", "partitions"})"},
      [options] { return run(*options); });
  command.add_option("TOPIC", options->name, "Name of the topic")->required();
  command.add_option("-p,--partitions", options->partitions, "How many partitions it shall have")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000));
  command.add_option("-c,--config", options->configs, "A config to set; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  command
      .add_option("-u,--unset", options->unset,
                  "A config to take back to its default; may be repeated")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command.add_flag("--dry-run", options->dry_run, "Have the cluster check it, and change nothing");
  add_cluster_options(command, options->cluster);
}

}  // namespace app
