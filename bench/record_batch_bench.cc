// What does a broker pay to check a produced batch before it writes it? Records of 1 KiB that
// compress about two to one, in batches as clients make them; the rate counts uncompressed bytes.
#include <benchmark/benchmark.h>

#include <random>

#include "base/crc32c.h"
#include "wire/record_batch.h"
#include "wire/record_batch_builder.h"
#include "wire/record_batch_reader.h"

namespace {

constexpr std::size_t kRecordSize = 1024;

// Half noise, half zeros.
ByteVector record_value(std::mt19937& random) {
  ByteVector value(kRecordSize);
  for (std::size_t i = 0; i < kRecordSize / 2; ++i) value[i] = static_cast<std::byte>(random());
  return value;
}

ByteVector batch_of(wire::Codec codec, std::int64_t records) {
  std::mt19937 random(1);
  wire::BatchBuilder builder({.compression = {codec}});
  for (std::int64_t i = 0; i < records; ++i) {
    builder.add(Timestamp{1'700'000'000'000 + i}, as_bytes("a key of 16 byte"),
                record_value(random));
  }
  return builder.finish();
}

void count_bytes(benchmark::State& state) {
  state.SetBytesProcessed(state.iterations() * state.range(1) *
                          static_cast<std::int64_t>(kRecordSize));
}

void validate(benchmark::State& state) {
  const auto codec = static_cast<wire::Codec>(state.range(0));
  const ByteVector batch = batch_of(codec, state.range(1));
  wire::BatchScratch scratch;
  for (auto _ : state) {
    const auto valid = wire::validate_batch(batch, {}, scratch);
    if (!valid) state.SkipWithError("invalid");
    benchmark::DoNotOptimize(valid);
  }
  state.SetLabel(std::string(wire::name_of(codec)));
  count_bytes(state);
}

void build(benchmark::State& state) {
  const auto codec = static_cast<wire::Codec>(state.range(0));
  std::mt19937 random(1);
  const ByteVector value = record_value(random);
  wire::CodecScratch scratch;
  wire::BatchBuilder builder({.compression = {codec}});
  for (auto _ : state) {
    for (std::int64_t i = 0; i < state.range(1); ++i) {
      builder.add(Timestamp{1'700'000'000'000 + i}, {}, value);
    }
    benchmark::DoNotOptimize(builder.finish(scratch));
  }
  state.SetLabel(std::string(wire::name_of(codec)));
  count_bytes(state);
}

// The floor: a checksum is the least that a broker owes to a batch.
void checksum(benchmark::State& state) {
  const ByteVector batch = batch_of(wire::Codec::None, state.range(1));
  for (auto _ : state) benchmark::DoNotOptimize(crc32c(batch));
  count_bytes(state);
}

BENCHMARK(checksum)->ArgsProduct({{0}, {16, 256}});
BENCHMARK(validate)->ArgsProduct({{0, 1, 2, 3, 4}, {16, 256}});
BENCHMARK(build)->ArgsProduct({{0, 3, 4}, {256}});

}  // namespace

BENCHMARK_MAIN();
