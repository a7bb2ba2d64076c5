#include <fmt/format.h>

#include "app/commands/bench_common.h"
#include "app/pace.h"

namespace app {

namespace {

struct State {
  BenchResult result{.what = "produce", .latencies = {{"acknowledged", {}}}};
  std::optional<Error> error;
};

Outcome<> send_all(const BenchOptions& options, std::size_t size, client::Producer& producer,
                   State& state) {
  const std::string payload = bench_payload(size);
  const Clock::time_point start = Clock::now();
  const Pace pace(options.rate);
  Progress progress(!options.cluster.json);
  const auto show = [&] {
    progress.show([&] {
      return bench_progress(state.result.records, options.records, state.result.bytes, start);
    });
  };
  for (std::int64_t sent = 0; sent < options.records && !state.error && !interrupted(); ++sent) {
    for (Duration left = pace.until(sent); left.count() > 0 && !interrupted();
         left = pace.until(sent)) {
      producer.poll(std::min(std::chrono::ceil<Millis>(left), Millis(10)));
      show();
    }
    const std::string key = fmt::format("{}", sent);
    client::RecordView record{.topic = options.topic,
                              .partition = PartitionIndex{-1},
                              .offset = {},
                              .key = as_bytes(key),
                              .value = as_bytes(payload),
                              .headers = {}};
    TRY_VOID(producer.send(record));
    if (sent % 64 == 0) producer.poll(Millis(0));
    show();
  }
  while (producer.queued() > 0 && !state.error) {
    producer.poll(Millis(50));
    show();
  }
  state.result.seconds = seconds_since(start);
  return {};
}

Outcome<> run(const BenchOptions& options) {
  const auto size = parse_size(options.size);
  if (!size) return usage_error("--size: " + size.error().detail);
  TRY(bench_topic(options));
  catch_interrupt();
  State state;
  const std::unique_ptr<client::Producer> producer =
      TRY(bench_producer(options, [&state](const client::Delivery& delivery) {
        if (delivery.error) {
          state.error = delivery.error;
          return;
        }
        ++state.result.records;
        state.result.bytes += static_cast<std::int64_t>(delivery.bytes);
        const auto us =
            std::chrono::duration_cast<std::chrono::microseconds>(delivery.latency).count();
        state.result.latencies[0].second.add(
            static_cast<std::uint64_t>(std::max<std::int64_t>(0, us)));
      }));
  TRY_VOID(send_all(options, static_cast<std::size_t>(*size), *producer, state));
  if (state.error) return std::unexpected(Failure(*state.error));
  report(state.result, options.cluster.json);
  return {};
}

}  // namespace

void add_bench_produce(Tree& tree, CLI::App& bench) {
  const auto options = std::make_shared<BenchOptions>();
  CLI::App& command = tree.command(
      bench,
      {.name = "produce",
       .summary = "How many records a second the cluster takes, and how soon it acknowledges them",
       .about = "Sends records as fast as they go, or at a rate. Latency is from handing a record "
                "to the\n"
                "client until its acknowledgement, so at full speed it is mostly waiting in the "
                "client's queue.",
       .examples = {"thalweg bench produce -n 5000000 -s 1KiB",
                    "thalweg bench produce --rate 10000 -z lz4"},
       .json = R"({"bench", "records", "bytes", "seconds", "records_per_second", "bytes_per_second",
  "latency_us": {NAME: {"mean", "p50", "p90", "p99", "p99.9", "p99.99", "max"}}})"},
      [options] { return run(*options); });
  add_topic_options(command, *options);
  add_load_options(command, *options, true);
}

}  // namespace app
