// Drives a broker with produce or fetch requests as fast as it answers, and prints one line of
// JSON: bytes a second, latencies, and errors. It speaks only versions without compact encodings,
// so it drives Thalweg, the floors beside this file, and Apache Kafka alike.
//
//   load produce|fetch HOST:PORT TOPIC CONNECTIONS DEPTH RECORDS SECONDS
//
// Each connection has a partition of its own and DEPTH requests under way; a produce request
// carries one batch of RECORDS records of 1 KiB, with acks=all.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "socket.h"
#include "wire/record_batch_builder.h"

namespace {

using Clock = std::chrono::steady_clock;
using bench::load;
using bench::Writer;

constexpr std::size_t kRecordSize = 1024;

struct Plan {
  bool produce;
  std::string address;
  std::string topic;
  int connections;
  int depth;
  int records;
  double seconds;
};

struct Outcome {
  std::uint64_t bytes = 0;
  std::uint64_t errors = 0;
  std::vector<float> milliseconds;
};

ByteVector batch_of(int records) {
  wire::BatchBuilder builder;
  ByteVector value(kRecordSize - 30);
  std::uint32_t dice = 7;
  for (int i = 0; i < records; ++i) {
    for (std::byte& byte : value)
      byte = static_cast<std::byte>((dice = dice * 1664525U + 1013904223U) >> 24);
    builder.add(Timestamp{1'767'225'600'000 + i}, {}, value);
  }
  return builder.finish();
}

void create_topic(const Plan& plan) {
  Writer body;
  body.i32(1).string(plan.topic).i32(plan.connections).i16(1).i32(0).i32(0).i32(30'000).i8(0);
  const int fd = bench::connect_to(plan.address);
  const std::vector<char> ask = bench::request(19, 2, 1, body);
  bench::send_all(fd, ask.data(), ask.size());
  std::vector<char> answer;
  bench::read_answer(fd, answer);  // It may be there already.
  ::close(fd);
}

std::vector<char> produce_request(const Plan& plan, int partition) {
  const ByteVector batch = batch_of(plan.records);
  Writer body;
  body.i16(-1).i16(-1).i32(30'000).i32(1).string(plan.topic).i32(1).i32(partition);
  body.i32(static_cast<std::int32_t>(batch.size())).raw(batch.data(), batch.size());
  return bench::request(0, 3, 1, body);
}

std::vector<char> fetch_request(const Plan& plan, int partition, std::int64_t offset) {
  constexpr std::int32_t kMost = 1 << 20;
  Writer body;
  body.i32(-1).i32(500).i32(1).i32(8 << 20).i8(0).i32(1).string(plan.topic).i32(1);
  body.i32(partition).i64(offset).i32(kMost);
  return bench::request(1, 4, 1, body);
}

// Where the error stands in a Produce answer, and where the partition's part stands in a Fetch
// answer.
const char* behind_topic(const std::vector<char>& answer, std::size_t at) {
  return answer.data() + at + 2 + load<std::int16_t>(answer.data() + at);
}

// Follows the batches of a fetch answer: the offset after the last whole one, or `from`.
std::int64_t next_offset(const char* batches, std::int32_t size, std::int64_t from) {
  for (std::int32_t at = 0; at + 61 <= size;) {
    const std::int32_t whole = 12 + load<std::int32_t>(batches + at + 8);
    if (at + whole > size) break;
    from = load<std::int64_t>(batches + at) + load<std::int32_t>(batches + at + 23) + 1;
    at += whole;
  }
  return from;
}

void drive_produce(const Plan& plan, int partition, Clock::time_point end, Outcome& outcome) {
  const int fd = bench::connect_to(plan.address);
  const std::vector<char> ask = produce_request(plan, partition);
  std::deque<Clock::time_point> under_way;
  std::vector<char> answer;
  while (Clock::now() < end || !under_way.empty()) {
    while (Clock::now() < end && static_cast<int>(under_way.size()) < plan.depth) {
      under_way.push_back(Clock::now());
      bench::send_all(fd, ask.data(), ask.size());
    }
    if (!bench::read_answer(fd, answer)) bench::give_up("the broker hung up");
    const std::chrono::duration<float, std::milli> took = Clock::now() - under_way.front();
    under_way.pop_front();
    outcome.milliseconds.push_back(took.count());
    const char* partition_part = behind_topic(answer, 8) + 4;
    if (load<std::int16_t>(partition_part + 4) == 0) {
      outcome.bytes += static_cast<std::uint64_t>(plan.records) * kRecordSize;
    } else {
      ++outcome.errors;
    }
  }
  ::close(fd);
}

void drive_fetch(const Plan& plan, int partition, Clock::time_point end, Outcome& outcome) {
  const int fd = bench::connect_to(plan.address);
  std::int64_t offset = 0;
  std::vector<char> answer;
  while (Clock::now() < end) {
    const Clock::time_point started = Clock::now();
    const std::vector<char> ask = fetch_request(plan, partition, offset);
    bench::send_all(fd, ask.data(), ask.size());
    if (!bench::read_answer(fd, answer)) bench::give_up("the broker hung up");
    const std::chrono::duration<float, std::milli> took = Clock::now() - started;
    outcome.milliseconds.push_back(took.count());
    // index, error, high watermark, last stable offset, aborted transactions, size of the records.
    const char* part = behind_topic(answer, 12) + 4;
    if (load<std::int16_t>(part + 4) != 0) {
      ++outcome.errors;
      continue;
    }
    const std::int32_t aborted = std::max(0, load<std::int32_t>(part + 22));
    const char* records = part + 26 + aborted * 16;
    const std::int32_t size = std::max(0, load<std::int32_t>(records));
    outcome.bytes += static_cast<std::uint64_t>(size);
    const std::int64_t next = next_offset(records + 4, size, offset);
    offset =
        next == load<std::int64_t>(part + 6) ? 0 : next;  // At the end, from the beginning again.
  }
  ::close(fd);
}

float percentile(const std::vector<float>& sorted, double share) {
  if (sorted.empty()) return 0;
  return sorted[std::min(sorted.size() - 1,
                         static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
}

void print(const Plan& plan, const std::vector<Outcome>& outcomes) {
  Outcome all;
  for (const Outcome& one : outcomes) {
    all.bytes += one.bytes;
    all.errors += one.errors;
    all.milliseconds.insert(all.milliseconds.end(), one.milliseconds.begin(),
                            one.milliseconds.end());
  }
  std::ranges::sort(all.milliseconds);
  const auto whole = [](std::uint64_t number) { return static_cast<unsigned long long>(number); };
  std::printf(R"({"bytes": %llu, "seconds": %.3f, "requests": %llu, "errors": %llu, )",
              whole(all.bytes), plan.seconds, whole(all.milliseconds.size()), whole(all.errors));
  std::printf(R"("ms_50": %.3f, "ms_99": %.3f, "ms_999": %.3f})"
              "\n",
              percentile(all.milliseconds, 0.5), percentile(all.milliseconds, 0.99),
              percentile(all.milliseconds, 0.999));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8) return 2;
  const Plan plan{.produce = std::string(argv[1]) == "produce",
                  .address = argv[2],
                  .topic = argv[3],
                  .connections = std::atoi(argv[4]),
                  .depth = std::atoi(argv[5]),
                  .records = std::atoi(argv[6]),
                  .seconds = std::atof(argv[7])};
  if (plan.produce) create_topic(plan);
  const auto end =
      Clock::now() + std::chrono::microseconds(static_cast<std::int64_t>(plan.seconds * 1e6));
  std::vector<Outcome> outcomes(static_cast<std::size_t>(plan.connections));
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < plan.connections; ++i) {
      threads.emplace_back(plan.produce ? drive_produce : drive_fetch, std::cref(plan), i, end,
                           std::ref(outcomes[static_cast<std::size_t>(i)]));
    }
  }
  print(plan, outcomes);
}
