#include <fmt/format.h>

#include "app/commands/common.h"
#include "client/offsets.h"

namespace app {

namespace {

struct Options {
  ClusterOptions cluster;
  std::vector<std::string> names;
  bool if_exists = false;
};

Outcome<> run(const Options& options) {
  const std::unique_ptr<Session> session = TRY(Session::open(options.cluster));
  Json all = Json::array();
  for (const std::string& name : options.names) {
    const Result<void> done =
        session->wait(client::delete_topic(session->cluster(), TopicName{name}));
    const bool absent = !done && done.error().code == ErrorCode::UnknownTopicOrPartition;
    if (!done && !(absent && options.if_exists)) return std::unexpected(Failure(done.error()));
    all.push_back({{"topic", name}, {"deleted", !absent}});
    if (!options.cluster.json) say("{} topic '{}'\n", absent ? "there is no" : "deleted", name);
  }
  if (options.cluster.json) print(all);
  return {};
}

struct TrimOptions {
  ClusterOptions cluster;
  std::string name;
  std::int32_t partition = -1;
  std::int64_t before = -1;
};

Outcome<> run_trim(const TrimOptions& options) {
  const std::unique_ptr<Session> session = TRY(Session::open(options.cluster));
  client::Cluster& cluster = session->cluster();
  const client::TopicInfo topic =
      TRY(session->wait(client::find_topic(cluster, TopicName{options.name})));
  Json all = Json::array();
  for (const client::Partition& partition : topic.partitions) {
    if (options.partition >= 0 && partition.index.value != options.partition) continue;
    const Offset start = TRY(session->wait(
        client::trim(cluster, {{topic.name, partition.index}, Offset{options.before}})));
    all.push_back(
        {{"topic", options.name}, {"partition", partition.index.value}, {"start", start.value}});
    if (!options.cluster.json) {
      say("{}-{} now starts at {}\n", options.name, partition.index.value, start.value);
    }
  }
  if (all.empty())
    return refused(fmt::format("topic '{}' has no partition {}", options.name, options.partition));
  if (options.cluster.json) print(all);
  return {};
}

}  // namespace

void add_topic_delete(Tree& tree, CLI::App& topic) {
  const auto options = std::make_shared<Options>();
  CLI::App& command =
      tree.command(topic,
                   {.name = "delete",
                    .summary = "Delete topics with all their records",
                    .about = "Deletes topics with all their records, at once and for good.",
                    .examples = {"thalweg topic delete orders-test"},
                    .json = R"([{"topic", "deleted"}])"},
                   [options] { return run(*options); });
  command.add_option("TOPIC", options->names, "Names of the topics")->required();
  command.add_flag("--if-exists", options->if_exists, "Be content if there is no such topic");
  add_cluster_options(command, options->cluster);
}

void add_topic_trim(Tree& tree, CLI::App& topic) {
  const auto options = std::make_shared<TrimOptions>();
  CLI::App& command = tree.command(
      topic,
      {.name = "trim",
       .summary = "Delete a topic's oldest records",
       .about = "Deletes a topic's records before an offset, or all of them, and keeps the topic.",
       .examples = {"thalweg topic trim orders --partition 0 --before 1000",
                    "thalweg topic trim orders"},
       .json = R"([{"topic", "partition", "start"}])"},
      [options] { return run_trim(*options); });
  command.add_option("TOPIC", options->name, "Name of the topic")->required();
  command.add_option("-p,--partition", options->partition, "Only in this partition")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--before", options->before, "Records before this offset; without it, all")
      ->type_name("OFFSET")
      ->check(CLI::NonNegativeNumber);
  add_cluster_options(command, options->cluster);
}

}  // namespace app
