#include <fmt/format.h>

#include "app/commands/common.h"

namespace app {

namespace {

struct Options {
  ClusterOptions cluster;
  std::vector<std::string> names;
  std::int32_t partitions = -1;
  std::int16_t replicas = -1;
  std::vector<std::string> configs;
  bool if_absent = false;
  bool dry_run = false;
};

// What the cluster made of the request; its own defaults included.
Outcome<Json> created(Session& session, const Options& options, const client::NewTopic& topic) {
  Json json{{"topic", topic.name.value}, {"created", !options.dry_run}};
  const auto answer = session.wait(client::create_topic(session.cluster(), topic));
  if (!answer && answer.error().code == ErrorCode::TopicAlreadyExists) {
    if (!options.if_absent) {
      return refused(
          fmt::format("topic '{}' exists already", topic.name.value),
          "With --if-absent this is fine; see it with: thalweg topic describe " + topic.name.value);
    }
    json["created"] = false;
    return json;
  }
  if (!answer) return std::unexpected(Failure(answer.error()));
  if (!answer->id.value.is_zero()) json["id"] = to_text(answer->id.value);
  if (answer->partitions >= 0) json["partitions"] = answer->partitions;
  if (answer->replication_factor >= 0) json["replication_factor"] = answer->replication_factor;
  return json;
}

void tell(const Json& json, const Options& options) {
  const std::string name = json["topic"].get<std::string>();
  if (!json["created"].get<bool>() && !options.dry_run) {
    say("topic '{}' exists already\n", name);
    return;
  }
  std::string details;
  if (json.contains("partitions")) {
    const int partitions = json["partitions"].get<int>();
    const int replicas = json.value("replication_factor", 0);
    details = fmt::format(" with {} partition{} and {} replica{} of each", partitions,
                          partitions == 1 ? "" : "s", replicas, replicas == 1 ? "" : "s");
  }
  say("{} topic '{}'{}\n", options.dry_run ? "would create" : "created", name, details);
}

void warn_of_losses(Session& session, const client::NewTopic& topic, const Json& made) {
  if (topic.validate_only) return;
  const auto configs = session.wait(client::describe_configs(
      session.cluster(), {client::ResourceType::Topic, topic.name.value}, false));
  // A broker may not know its new topic yet. The topic is made all the same.
  if (configs) warn(durability_warnings(made.value("replication_factor", 1U), *configs));
}

Outcome<> run(const Options& options) {
  const std::vector<Setting> settings = TRY(parse_settings(options.configs, "--config"));
  const std::unique_ptr<Session> session = TRY(Session::open(options.cluster));
  Json all = Json::array();
  for (const std::string& name : options.names) {
    client::NewTopic topic{.name = TopicName{name},
                           .partitions = options.partitions,
                           .replication_factor = options.replicas,
                           .configs = {},
                           .validate_only = options.dry_run};
    for (const Setting& setting : settings) topic.configs.emplace_back(setting.name, setting.value);
    Json made = TRY(created(*session, options, topic));
    if (!options.cluster.json) tell(made, options);
    if (made["created"].get<bool>()) warn_of_losses(*session, topic, made);
    all.push_back(std::move(made));
  }
  if (options.cluster.json) print(all);
  return {};
}

}  // namespace

void add_topic_create(Tree& tree, CLI::App& topic) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = tree.command(
      topic,
      {.name = "create",
       .summary = "Create topics",
       .about = "Creates topics. What is not given the cluster chooses: its num.partitions and\n"
                "default.replication.factor.",
       .examples = {"thalweg topic create orders --partitions 6",
                    "thalweg topic create audit -r 3 -c min.insync.replicas=2 -c retention.ms=-1"},
       .json = R"([{"topic", "created", "id", "partitions", "replication_factor"}])"},
      [options] { return run(*options); });
  command.add_option("TOPIC", options->names, "Names of the topics")->required();
  command.add_option("-p,--partitions", options->partitions, "How many partitions")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000));
  command.add_option("-r,--replicas", options->replicas, "How many replicas of each partition")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000));
  command.add_option("-c,--config", options->configs, "A config of the topic; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  command.add_flag("--if-absent", options->if_absent, "Be content if the topic exists already");
  command.add_flag("--dry-run", options->dry_run,
                   "Have the cluster check everything, and create nothing");
  add_cluster_options(command, options->cluster);
}

}  // namespace app
