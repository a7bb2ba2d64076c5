#include <fmt/format.h>

#include <algorithm>

#include "app/commands/common.h"
#include "client/offsets.h"

namespace app {

namespace {

constexpr std::string_view kForEver = "9223372036854775807";

struct Options {
  ClusterOptions cluster;
  std::vector<std::string> names;
  bool all_configs = false;
  bool bytes = false;
};

// Everything that is to be said about a topic.
struct Picture {
  client::TopicInfo topic;
  std::map<TopicPartition, client::Range> ranges;
  std::map<TopicPartition, client::FoundOffset> stable;  // Where read_committed consumers end.
  std::map<TopicPartition, std::int64_t> sizes;
  std::vector<client::ConfigEntry> configs;

  std::optional<client::Range> range(PartitionIndex index) const {
    const auto found = ranges.find({topic.name, index});
    return found == ranges.end() ? std::nullopt : std::optional(found->second);
  }
  // Records that wait for transactions to end. A partition goes on while it is asked about.
  std::int64_t withheld(PartitionIndex index) const {
    const auto end = range(index);
    const auto found = stable.find({topic.name, index});
    if (!end || found == stable.end()) return 0;
    return std::max<std::int64_t>(end->end.value - found->second.offset.value, 0);
  }
  std::optional<std::int64_t> size(PartitionIndex index) const {
    const auto found = sizes.find({topic.name, index});
    return found == sizes.end() ? std::nullopt : std::optional(found->second);
  }
  std::size_t replication_factor() const {
    return topic.partitions.empty() ? 0 : topic.partitions.front().replicas.size();
  }
  std::string config(std::string_view name) const {
    const auto found = std::ranges::find(configs, name, &client::ConfigEntry::name);
    return found == configs.end() ? "" : found->value.value_or("");
  }
};

Outcome<Picture> look(Session& session, const std::string& name) {
  client::Cluster& cluster = session.cluster();
  Picture picture;
  picture.topic = TRY(session.wait(client::find_topic(cluster, TopicName{name})));
  picture.ranges = TRY(session.wait(client::ranges(cluster, {picture.topic})));
  picture.stable = TRY(session.wait(client::list_offsets(cluster, {picture.topic}, client::kLatest,
                                                         client::Isolation::ReadCommitted)));
  picture.configs = TRY(
      session.wait(client::describe_configs(cluster, {client::ResourceType::Topic, name}, false)));
  // Not every cluster tells sizes (it may want more rights for them); the rest is worth showing.
  if (auto sizes = session.wait(client::sizes(cluster, {picture.topic})))
    picture.sizes = *std::move(sizes);
  return picture;
}

bool is_default(const client::ConfigEntry& entry) {
  return entry.source == client::ConfigSource::Default ||
         entry.source == client::ConfigSource::Unknown;
}

// What an acknowledgement of this topic is worth, in a sentence (design decision 6).
std::string durability(const Picture& picture) {
  const std::string least = picture.config("min.insync.replicas");
  const std::string mode = picture.config("thalweg.durability");
  const std::string replicas =
      fmt::format("{} of {} replica{}", least.empty() ? "?" : least, picture.replication_factor(),
                  picture.replication_factor() == 1 ? "" : "s");
  if (mode == "disk")
    return fmt::format("acks=all: on stable storage (fdatasync) of at least {}", replicas);
  if (mode == "page-cache")
    return fmt::format("acks=all: in memory of at least {}; a power cut may lose records",
                       replicas);
  const std::string messages = picture.config("flush.messages");
  const std::string millis = picture.config("flush.ms");
  const bool never = messages == kForEver && (millis == kForEver || millis.empty());
  return fmt::format("acks=all: in memory of at least {}; {}", replicas,
                     never ? "synced to disk when the operating system likes"
                           : fmt::format("synced every {} records or {} ms", messages, millis));
}

std::vector<std::string> warnings_of(const Picture& picture) {
  std::vector<std::string> warnings =
      durability_warnings(picture.replication_factor(), picture.configs);
  for (const client::Partition& partition : picture.topic.partitions) {
    if (partition.leader.value < 0) {
      warnings.push_back(fmt::format("partition {} has no leader: it takes and gives no records.",
                                     partition.index.value));
    } else if (partition.isr.size() < partition.replicas.size()) {
      warnings.push_back(fmt::format("partition {} has {} of {} replicas in sync.",
                                     partition.index.value, partition.isr.size(),
                                     partition.replicas.size()));
    }
  }
  return warnings;
}

Json ids(const std::vector<BrokerId>& brokers) {
  Json json = Json::array();
  for (const BrokerId id : brokers) json.push_back(id.value);
  return json;
}

Json to_json(const Picture& picture, bool all_configs) {
  Json json{{"topic", picture.topic.name.value},
            {"id", picture.topic.id.value.is_zero() ? Json(nullptr)
                                                    : Json(to_text(picture.topic.id.value))},
            {"internal", picture.topic.internal},
            {"replication_factor", picture.replication_factor()},
            {"durability", durability(picture)},
            {"warnings", warnings_of(picture)}};
  json["partitions"] = Json::array();
  for (const client::Partition& partition : picture.topic.partitions) {
    const auto range = picture.range(partition.index);
    const auto size = picture.size(partition.index);
    json["partitions"].push_back({{"partition", partition.index.value},
                                  {"leader", partition.leader.value},
                                  {"leader_epoch", partition.epoch.value},
                                  {"replicas", ids(partition.replicas)},
                                  {"isr", ids(partition.isr)},
                                  {"offline", ids(partition.offline)},
                                  {"start", range ? Json(range->start.value) : Json(nullptr)},
                                  {"end", range ? Json(range->end.value) : Json(nullptr)},
                                  {"withheld", picture.withheld(partition.index)},
                                  {"bytes", size ? Json(*size) : Json(nullptr)}});
  }
  json["configs"] = Json::array();
  for (const client::ConfigEntry& entry : picture.configs) {
    if (!all_configs && is_default(entry)) continue;
    json["configs"].push_back({{"name", entry.name},
                               {"value", entry.value ? Json(*entry.value) : Json(nullptr)},
                               {"source", client::name_of(entry.source)}});
  }
  return json;
}

Table partitions_of(const Picture& picture, bool bytes) {
  std::vector<Column> columns = {{"PARTITION", Align::Right},
                                 {"LEADER", Align::Right},
                                 {"REPLICAS"},
                                 {"IN SYNC"},
                                 {"START", Align::Right},
                                 {"END", Align::Right},
                                 {"RECORDS", Align::Right},
                                 {"SIZE", Align::Right}};
  const bool any_withheld = std::ranges::any_of(
      picture.topic.partitions,
      [&](const client::Partition& partition) { return picture.withheld(partition.index) > 0; });
  if (any_withheld) columns.push_back({"WITHHELD", Align::Right});
  Table table(std::move(columns));
  for (const client::Partition& partition : picture.topic.partitions) {
    const auto range = picture.range(partition.index);
    const auto size = picture.size(partition.index);
    std::vector<std::string> row = {
        fmt::format("{}", partition.index.value),
        partition.leader.value < 0 ? "none" : fmt::format("{}", partition.leader.value),
        joined(partition.replicas),
        joined(partition.isr),
        range ? fmt::format("{}", range->start.value) : "-",
        range ? fmt::format("{}", range->end.value) : "-",
        range ? human_count(range->records()) : "-",
        size ? shown_size(*size, bytes) : "-"};
    if (any_withheld) row.push_back(human_count(picture.withheld(partition.index)));
    table.add(std::move(row));
  }
  return table;
}

Facts facts_of(const Picture& picture, bool bytes) {
  std::int64_t records = 0;
  std::int64_t size = 0;
  for (const auto& [partition, range] : picture.ranges) records += range.records();
  for (const auto& [partition, one] : picture.sizes) size += one;
  const bool compacted = picture.config("cleanup.policy").find("compact") != std::string::npos;
  Facts facts;
  facts.add("Topic",
            picture.topic.name.value + (picture.topic.internal ? " (the cluster's own)" : ""));
  if (!picture.topic.id.value.is_zero()) facts.add("Id", to_text(picture.topic.id.value));
  facts.add("Partitions", fmt::format("{}, {} replica{} of each", picture.topic.partitions.size(),
                                      picture.replication_factor(),
                                      picture.replication_factor() == 1 ? "" : "s"));
  facts.add("Records",
            human_count(records) + (compacted ? " at most (compaction leaves holes)" : ""));
  if (!picture.sizes.empty()) facts.add("Size", shown_size(size, bytes) + (bytes ? " bytes" : ""));
  facts.add("Durability", durability(picture));
  return facts;
}

void show(const Picture& picture, const Options& options) {
  print(facts_of(picture, options.bytes));
  say("\n");
  print(partitions_of(picture, options.bytes));
  Table configs({{"CONFIG"}, {"VALUE"}, {"SET BY"}});
  for (const client::ConfigEntry& entry : picture.configs) {
    if (!options.all_configs && is_default(entry)) continue;
    configs.add(
        {entry.name, entry.value.value_or("-"), std::string(client::name_of(entry.source))});
  }
  if (!configs.empty()) {
    say("\n");
    print(configs);
  }
  flush_output();
  warn(warnings_of(picture));
}

Outcome<> run(const Options& options) {
  const std::unique_ptr<Session> session = TRY(Session::open(options.cluster));
  Json all = Json::array();
  for (const std::string& name : options.names) {
    const Picture picture = TRY(look(*session, name));
    if (options.cluster.json) {
      all.push_back(to_json(picture, options.all_configs));
      continue;
    }
    if (&name != &options.names.front()) say("\n");
    show(picture, options);
  }
  if (options.cluster.json) print(all);
  return {};
}

}  // namespace

void add_topic_describe(Tree& tree, CLI::App& topic) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = tree.command(
      topic,
      {.name = "describe",
       .summary = "Show a topic's partitions, offsets, size, configs and durability",
       .about = "Shows a topic: who leads each partition and which replicas are in sync, where it "
                "starts and\n"
                "ends, its size, the configs that are not defaults and who set them, what an "
                "acknowledgement\n"
                "is worth, and settings that may lose records. WITHHELD counts the records that "
                "read_committed consumers do\n"
                "not get yet, as a transaction before them is open.",
       .examples = {"thalweg topic describe orders", "thalweg topic describe orders --all --json"},
       .json =
           R"([{"topic", "id", "internal", "replication_factor", "durability", "warnings": [...],
    "partitions": [{"partition", "leader", "leader_epoch", "replicas", "isr", "offline", "start", "end", "withheld",
      "bytes"}],
    "configs": [{"name", "value", "source"}]}])"},
      [options] { return run(*options); });
  command.add_option("TOPIC", options->names, "Names of the topics")->required();
  command.add_flag("-a,--all", options->all_configs, "Show the configs that are defaults too");
  command.add_flag("--bytes", options->bytes, "Exact sizes");
  add_cluster_options(command, options->cluster);
}

}  // namespace app
