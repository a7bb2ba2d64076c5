// What does a partition pay for what it remembers of producers? Memory for so many of them, each
// with its last five batches and a transaction open, and the time of a batch: judged, then
// remembered.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include "txn/producers.h"

namespace {

using namespace txn;

BatchFacts facts_of(std::int64_t producer, std::int32_t sequence) {
  return {.producer = ProducerId{producer},
          .epoch = ProducerEpoch{0},
          .first = Sequence{sequence},
          .last = Sequence{sequence},
          .timestamp = Timestamp{1'700'000'000'000},
          .transactional = true};
}

void fill(Producers& producers, std::int64_t count, Offset& end) {
  for (std::int32_t sequence = 0; sequence < 5; ++sequence) {
    for (std::int64_t id = 0; id < count; ++id) {
      apply(producers, AppendedBatch{.facts = facts_of(id, sequence), .first = end, .last = end});
      ++end.value;
    }
  }
}

void memory(benchmark::State& state) {
  for (auto _ : state) {
    const std::size_t before = mallinfo2().uordblks;
    Producers producers(static_cast<std::size_t>(state.range(0)));
    Offset end;
    fill(producers, state.range(0), end);
    const auto used = static_cast<double>(mallinfo2().uordblks - before);
    state.counters["MiB"] = used / (1 << 20);
    state.counters["bytes_each"] = used / static_cast<double>(state.range(0));
  }
}
BENCHMARK(memory)->Arg(1'000)->Arg(100'000)->Unit(benchmark::kMillisecond)->Iterations(1);

void one_batch(benchmark::State& state) {
  Producers producers(static_cast<std::size_t>(state.range(0)));
  Offset end;
  fill(producers, state.range(0), end);
  std::int64_t id = 0;
  std::int32_t sequence = 5;
  for (auto _ : state) {
    const BatchFacts facts = facts_of(id, sequence);
    benchmark::DoNotOptimize(check(producers, facts));
    apply(producers, AppendedBatch{.facts = facts, .first = end, .last = end});
    ++end.value;
    if (++id < state.range(0)) continue;
    id = 0;
    ++sequence;
  }
}
BENCHMARK(one_batch)->Arg(10)->Arg(100'000);

}  // namespace

BENCHMARK_MAIN();
