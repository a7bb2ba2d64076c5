#include <fmt/format.h>

#include "app/commands/txn_look.h"
#include "client/hanging.h"

namespace app {

namespace {

struct Options {
  ClusterOptions cluster;
  std::string topic;
  std::optional<std::int32_t> broker;
  std::string most = "15m";
};

std::string why(const client::OpenTransaction& one) {
  if (!one.known) return "no coordinator knows its producer";
  if (!one.has_coordinator()) {
    return fmt::format("not part of the transaction of '{}' ({})", one.known->id.value,
                       one.known->state);
  }
  return fmt::format("'{}' should have ended it ({})", one.known->id.value, one.known->state);
}

std::string cure(const client::OpenTransaction& one) {
  if (one.has_coordinator()) return fmt::format("thalweg txn abort {}", one.known->id.value);
  return fmt::format("thalweg txn abort --topic {} --partition {} --start-offset {}",
                     one.partition.topic.value, one.partition.partition.value, one.start.value);
}

Json to_json(const client::OpenTransaction& one) {
  return {{"topic", one.partition.topic.value},
          {"partition", one.partition.partition.value},
          {"start_offset", one.start.value},
          {"producer_id", one.producer.id.value},
          {"producer_epoch", one.producer.epoch},
          {"coordinator_epoch", one.producer.coordinator_epoch},
          {"last_active", iso_time(one.producer.last_active)},
          {"silent_ms", since(one.producer.last_active).count()},
          {"held_records", one.held},
          {"transactional_id", one.known ? Json(one.known->id.value) : Json(nullptr)},
          {"why", why(one)},
          {"abort", cure(one)}};
}

void show(const std::vector<client::OpenTransaction>& hanging) {
  Table table({{"PARTITION"},
               {"FROM", Align::Right},
               {"PRODUCER", Align::Right},
               {"EPOCH", Align::Right},
               {"SILENT FOR"},
               {"HOLDS UP", Align::Right},
               {"WHY"}});
  for (const client::OpenTransaction& one : hanging) {
    table.add({fmt::format("{}-{}", one.partition.topic.value, one.partition.partition.value),
               fmt::format("{}", one.start.value), fmt::format("{}", one.producer.id.value),
               fmt::format("{}", one.producer.epoch),
               human_duration(since(one.producer.last_active)), human_count(one.held), why(one)});
  }
  print(table);
  flush_output();
  note("end {} with:\n", hanging.size() == 1 ? "it" : "them");
  for (const client::OpenTransaction& one : hanging) note("  {}\n", cure(one));
}

Outcome<> run(const Options& options) {
  client::HangingSearch search{.topics = {}, .most = TRY(parse_duration(options.most))};
  if (options.broker) search.leader = BrokerId{*options.broker};
  const std::unique_ptr<Session> session = TRY(Session::open(options.cluster));
  client::Cluster& cluster = session->cluster();
  if (options.topic.empty()) {
    search.topics = TRY(session->wait(client::list_topics(cluster)));
  } else {
    search.topics = {TRY(session->wait(client::find_topic(cluster, TopicName{options.topic})))};
  }
  search.now = now();
  const std::vector<client::OpenTransaction> hanging =
      TRY(session->wait(client::find_hanging(cluster, std::move(search))));
  if (options.cluster.json) {
    Json json = Json::array();
    for (const client::OpenTransaction& one : hanging) json.push_back(to_json(one));
    print(json);
  } else if (hanging.empty()) {
    note("no hanging transactions\n");
  } else {
    show(hanging);
  }
  return {};
}

}  // namespace

void add_txn_hanging(Tree& tree, CLI::App& txn) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = tree.command(
      txn,
      {.name = "hanging",
       .summary = "Find transactions that nobody is going to end",
       .about =
           "Asks all partitions which transactions are open there, and the coordinators which "
           "they know. One that is\n"
           "open in a partition and that no coordinator counts to a transaction stays open for "
           "good: readers of what\n"
           "is committed get nothing behind it. Also shows transactions that have been open "
           "for longer than any may be.",
       .examples = {"thalweg txn hanging", "thalweg txn hanging --topic orders",
                    "thalweg txn hanging --broker 1 --max-transaction-timeout 1h"},
       .json =
           R"([{"topic", "partition", "start_offset", "producer_id", "producer_epoch", )"
           R"("coordinator_epoch",)"
           "\n"
           R"(   "last_active", "silent_ms", "held_records", "transactional_id", "why", "abort"}])"},
      [options] { return run(*options); });
  command.add_option("-t,--topic", options->topic, "Only partitions of this topic")
      ->type_name("TOPIC");
  command.add_option("--broker", options->broker, "Only partitions that this broker leads")
      ->type_name("ID");
  command
      .add_option("--max-transaction-timeout", options->most,
                  "The longest that a transaction may be open (transaction.max.timeout.ms)")
      ->type_name("DURATION")
      ->capture_default_str();
  add_cluster_options(command, options->cluster);
}

}  // namespace app
