#include <fmt/format.h>

#include "app/commands/common.h"
#include "client/offsets.h"

namespace app {

namespace {

struct Options {
  ClusterOptions cluster;
  bool internal = false;
  bool long_form = false;
  bool bytes = false;
};

struct Totals {
  std::int64_t records = 0;
  std::int64_t bytes = 0;
  std::size_t leaderless = 0;
  std::size_t behind = 0;  // Partitions with replicas out of sync.
};

std::size_t replication_of(const client::TopicInfo& topic) {
  return topic.partitions.empty() ? 0 : topic.partitions.front().replicas.size();
}

Totals totals_of(const client::TopicInfo& topic) {
  Totals totals;
  for (const client::Partition& partition : topic.partitions) {
    if (partition.leader.value < 0) ++totals.leaderless;
    if (partition.isr.size() < partition.replicas.size()) ++totals.behind;
  }
  return totals;
}

std::string health(const Totals& totals) {
  if (totals.leaderless > 0) return fmt::format("{} without leader", totals.leaderless);
  if (totals.behind > 0) return fmt::format("{} under-replicated", totals.behind);
  return "ok";
}

Json to_json(const client::TopicInfo& topic, const Totals& totals, bool long_form) {
  Json json{{"topic", topic.name.value},
            {"id", topic.id.value.is_zero() ? Json(nullptr) : Json(to_text(topic.id.value))},
            {"partitions", topic.partitions.size()},
            {"replication_factor", replication_of(topic)},
            {"internal", topic.internal},
            {"leaderless", totals.leaderless},
            {"under_replicated", totals.behind}};
  if (long_form) {
    json["records"] = totals.records;
    json["bytes"] = totals.bytes;
  }
  return json;
}

using AllTotals = std::map<TopicName, Totals>;

Outcome<AllTotals> gather(Session& session, const std::vector<client::TopicInfo>& topics,
                          bool long_form) {
  AllTotals all;
  for (const client::TopicInfo& topic : topics) all[topic.name] = totals_of(topic);
  if (!long_form) return all;
  const auto ranges = TRY(session.wait(client::ranges(session.cluster(), topics)));
  for (const auto& [partition, range] : ranges) all[partition.topic].records += range.records();
  const auto sizes = TRY(session.wait(client::sizes(session.cluster(), topics)));
  for (const auto& [partition, bytes] : sizes) all[partition.topic].bytes += bytes;
  return all;
}

Table table_of(const std::vector<client::TopicInfo>& topics, const AllTotals& totals,
               const Options& options) {
  std::vector<Column> columns = {
      {"TOPIC"}, {"PARTITIONS", Align::Right}, {"REPLICAS", Align::Right}, {"HEALTH"}};
  if (options.long_form) {
    columns.insert(columns.begin() + 3, {{"RECORDS", Align::Right}, {"SIZE", Align::Right}});
  }
  Table table(std::move(columns));
  for (const client::TopicInfo& topic : topics) {
    const Totals& of = totals.at(topic.name);
    std::vector<std::string> row = {topic.name.value, fmt::format("{}", topic.partitions.size()),
                                    fmt::format("{}", replication_of(topic)), health(of)};
    if (options.long_form) {
      row.insert(row.begin() + 3, {human_count(of.records), shown_size(of.bytes, options.bytes)});
    }
    table.add(std::move(row));
  }
  return table;
}

Outcome<> run(const Options& options) {
  const std::unique_ptr<Session> session = TRY(Session::open(options.cluster));
  std::vector<client::TopicInfo> topics =
      TRY(session->wait(client::list_topics(session->cluster())));
  if (!options.internal) {
    std::erase_if(topics, [](const client::TopicInfo& topic) { return topic.internal; });
  }
  const AllTotals totals = TRY(gather(*session, topics, options.long_form));
  if (options.cluster.json) {
    Json json = Json::array();
    for (const client::TopicInfo& topic : topics) {
      json.push_back(to_json(topic, totals.at(topic.name), options.long_form));
    }
    print(json);
  } else if (topics.empty()) {
    note("no topics yet; make one with: thalweg topic create NAME\n");
  } else {
    print(table_of(topics, totals, options));
  }
  return {};
}

}  // namespace

void add_topic_list(Tree& tree, CLI::App& topic) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = tree.command(
      topic,
      {.name = "list",
       .summary = "List topics",
       .examples = {"thalweg topic list --long", "thalweg topic list --json"},
       .json =
           R"([{"topic", "id", "partitions", "replication_factor", "internal", "leaderless", "under_replicated"}],
  and with --long also "records", "bytes")"},
      [options] { return run(*options); });
  command.add_flag("-l,--long", options->long_form, "Records and size too; asks every leader");
  command.add_flag("--internal", options->internal, "Show the cluster's own topics too");
  command.add_flag("--bytes", options->bytes, "Exact sizes");
  add_cluster_options(command, options->cluster);
}

}  // namespace app
