#include <fmt/format.h>

#include "app/commands/bench_common.h"
#include "client/consumer.h"
#include "client/offsets.h"

namespace app {

namespace {

Outcome<> run(const BenchOptions& options) {
  std::vector<client::Start> starts;
  std::int64_t available = 0;
  {
    const std::unique_ptr<Session> session = TRY(Session::open(options.cluster));
    client::Cluster& cluster = session->cluster();
    const auto topic = TRY(session->wait(client::find_topic(cluster, TopicName{options.topic})));
    for (const auto& [partition, range] : TRY(session->wait(client::ranges(cluster, {topic})))) {
      available += range.records();
      if (range.records() > 0) starts.push_back({partition, range.start});
    }
  }
  const std::int64_t wanted = std::min(options.records, available);
  if (wanted == 0) {
    return refused(fmt::format("topic '{}' is empty", options.topic),
                   "Fill it with: thalweg bench produce " + options.topic);
  }
  catch_interrupt();
  client::ConsumerSettings settings{.bootstrap = options.cluster.bootstrap};
  for (const Setting& setting : TRY(parse_settings(options.properties, "--property"))) {
    settings.more[setting.name] = setting.value;
  }
  const std::unique_ptr<client::Consumer> consumer =
      TRY(client::Consumer::open(std::move(settings)));
  const std::size_t partitions = starts.size();
  const Clock::time_point start = Clock::now();
  TRY_VOID(consumer->assign(starts));
  BenchResult result{.what = "consume"};
  Progress progress(!options.cluster.json);
  std::size_t ended = 0;
  // Compaction and transactions leave holes, so the ends count too.
  while (result.records < wanted && ended < partitions && !interrupted()) {
    const client::Polled polled = TRY(consumer->poll(Millis(100)));
    if (polled.end) ++ended;
    if (!polled.record) continue;
    ++result.records;
    result.bytes +=
        static_cast<std::int64_t>((polled.record->key ? polled.record->key->size() : 0) +
                                  (polled.record->value ? polled.record->value->size() : 0));
    if (result.records % 1024 == 0) {
      progress.show([&] { return bench_progress(result.records, wanted, result.bytes, start); });
    }
  }
  result.seconds = seconds_since(start);
  progress.clear();
  report(result, options.cluster.json);
  return {};
}

}  // namespace

void add_bench_consume(Tree& tree, CLI::App& bench) {
  const auto options = std::make_shared<BenchOptions>();
  CLI::App& command = tree.command(
      bench,
      {.name = "consume",
       .summary = "How many records a second the cluster gives",
       .about = "Reads a topic from its start, without printing anything.",
       .examples = {"thalweg bench produce orders-test && thalweg bench consume orders-test"},
       .json = R"(as of bench produce, without latencies)"},
      [options] { return run(*options); });
  add_topic_options(command, *options);
}

}  // namespace app
