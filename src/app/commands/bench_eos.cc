// What exactly-once costs: the same load with and without it, in turns.
#include <fmt/format.h>

#include <algorithm>

#include "app/commands/bench_common.h"
#include "app/read_process_write.h"
#include "client/groups.h"

namespace app {

namespace {

constexpr std::size_t kInputBytes = std::size_t{64} << 20;
constexpr std::size_t kBatchBytes = std::size_t{16} << 10;  // What Java's producers make.
constexpr Millis kWarmUp{500};

struct EosOptions {
  ClusterOptions cluster;
  std::string topic = "thalweg-bench-eos";
  std::int32_t partitions = 10;
  std::string size = "1KiB";
  std::string duration = "15s";
  std::string interval = "100ms";
  int rounds = 3;
  double rate = 0;
};

enum class Kind { AtLeastOnce, ExactlyOnce };

struct Measured {
  LoadResult with;  // Exactly once,
  LoadResult without;
  std::vector<double> ratios;  // Of each round.
};

double records_per_second(const LoadResult& result) {
  return static_cast<double>(result.records) / std::max(1e-6, result.seconds);
}
double bytes_per_second(const LoadResult& result) {
  return static_cast<double>(result.bytes) / std::max(1e-6, result.seconds);
}
double ratio(const LoadResult& with, const LoadResult& without) {
  return records_per_second(with) / std::max(1e-6, records_per_second(without));
}

class EosBench {
 public:
  EosBench(const EosOptions& options, Session& session)
      : options_(options),
        session_(session),
        name_(fmt::format("{}-{:08x}", options.topic, std::random_device{}())),
        progress_(!options.cluster.json) {}

  Outcome<Measured> measure();
  // Deletes what was made, also after a failure.
  void clean_up();

 private:
  Outcome<client::TopicInfo> make_topic(const std::string& name);
  Outcome<> delete_topic(const std::string& name);
  Outcome<> fill();
  Outcome<LoadResult> round(Kind kind, RoundPlan plan);
  env::Task<Result<LoadResult>> run(Kind kind, LoadPlan plan, RoundPlan round);
  env::Task<Result<void>> write_input(client::TopicInfo topic, std::size_t size);
  void show(Kind kind, int number);

  const EosOptions& options_;
  Session& session_;
  std::string name_;
  Progress progress_;
  client::TopicInfo input_;
  std::vector<std::string> made_;
  int rounds_ = 0;
};

bool has_leaders(const client::TopicInfo& topic) {
  return !topic.partitions.empty() &&
         std::ranges::all_of(topic.partitions, [](const client::Partition& partition) {
           return partition.leader.value >= 0;
         });
}

Outcome<client::TopicInfo> EosBench::make_topic(const std::string& name) {
  client::Cluster& cluster = session_.cluster();
  const TopicName topic{name};
  TRY(session_.wait(client::create_topic(cluster, {.name = topic,
                                                   .partitions = options_.partitions,
                                                   .replication_factor = -1,
                                                   .configs = {}})));
  made_.push_back(name);
  // Brokers may learn of it a little later.
  Outcome<client::TopicInfo> found = refused(fmt::format("topic '{}' was not made", name));
  for (int i = 0; i < 250; ++i) {
    const auto now = session_.wait(client::find_topic(cluster, topic));
    if (now && has_leaders(*now)) return *now;
    if (!now) found = std::unexpected(Failure(now.error()));
    std::this_thread::sleep_for(Millis(20));
  }
  return found;
}

Outcome<> EosBench::delete_topic(const std::string& name) {
  std::erase(made_, name);
  TRY_VOID(session_.wait(client::delete_topic(session_.cluster(), TopicName{name})));
  return {};
}

env::Task<Result<void>> EosBench::write_input(client::TopicInfo topic, std::size_t size) {
  CO_TRY(const auto sender,
         co_await plain_sender(session_.cluster(), topic, {.batch_bytes = kBatchBytes}));
  const std::string payload = bench_payload(size);
  const std::size_t records = std::max<std::size_t>(1, kBatchBytes / (size + 64));
  const std::vector<client::NewRecord> batch(
      records, {.timestamp = session_.cluster().shard().wall(), .value = as_bytes(payload)});
  Result<void> sent;
  for (std::size_t at = 0; sent && at * records * size < kInputBytes; ++at) {
    const PartitionIndex to = topic.partitions[at % topic.partitions.size()].index;
    sent = co_await sender->send({topic.name, to}, batch);
  }
  if (sent) sent = co_await sender->flush();
  co_await sender->close();
  co_return sent;
}

Outcome<> EosBench::fill() {
  const auto size = parse_size(options_.size);
  if (!size) return usage_error("--size: " + size.error().detail);
  if (*size < 1) return usage_error("--size: a record needs at least one byte here");
  input_ = TRY(make_topic(name_ + "-in"));
  TRY_VOID(session_.wait(write_input(input_, static_cast<std::size_t>(*size))));
  return {};
}

env::Task<Result<LoadResult>> EosBench::run(Kind kind, LoadPlan plan, RoundPlan round) {
  client::Cluster& cluster = session_.cluster();
  auto opening =
      kind == Kind::ExactlyOnce ? exactly_once(cluster, plan) : at_least_once(cluster, plan);
  CO_TRY(const auto guarantee, co_await std::move(opening));
  auto load = co_await ReadProcessWrite::open(cluster, plan);
  Result<LoadResult> result = fail(load ? Error{} : load.error());
  if (load) {
    result = co_await (*load)->run(*guarantee, round, interrupted);
    co_await (*load)->close();
  }
  co_await guarantee->close();
  co_return result;
}

Outcome<LoadResult> EosBench::round(Kind kind, RoundPlan plan) {
  // A topic of its own for each: what one round left does not lie in the way of the next.
  const std::string name = fmt::format("{}-out-{}", name_, ++rounds_);
  const client::TopicInfo to = TRY(make_topic(name));
  LoadResult result = TRY(session_.wait(
      run(kind, {.from = input_, .to = to, .group = GroupId{name_}, .id = TransactionalId{name_}},
          plan)));
  TRY_VOID(delete_topic(name));
  return result;
}

void EosBench::show(Kind kind, int number) {
  progress_.show([&] {
    return fmt::format("round {} of {}: {} once", number, options_.rounds,
                       kind == Kind::ExactlyOnce ? "exactly" : "at least");
  });
}

Outcome<Measured> EosBench::measure() {
  const auto lasts = parse_duration(options_.duration);
  if (!lasts) return usage_error("--duration: " + lasts.error().detail);
  const auto interval = parse_duration(options_.interval);
  if (!interval) return usage_error("--commit-interval: " + interval.error().detail);
  if (interval->count() < 1) return usage_error("--commit-interval: at least 1 ms");
  const RoundPlan plan{
      .lasts = Duration{*lasts} / options_.rounds, .interval = *interval, .rate = options_.rate};
  RoundPlan warm_up = plan;
  warm_up.lasts = std::min<Duration>(kWarmUp, plan.lasts);
  TRY_VOID(fill());
  for (const Kind kind : {Kind::AtLeastOnce, Kind::ExactlyOnce}) TRY(round(kind, warm_up));
  Measured measured;
  for (int i = 0; i < options_.rounds && !interrupted(); ++i) {
    // Who goes first changes, so that what the other leaves behind is shared out, too.
    const bool with_first = i % 2 == 1;
    LoadResult with;
    LoadResult without;
    for (const bool first : {true, false}) {
      const Kind kind = first == with_first ? Kind::ExactlyOnce : Kind::AtLeastOnce;
      show(kind, i + 1);
      (kind == Kind::ExactlyOnce ? with : without) = TRY(round(kind, plan));
    }
    if (interrupted()) break;
    add(measured.with, with);
    add(measured.without, without);
    measured.ratios.push_back(ratio(with, without));
  }
  progress_.clear();
  if (measured.ratios.empty()) return refused("interrupted before a round was complete");
  return measured;
}

void EosBench::clean_up() {
  client::Cluster& cluster = session_.cluster();
  // Clusters may forget a group with the last topic that it read.
  const auto told = [](const std::string& what, const Result<void>& done) {
    if (!done && done.error().code != ErrorCode::GroupIdNotFound)
      note("warning: {} was not deleted: {}\n", what, done.error().detail);
  };
  for (const std::string& name : made_) {
    told("topic " + name, session_.wait(client::delete_topic(cluster, TopicName{name})));
  }
  if (rounds_ > 0) {
    told("group " + name_, session_.wait(client::delete_group(cluster, GroupId{name_})));
  }
}

Json to_json(const Histogram& histogram) {
  return {{"mean", histogram.mean()},
          {"p50", histogram.quantile(0.5)},
          {"p99", histogram.quantile(0.99)},
          {"max", histogram.max()}};
}

Json to_json(const LoadResult& result) {
  Json json{
      {"records", result.records},
      {"bytes", result.bytes},
      {"seconds", result.seconds},
      {"records_per_second", records_per_second(result)},
      {"bytes_per_second", bytes_per_second(result)},
      {"commits", result.commits},
      {"partitions_per_commit", static_cast<double>(result.partitions) /
                                    static_cast<double>(std::max<std::int64_t>(1, result.commits))},
      {"aborted", result.aborted},
      {"retried", result.retried}};
  json["latency_us"] = {{"commit", to_json(result.commit)},
                        {"offsets", to_json(result.offsets)},
                        {"end", to_json(result.end)},
                        {"flush", to_json(result.flush)}};
  return json;
}

void report(const Measured& measured, bool json) {
  const double whole = ratio(measured.with, measured.without);
  if (json) {
    print(Json{{"bench", "eos"},
               {"at_least_once", to_json(measured.without)},
               {"exactly_once", to_json(measured.with)},
               {"ratio", whole},
               {"round_ratios", measured.ratios}});
    return;
  }
  Table table({{"GUARANTEE"},
               {"RECORDS/S", Align::Right},
               {"MB/S", Align::Right},
               {"COMMITS", Align::Right},
               {"COMMIT p50", Align::Right},
               {"p99", Align::Right},
               {"MAX", Align::Right},
               {"ABORTED", Align::Right},
               {"RETRIED", Align::Right}});
  const auto row = [&table](std::string name, const LoadResult& result) {
    const auto micros = [](std::uint64_t value) {
      return human_duration(std::chrono::microseconds(value));
    };
    table.add({std::move(name), human_count(static_cast<std::int64_t>(records_per_second(result))),
               fmt::format("{:.1f}", bytes_per_second(result) / 1e6), human_count(result.commits),
               micros(result.commit.quantile(0.5)), micros(result.commit.quantile(0.99)),
               micros(result.commit.max()), human_count(result.aborted),
               human_count(result.retried)});
  };
  row("at least once", measured.without);
  row("exactly once", measured.with);
  print(table);
  const auto [lowest, highest] = std::ranges::minmax(measured.ratios);
  say("\nExactly once has {:.1f} % of the throughput ({:.1f} to {:.1f} % by round).\n", whole * 100,
      lowest * 100, highest * 100);
  if (measured.with.why_aborted) {
    note("warning: transactions were aborted, the last because {}\n",
         measured.with.why_aborted->detail);
  }
}

Outcome<> run(const EosOptions& options) {
  const std::unique_ptr<Session> session = TRY(Session::open(options.cluster));
  catch_interrupt();
  EosBench bench(options, *session);
  const Outcome<Measured> measured = bench.measure();
  bench.clean_up();
  if (!measured) return std::unexpected(measured.error());
  report(*measured, options.cluster.json);
  return {};
}

}  // namespace

void add_bench_eos(Tree& tree, CLI::App& bench) {
  const auto options = std::make_shared<EosOptions>();
  CLI::App& command = tree.command(
      bench,
      {.name = "eos",
       .summary = "What exactly-once costs: the same load with and without it",
       .about =
           "Reads records from a topic, writes them to another and commits every so often, in\n"
           "rounds: at least once (idempotent producer, committed offsets) and exactly once\n"
           "(transactions), in turns. A commit's latency is what it takes beyond the records, "
           "which\n"
           "are flushed before: the offsets and, exactly once, the end of the transaction. The\n"
           "topics and the group are made for it and deleted.",
       .examples = {"thalweg bench eos", "thalweg bench eos --rate 20000 --commit-interval 1s"},
       .json =
           R"({"bench", "at_least_once": RESULT, "exactly_once": RESULT, "ratio", "round_ratios"}
  RESULT: {"records", "bytes", "seconds", "records_per_second", "bytes_per_second", "commits",
    "partitions_per_commit", "aborted", "retried",
    "latency_us": {"commit" | "offsets" | "end" | "flush": {"mean", "p50", "p99", "max"}}})"},
      [options] { return run(*options); });
  command
      .add_option("TOPIC", options->topic, "What the names of the topics and the group begin with")
      ->capture_default_str();
  command.add_option("-p,--partitions", options->partitions, "Partitions of either topic")
      ->type_name("N")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command.add_option("-s,--size", options->size, "Size of a record's value")
      ->type_name("SIZE")
      ->capture_default_str();
  command.add_option("--duration", options->duration, "How long either guarantee runs, in all")
      ->type_name("TIME")
      ->capture_default_str();
  command
      .add_option("--commit-interval", options->interval, "How long from one commit to the next")
      ->type_name("TIME")
      ->capture_default_str();
  command.add_option("--rounds", options->rounds, "In how many rounds")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  command.add_option("--rate", options->rate, "Records a second; without it, as fast as it goes")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  add_cluster_options(command, options->cluster);
}

}  // namespace app
