#include <fmt/format.h>

#include "app/commands/txn_look.h"
#include "client/hanging.h"
#include "client/transactions.h"

namespace app {

namespace {

struct Options {
  ClusterOptions cluster;
  std::string id;
  std::string topic;
  std::optional<std::int32_t> partition;
  std::optional<std::int64_t> start;
  bool dry_run = false;
};

Outcome<> abort_id(const Options& options) {
  const std::unique_ptr<Session> session = TRY(Session::open(options.cluster));
  client::Cluster& cluster = session->cluster();
  const client::TransactionInfo found =
      TRY(session->wait(client::describe_transaction(cluster, TransactionalId{options.id})));
  if (!options.dry_run) TRY_VOID(session->wait(client::fence_producer(cluster, found)));
  const bool ongoing = found.state == "Ongoing";
  if (options.cluster.json) {
    print(Json{{"transactional_id", found.id.value},
               {"was", found.state},
               {"aborted", ongoing && !options.dry_run},
               {"fenced", !options.dry_run}});
  } else if (ongoing) {
    say("{} the transaction of '{}', open for {}; its producer is shut out until it begins "
        "anew\n",
        options.dry_run ? "would abort" : "aborted", found.id.value,
        human_duration(since(found.started.value_or(now()))));
  } else {
    say("'{}' {} no transaction under way ({}); its producer {} shut out until it begins anew\n",
        found.id.value, options.dry_run ? "has" : "had", found.state,
        options.dry_run ? "would be" : "is");
  }
  return {};
}

Outcome<> abort_at(const Options& options) {
  const std::unique_ptr<Session> session = TRY(Session::open(options.cluster));
  client::Cluster& cluster = session->cluster();
  const TopicPartition at{TopicName{options.topic}, PartitionIndex{*options.partition}};
  const client::OpenTransaction found =
      TRY(session->wait(client::find_open(cluster, at, Offset{*options.start})));
  // Aborted here and committed elsewhere it would be torn.
  if (found.has_coordinator()) {
    return refused(
        fmt::format("the transaction is part of that of '{}' ({}), which would be torn",
                    found.known->id.value, found.known->state),
        fmt::format("Abort all of it with: thalweg txn abort {}", found.known->id.value));
  }
  if (!options.dry_run) TRY_VOID(session->wait(client::abort_at_partition(cluster, found)));
  if (options.cluster.json) {
    print(Json{{"topic", at.topic.value},
               {"partition", at.partition.value},
               {"start_offset", found.start.value},
               {"producer_id", found.producer.id.value},
               {"producer_epoch", found.producer.epoch},
               {"held_records", found.held},
               {"aborted", !options.dry_run}});
  } else {
    say("{} the transaction of producer {} at {}-{}, open from offset {} on; {} records were held "
        "up\n",
        options.dry_run ? "would abort" : "aborted", found.producer.id.value, at.topic.value,
        at.partition.value, found.start.value, human_count(found.held));
  }
  return {};
}

Outcome<> run(const Options& options) {
  const bool any = !options.topic.empty() || options.partition || options.start;
  const bool all = !options.topic.empty() && options.partition && options.start;
  if (options.id.empty() == !any || (any && !all)) {
    return usage_error(
        "say which transaction: either ID, or --topic, --partition and "
        "--start-offset",
        "See them with: thalweg txn list, thalweg txn hanging");
  }
  return all ? abort_at(options) : abort_id(options);
}

}  // namespace

void add_txn_abort(Tree& tree, CLI::App& txn) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = tree.command(
      txn,
      {.name = "abort",
       .summary = "Abort a transaction: of a transactional id, or one that hangs at a partition",
       .about =
           "With ID, does what a new producer of that id would do: whoever has the id is shut "
           "out, and what it left open\n"
           "is aborted, so that readers of what is committed go on. A producer that still runs "
           "is told that it was fenced\n"
           "and has to begin anew.\n\n"
           "With --topic, --partition and --start-offset, as `thalweg txn hanging` shows them, "
           "has the partition's leader\n"
           "end a transaction that no coordinator is going to end.",
       .examples = {"thalweg txn abort payments-1",
                    "thalweg txn abort --topic orders --partition 3 --start-offset 1234"},
       .json = R"({"transactional_id", "was", "aborted", "fenced"}, or at a partition)"
               "\n"
               R"(  {"topic", "partition", "start_offset", "producer_id", "producer_epoch", )"
               R"("held_records", "aborted"})"},
      [options] { return run(*options); });
  command.add_option("ID", options->id, "The transactional id");
  command.add_option("-t,--topic", options->topic, "Where a transaction hangs")->type_name("TOPIC");
  command.add_option("-p,--partition", options->partition, "Its partition there")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--start-offset", options->start, "The offset that it is open from")
      ->type_name("OFFSET")
      ->check(CLI::NonNegativeNumber);
  command.add_flag("--dry-run", options->dry_run, "Only say what would be aborted");
  add_cluster_options(command, options->cluster);
}

}  // namespace app
