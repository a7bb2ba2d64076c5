#include <fmt/format.h>

#include <algorithm>

#include "app/commands/txn_look.h"
#include "client/partition_producers.h"

namespace app {

namespace {

struct Options {
  ClusterOptions cluster;
  std::string topic;
  std::optional<std::int32_t> partition;
  bool open = false;
};

Json to_json(const TopicPartition& at, const client::PartitionProducer& producer) {
  const auto& start = producer.transaction_start;
  return {{"topic", at.topic.value},
          {"partition", at.partition.value},
          {"producer_id", producer.id.value},
          {"producer_epoch", producer.epoch},
          {"last_sequence", producer.last_sequence},
          {"last_active", iso_time(producer.last_active)},
          {"coordinator_epoch", producer.coordinator_epoch},
          {"transaction_start", start ? Json(start->value) : Json(nullptr)}};
}

std::string shown(std::int64_t number) { return number < 0 ? "-" : fmt::format("{}", number); }

void show(const client::PartitionProducers& partitions) {
  Table table({{"PARTITION"},
               {"PRODUCER", Align::Right},
               {"EPOCH", Align::Right},
               {"LAST SEQUENCE", Align::Right},
               {"COORDINATOR EPOCH", Align::Right},
               {"SILENT FOR"},
               {"OPEN FROM", Align::Right}});
  for (const auto& [at, producers] : partitions) {
    for (const client::PartitionProducer& one : producers) {
      table.add({fmt::format("{}-{}", at.topic.value, at.partition.value),
                 fmt::format("{}", one.id.value), fmt::format("{}", one.epoch),
                 shown(one.last_sequence), shown(one.coordinator_epoch),
                 human_duration(since(one.last_active)),
                 shown(one.transaction_start.value_or(Offset{-1}).value)});
    }
  }
  if (table.empty()) {
    note("no producers like that\n");
  } else {
    print(table);
  }
}

Outcome<> run(const Options& options) {
  const std::unique_ptr<Session> session = TRY(Session::open(options.cluster));
  client::TopicInfo topic =
      TRY(session->wait(client::find_topic(session->cluster(), TopicName{options.topic})));
  if (options.partition) {
    const PartitionIndex wanted{*options.partition};
    const std::size_t count = topic.partitions.size();
    std::erase_if(topic.partitions,
                  [&](const client::Partition& one) { return one.index != wanted; });
    if (topic.partitions.empty()) {
      return refused(fmt::format("topic '{}' has partitions 0 to {}", options.topic, count - 1));
    }
  }
  client::PartitionProducers partitions =
      TRY(session->wait(client::describe_producers(session->cluster(), {std::move(topic)})));
  for (auto& [at, producers] : partitions) {
    std::erase_if(producers, [&](const client::PartitionProducer& one) {
      return options.open && !one.transaction_start;
    });
  }
  if (!options.cluster.json) {
    show(partitions);
    return {};
  }
  Json json = Json::array();
  for (const auto& [at, producers] : partitions) {
    for (const client::PartitionProducer& one : producers) json.push_back(to_json(at, one));
  }
  print(json);
  return {};
}

}  // namespace

void add_txn_producers(Tree& tree, CLI::App& txn) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = tree.command(
      txn,
      {.name = "producers",
       .summary = "Show the producers that a topic's partitions remember",
       .about = "Shows who wrote to a topic's partitions as an idempotent or transactional "
                "producer, with the last sequence\n"
                "of each, and from which offset on its transaction is open, if one is.",
       .examples = {"thalweg txn producers orders", "thalweg txn producers orders -p 3 --open"},
       .json = R"([{"topic", "partition", "producer_id", "producer_epoch", "last_sequence",)"
               "\n"
               R"(   "last_active", "coordinator_epoch", "transaction_start"}])"},
      [options] { return run(*options); });
  command.add_option("TOPIC", options->topic, "The topic")->required();
  command.add_option("-p,--partition", options->partition, "Only this partition")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  command.add_flag("--open", options->open, "Only those with a transaction open");
  add_cluster_options(command, options->cluster);
}

}  // namespace app
