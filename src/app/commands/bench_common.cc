#include "app/commands/bench_common.h"

#include <fmt/format.h>

namespace app {

namespace {

struct Quantile {
  std::string_view name;
  double share;
};
constexpr Quantile kQuantiles[] = {
    {"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}, {"p99.99", 0.9999},
};

std::string micros(std::uint64_t value) { return human_duration(std::chrono::microseconds(value)); }

Json to_json(const BenchResult& result) {
  Json json{{"bench", result.what},
            {"records", result.records},
            {"bytes", result.bytes},
            {"seconds", result.seconds},
            {"records_per_second", static_cast<double>(result.records) / result.seconds},
            {"bytes_per_second", static_cast<double>(result.bytes) / result.seconds},
            {"latency_us", Json::object()}};
  for (const auto& [name, histogram] : result.latencies) {
    Json one{{"mean", histogram.mean()}};
    for (const Quantile& quantile : kQuantiles)
      one[std::string(quantile.name)] = histogram.quantile(quantile.share);
    one["max"] = histogram.max();
    json["latency_us"][name] = std::move(one);
  }
  return json;
}

}  // namespace

void add_topic_options(CLI::App& command, BenchOptions& options) {
  command.add_option("TOPIC", options.topic, "The topic; made if it is not there")
      ->capture_default_str();
  command
      .add_option("-p,--partitions", options.partitions, "Partitions, if the topic has to be made")
      ->type_name("N")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  command.add_option("-n,--records", options.records, "How many records")
      ->type_name("N")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      .add_option("-X,--property", options.properties, "A property of librdkafka; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  add_cluster_options(command, options.cluster);
}

void add_load_options(CLI::App& command, BenchOptions& options, bool rate) {
  command.add_option("-s,--size", options.size, "Size of a record's value")
      ->type_name("SIZE")
      ->capture_default_str();
  command.add_option("-z,--codec", options.codec, "none, gzip, snappy, lz4 or zstd")
      ->check(CLI::IsMember({"none", "gzip", "snappy", "lz4", "zstd"}))
      ->type_name("CODEC")
      ->capture_default_str();
  command.add_option("--acks", options.acks, "all, 1 or 0")
      ->check(CLI::IsMember({"all", "-1", "1", "0"}))
      ->type_name("ACKS")
      ->capture_default_str();
  if (!rate) return;
  command.add_option("--rate", options.rate, "Records a second; without it, as fast as it goes")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
}

Outcome<client::TopicInfo> bench_topic(const BenchOptions& options) {
  const std::unique_ptr<Session> session = TRY(Session::open(options.cluster));
  const TopicName name{options.topic};
  auto topic = session->wait(client::find_topic(session->cluster(), name));
  if (topic) return *std::move(topic);
  if (topic.error().code != ErrorCode::UnknownTopicOrPartition)
    return std::unexpected(Failure(topic.error()));
  TRY(session->wait(client::create_topic(session->cluster(), {.name = name,
                                                              .partitions = options.partitions,
                                                              .replication_factor = -1,
                                                              .configs = {},
                                                              .validate_only = false})));
  note("created topic '{}'\n", options.topic);
  // Other brokers, and the one we ask, may learn of it a little later.
  for (int i = 0; i < 50; ++i) {
    topic = session->wait(client::find_topic(session->cluster(), name));
    if (topic && !topic->partitions.empty() && topic->partitions.front().leader.value >= 0) break;
    std::this_thread::sleep_for(Millis(20));
  }
  if (!topic) return std::unexpected(Failure(topic.error()));
  return *std::move(topic);
}

Outcome<std::unique_ptr<client::Producer>> bench_producer(
    const BenchOptions& options, std::function<void(const client::Delivery&)> delivered) {
  client::ProducerSettings settings{
      .bootstrap = options.cluster.bootstrap, .codec = options.codec, .acks = options.acks};
  for (const Setting& setting : TRY(parse_settings(options.properties, "--property"))) {
    settings.more[setting.name] = setting.value;
  }
  return TRY(client::Producer::open(std::move(settings), std::move(delivered)));
}

std::string bench_payload(std::size_t size) {
  std::string payload(size, ' ');
  std::mt19937 random(1);
  for (char& c : payload) c = static_cast<char>("0123456789abcdef"[random() & 15]);
  return payload;
}

double seconds_since(Clock::time_point start) {
  return std::max(1e-6, std::chrono::duration<double>(Clock::now() - start).count());
}

std::string bench_progress(std::int64_t done, std::int64_t all, std::int64_t bytes,
                           Clock::time_point start) {
  const double seconds = seconds_since(start);
  return fmt::format("{}  {} records/s  {}/s",
                     bar(static_cast<double>(done) / static_cast<double>(all)),
                     human_rate(static_cast<double>(done) / seconds),
                     human_size(static_cast<std::int64_t>(static_cast<double>(bytes) / seconds)));
}

void report(const BenchResult& result, bool json) {
  if (json) {
    print(to_json(result));
    return;
  }
  Facts facts;
  facts.add("Records", fmt::format("{} in {:.2f} s", human_count(result.records), result.seconds));
  facts.add("Throughput", fmt::format("{} records/s, {}/s",
                                      human_count(static_cast<std::int64_t>(
                                          static_cast<double>(result.records) / result.seconds)),
                                      human_size(static_cast<std::int64_t>(
                                          static_cast<double>(result.bytes) / result.seconds))));
  print(facts);
  if (result.latencies.empty()) return;
  std::vector<Column> columns = {{"LATENCY"}, {"MEAN", Align::Right}};
  for (const Quantile& quantile : kQuantiles)
    columns.push_back({std::string(quantile.name), Align::Right});
  columns.push_back({"MAX", Align::Right});
  Table table(std::move(columns));
  for (const auto& [name, histogram] : result.latencies) {
    std::vector<std::string> row = {name, micros(static_cast<std::uint64_t>(histogram.mean()))};
    for (const Quantile& quantile : kQuantiles)
      row.push_back(micros(histogram.quantile(quantile.share)));
    row.push_back(micros(histogram.max()));
    table.add(std::move(row));
  }
  say("\n");
  print(table);
}

}  // namespace app
