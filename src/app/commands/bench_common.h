// What the benchmarks share: their options, making of the topic, and the report.
#pragma once
#include <chrono>
#include <random>
#include <thread>

#include "app/commands/common.h"
#include "app/histogram.h"
#include "client/producer.h"

namespace app {

using Clock = std::chrono::steady_clock;

struct BenchOptions {
  ClusterOptions cluster;
  std::string topic = "thalweg-bench";
  std::int32_t partitions = 1;
  std::int64_t records = 1'000'000;
  std::string size = "1KiB";
  double rate = 0;
  std::string codec = "none";
  std::string acks = "all";
  std::vector<std::string> properties;
};

// TOPIC, --partitions and what leads to the cluster.
void add_topic_options(CLI::App& command, BenchOptions& options);
// What the records are like and how they are sent.
void add_load_options(CLI::App& command, BenchOptions& options, bool rate);

// Makes the topic unless it is there. Gives how it looks.
Outcome<client::TopicInfo> bench_topic(const BenchOptions& options);

Outcome<std::unique_ptr<client::Producer>> bench_producer(
    const BenchOptions& options, std::function<void(const client::Delivery&)> delivered);

// Bytes that a codec shrinks to about half, as it does business data. The same for every run.
std::string bench_payload(std::size_t size);

struct BenchResult {
  std::string what;
  std::int64_t records = 0;
  std::int64_t bytes = 0;
  double seconds = 0;
  std::vector<std::pair<std::string, Histogram>> latencies = {};  // In microseconds.
};

double seconds_since(Clock::time_point start);
void report(const BenchResult& result, bool json);
std::string bench_progress(std::int64_t done, std::int64_t all, std::int64_t bytes,
                           Clock::time_point start);

}  // namespace app
