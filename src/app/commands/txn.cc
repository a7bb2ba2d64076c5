#include <fmt/format.h>

#include "app/commands/txn_look.h"
#include "client/transactions.h"

namespace app {

namespace {

Millis age_of(const client::TransactionInfo& transaction) {
  return transaction.started ? since(*transaction.started) : Millis{0};
}

std::string shown_partitions(const std::vector<TopicPartition>& partitions) {
  std::string text;
  for (const TopicPartition& one : partitions) {
    text += fmt::format("{}{}-{}", text.empty() ? "" : " ", one.topic.value, one.partition.value);
  }
  return text.empty() ? "-" : text;
}

Json to_json(const client::TransactionInfo& transaction) {
  Json partitions = Json::array();
  for (const TopicPartition& one : transaction.partitions) {
    partitions.push_back({{"topic", one.topic.value}, {"partition", one.partition.value}});
  }
  Json json = {{"transactional_id", transaction.id.value},
               {"state", transaction.state},
               {"producer_id", transaction.producer.value},
               {"producer_epoch", transaction.epoch.value},
               {"timeout_ms", transaction.timeout.count()},
               {"started", nullptr},
               {"open_ms", nullptr},
               {"partitions", std::move(partitions)},
               {"coordinator", transaction.coordinator.value}};
  if (transaction.started) json["started"] = iso_time(*transaction.started);
  if (transaction.is_open()) {
    json["open_ms"] = age_of(transaction).count();
  }
  return json;
}

struct ListOptions {
  ClusterOptions cluster;
  std::vector<std::string> states;
  std::string open_for;
};

Outcome<> run_list(const ListOptions& options) {
  client::TransactionFilter filter{.states = options.states};
  if (!options.open_for.empty()) filter.open_for = TRY(parse_duration(options.open_for));
  const std::unique_ptr<Session> session = TRY(Session::open(options.cluster));
  const std::vector<client::ListedTransaction> all =
      TRY(session->wait(client::list_transactions(session->cluster(), std::move(filter))));
  if (options.cluster.json) {
    Json json = Json::array();
    for (const client::ListedTransaction& one : all) {
      json.push_back({{"transactional_id", one.id.value},
                      {"state", one.state},
                      {"producer_id", one.producer.value},
                      {"coordinator", one.coordinator.value}});
    }
    print(json);
    return {};
  }
  if (all.empty()) {
    const bool any = options.states.empty() && options.open_for.empty();
    note("{}\n", any ? "no transactional ids; a producer with transactional.id makes one"
                     : "no transactions like that");
    return {};
  }
  Table table(
      {{"TRANSACTIONAL ID"}, {"STATE"}, {"PRODUCER", Align::Right}, {"COORDINATOR", Align::Right}});
  for (const client::ListedTransaction& one : all) {
    table.add({one.id.value, one.state, fmt::format("{}", one.producer.value),
               fmt::format("{}", one.coordinator.value)});
  }
  print(table);
  return {};
}

struct IdOptions {
  ClusterOptions cluster;
  std::string id;
};

Outcome<> run_describe(const IdOptions& options) {
  const std::unique_ptr<Session> session = TRY(Session::open(options.cluster));
  const client::TransactionInfo found = TRY(
      session->wait(client::describe_transaction(session->cluster(), TransactionalId{options.id})));
  if (options.cluster.json) {
    print(to_json(found));
    return {};
  }
  Facts facts;
  facts.add("transactional id", found.id.value);
  facts.add("state", found.state);
  facts.add("producer", fmt::format("{}, epoch {}", found.producer.value, found.epoch.value));
  facts.add("timeout", human_duration(found.timeout));
  if (found.started) facts.add("started", iso_time(*found.started));
  if (found.is_open()) {
    const bool is_late = age_of(found) > found.timeout;
    facts.add("open for",
              human_duration(age_of(found)) +
                  (is_late ? ", longer than its timeout: it is about to be aborted" : ""));
  }
  facts.add("partitions", shown_partitions(found.partitions));
  print(facts);
  return {};
}

void add_list(Tree& tree, CLI::App& txn) {
  const auto options = std::make_shared<ListOptions>();
  CLI::App& command =
      tree.command(txn,
                   {.name = "list",
                    .summary = "List transactional ids and how their transactions stand",
                    .examples = {"thalweg txn list", "thalweg txn list --state Ongoing",
                                 "thalweg txn list --open-for 1m"},
                    .json = R"([{"transactional_id", "state", "producer_id", "coordinator"}])"},
                   [options] { return run_list(*options); });
  command.add_option("--state", options->states, "Only those in this state: Ongoing, Empty...")
      ->type_name("STATE")
      ->allow_extra_args(false);
  command
      .add_option("--open-for", options->open_for, "Only transactions open for longer than this")
      ->type_name("DURATION");
  add_cluster_options(command, options->cluster);
}

void add_describe(Tree& tree, CLI::App& txn) {
  const auto options = std::make_shared<IdOptions>();
  CLI::App& command = tree.command(
      txn,
      {.name = "describe",
       .summary = "Show one transactional id: its producer, and what its transaction touches",
       .examples = {"thalweg txn describe payments-1"},
       .json = R"({"transactional_id", "state", "producer_id", "producer_epoch", "timeout_ms", )"
               R"("started", "open_ms", "partitions": [{"topic", "partition"}], "coordinator"})"},
      [options] { return run_describe(*options); });
  command.add_option("ID", options->id, "The transactional id")->required();
  add_cluster_options(command, options->cluster);
}

}  // namespace

void add_txn(Tree& tree) {
  CLI::App& txn =
      tree.group(tree.root(),
                 {.name = "txn",
                  .summary = "See and abort transactions",
                  .examples = {"thalweg txn list --open-for 1m", "thalweg txn describe payments-1",
                               "thalweg txn hanging", "thalweg txn abort payments-1"}});
  add_list(tree, txn);
  add_describe(tree, txn);
  add_txn_hanging(tree, txn);
  add_txn_producers(tree, txn);
  add_txn_abort(tree, txn);
}

}  // namespace app
