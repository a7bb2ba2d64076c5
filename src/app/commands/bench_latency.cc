// Latency of single records, and of their whole way to a consumer.
#include <fmt/format.h>

#include "app/commands/bench_common.h"
#include "app/pace.h"
#include "client/consumer.h"
#include "client/offsets.h"

namespace app {

namespace {

constexpr std::size_t kStampSize = sizeof(std::int64_t);
constexpr Millis kPatience{10'000};  // How long to wait for what does not come.

std::int64_t micros_now() {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch())
      .count();
}

struct State {
  std::int64_t acknowledged = 0;
  std::int64_t received = 0;
  std::int64_t bytes = 0;
  Histogram acks;
  Histogram arrivals;
  std::optional<Error> error;

  void take(const client::Delivery& delivery) {
    if (delivery.error) {
      error = delivery.error;
      return;
    }
    ++acknowledged;
    bytes += static_cast<std::int64_t>(delivery.bytes);
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(delivery.latency).count();
    acks.add(static_cast<std::uint64_t>(std::max<std::int64_t>(0, us)));
  }
};

// Starts at the end of every partition, so that only our own records come.
Outcome<std::unique_ptr<client::Consumer>> open_at_end(const BenchOptions& options,
                                                       const client::TopicInfo& topic) {
  std::vector<client::Start> starts;
  {
    const std::unique_ptr<Session> session = TRY(Session::open(options.cluster));
    for (const auto& [partition, range] :
         TRY(session->wait(client::ranges(session->cluster(), {topic})))) {
      starts.push_back({partition, range.end});
    }
  }
  auto consumer = TRY(client::Consumer::open(
      {.bootstrap = options.cluster.bootstrap, .more = {{"fetch.wait.max.ms", "500"}}}));
  TRY_VOID(consumer->assign(starts));
  // Once the end of each partition is reported, fetching is under way.
  std::size_t ready = 0;
  const Clock::time_point start = Clock::now();
  while (ready < starts.size() && Clock::now() - start < kPatience) {
    if (TRY(consumer->poll(Millis(50))).end) ++ready;
  }
  return consumer;
}

Outcome<> receive(client::Consumer& consumer, State& state, Millis wait) {
  for (;;) {
    const client::Polled polled = TRY(consumer.poll(wait));
    if (!polled.record) return {};
    if (!polled.record->value || polled.record->value->size() < kStampSize) continue;
    const std::int64_t took = micros_now() - load_big<std::int64_t>(polled.record->value->data());
    if (took >= 0) state.arrivals.add(static_cast<std::uint64_t>(took));
    ++state.received;
    wait = Millis(0);
  }
}

Outcome<> send(const BenchOptions& options, client::Producer& producer, std::string& payload) {
  store_big(reinterpret_cast<std::byte*>(payload.data()), micros_now());
  client::RecordView record{.topic = options.topic,
                            .partition = PartitionIndex{-1},
                            .offset = {},
                            .key = {},
                            .value = as_bytes(payload),
                            .headers = {}};
  TRY_VOID(producer.send(record));
  return {};
}

Outcome<std::string> payload_of(const BenchOptions& options) {
  const auto size = parse_size(options.size);
  if (!size) return usage_error("--size: " + size.error().detail);
  return bench_payload(std::max(kStampSize, static_cast<std::size_t>(*size)));
}

// Latency is what is measured: no record waits for others to share a batch with.
BenchOptions unbatched(BenchOptions options) {
  options.properties.insert(options.properties.begin(), "linger.ms=0");
  return options;
}

Outcome<> run_latency(const BenchOptions& given) {
  const BenchOptions options = unbatched(given);
  std::string payload = TRY(payload_of(options));
  TRY(bench_topic(options));
  catch_interrupt();
  State state;
  const auto producer = TRY(bench_producer(
      options, [&state](const client::Delivery& delivery) { state.take(delivery); }));
  Progress progress(!options.cluster.json);
  const Clock::time_point start = Clock::now();
  for (std::int64_t i = 0; i < options.records && !state.error && !interrupted(); ++i) {
    TRY_VOID(send(options, *producer, payload));
    while (state.acknowledged <= i && !state.error) producer->poll(Millis(1000));
    progress.show(
        [&] { return bench_progress(state.acknowledged, options.records, state.bytes, start); });
  }
  progress.clear();
  if (state.error) return std::unexpected(Failure(*state.error));
  report({.what = "latency",
          .records = state.acknowledged,
          .bytes = state.bytes,
          .seconds = seconds_since(start),
          .latencies = {{"acknowledged", state.acks}}},
         options.cluster.json);
  return {};
}

Outcome<> run_e2e(const BenchOptions& given) {
  const BenchOptions options = unbatched(given);
  std::string payload = TRY(payload_of(options));
  const client::TopicInfo topic = TRY(bench_topic(options));
  catch_interrupt();
  State state;
  const auto consumer = TRY(open_at_end(options, topic));
  const auto producer = TRY(bench_producer(
      options, [&state](const client::Delivery& delivery) { state.take(delivery); }));
  Progress progress(!options.cluster.json);
  const Clock::time_point start = Clock::now();
  const Pace pace(options.rate);
  std::int64_t sent = 0;
  Clock::time_point last_arrival = start;
  while (state.received < options.records && !state.error && !interrupted()) {
    while (sent < options.records && pace.until(sent).count() <= 0) {
      TRY_VOID(send(options, *producer, payload));
      ++sent;
    }
    producer->poll(Millis(0));
    const std::int64_t before = state.received;
    TRY_VOID(receive(*consumer, state, Millis(1)));
    if (state.received > before || sent < options.records) last_arrival = Clock::now();
    if (Clock::now() - last_arrival > kPatience) {
      return refused(fmt::format("{} of {} records did not come back",
                                 options.records - state.received, options.records));
    }
    progress.show(
        [&] { return bench_progress(state.received, options.records, state.bytes, start); });
  }
  progress.clear();
  while (producer->queued() > 0 && !state.error) producer->poll(Millis(50));
  if (state.error) return std::unexpected(Failure(*state.error));
  report({.what = "e2e",
          .records = state.received,
          .bytes = state.bytes,
          .seconds = seconds_since(start),
          .latencies = {{"acknowledged", state.acks}, {"received", state.arrivals}}},
         options.cluster.json);
  return {};
}

}  // namespace

void add_bench_latency(Tree& tree, CLI::App& bench) {
  const auto latency = std::make_shared<BenchOptions>();
  latency->records = 10'000;
  CLI::App& one = tree.command(
      bench,
      {.name = "latency",
       .summary = "How soon a single record is acknowledged",
       .about = "Sends one record at a time and waits for its acknowledgement before the next.",
       .examples = {"thalweg bench latency -n 20000 -s 100"},
       .json = "as of bench produce"},
      [latency] { return run_latency(*latency); });
  add_topic_options(one, *latency);
  add_load_options(one, *latency, false);

  const auto whole = std::make_shared<BenchOptions>();
  whole->records = 20'000;
  whole->rate = 2'000;
  CLI::App& e2e = tree.command(bench,
                               {.name = "e2e",
                                .summary = "How soon a record has reached a consumer",
                                .about = "Sends records at a rate and receives them in the same "
                                         "process, so one clock measures both ends.",
                                .examples = {"thalweg bench e2e --rate 5000"},
                                .json = "as of bench produce"},
                               [whole] { return run_e2e(*whole); });
  add_topic_options(e2e, *whole);
  add_load_options(e2e, *whole, true);
}

void add_bench(Tree& tree) {
  CLI::App& bench = tree.group(
      tree.root(), {.name = "bench",
                    .summary = "Measure throughput and latency of a cluster",
                    .examples = {"thalweg bench produce", "thalweg bench e2e --rate 5000"}});
  add_bench_produce(tree, bench);
  add_bench_consume(tree, bench);
  add_bench_latency(tree, bench);
  add_bench_eos(tree, bench);
}

}  // namespace app
