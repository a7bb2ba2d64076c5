#include "observe/metrics.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "sim/world.h"

namespace observe {
namespace {

constexpr MetricDef requests{.name = "test_requests_total",
                             .kind = Kind::Counter,
                             .unit = "requests",
                             .labels = {"api", "error"},
                             .doc = "Requests answered."};
constexpr MetricDef connections{.name = "test_connections",
                                .kind = Kind::Gauge,
                                .unit = "connections",
                                .doc = "Connections that are open."};
constexpr MetricDef latency{.name = "test_latency_seconds",
                            .kind = Kind::Histogram,
                            .unit = "seconds",
                            .labels = {"api"},
                            .doc = "From the request to its answer."};
constexpr const MetricDef* kTable[] = {&requests, &connections, &latency};
constexpr MetricTable kTables[] = {kTable};

TEST(Buckets, AreOneTwoFivePerDecade) {
  EXPECT_EQ(kBucketBounds.front(), std::chrono::microseconds(1));
  EXPECT_EQ(kBucketBounds[4], std::chrono::microseconds(20));
  EXPECT_EQ(kBucketBounds.back(), std::chrono::seconds(10));
  EXPECT_TRUE(std::ranges::is_sorted(kBucketBounds));
}

TEST(Histogram, CountsByUpperBound) {
  HistogramValue value;
  struct Case {
    const char* why;
    Duration duration;
    std::size_t bucket;
  };
  for (const Case& c :
       {Case{"nothing", Duration(0), 0}, Case{"the bound itself", Duration(1000), 0},
        Case{"just above", Duration(1001), 1}, Case{"long", std::chrono::seconds(10), 21},
        Case{"too long", std::chrono::seconds(11), 22}}) {
    const HistogramValue before = value;
    value.add(c.duration);
    EXPECT_EQ(value.counts[c.bucket], before.counts[c.bucket] + 1) << c.why;
  }
}

TEST(Exposition, ReadsAsPrometheusWantsIt) {
  Metrics metrics;
  metrics.counter(requests, {"Produce", "None"}).add(3);
  metrics.counter(requests, {"a\"b\\c\nd", "x"}).add();
  const std::string text = metrics.snapshot().to_text(kTables);
  EXPECT_EQ(text,
            "# HELP test_requests_total Requests answered.\n"
            "# TYPE test_requests_total counter\n"
            "test_requests_total{api=\"Produce\",error=\"None\"} 3\n"
            "test_requests_total{api=\"a\\\"b\\\\c\\nd\",error=\"x\"} 1\n"
            "# HELP test_connections Connections that are open.\n"
            "# TYPE test_connections gauge\n"
            "test_connections 0\n"
            "# HELP test_latency_seconds From the request to its answer.\n"
            "# TYPE test_latency_seconds histogram\n");
}

TEST(Exposition, HistogramsAddUp) {
  Metrics metrics;
  Histogram produce = metrics.histogram(latency, {"Produce"});
  produce.observe(std::chrono::microseconds(3));
  produce.observe(std::chrono::milliseconds(1500));
  produce.observe(std::chrono::seconds(100));
  const std::string text = metrics.snapshot().to_text(kTables);
  for (const char* line : {"test_latency_seconds_bucket{api=\"Produce\",le=\"0.000002\"} 0\n",
                           "test_latency_seconds_bucket{api=\"Produce\",le=\"0.000005\"} 1\n",
                           "test_latency_seconds_bucket{api=\"Produce\",le=\"1\"} 1\n",
                           "test_latency_seconds_bucket{api=\"Produce\",le=\"10\"} 2\n",
                           "test_latency_seconds_bucket{api=\"Produce\",le=\"+Inf\"} 3\n",
                           "test_latency_seconds_sum{api=\"Produce\"} 101.500003\n",
                           "test_latency_seconds_count{api=\"Produce\"} 3\n"}) {
    EXPECT_TRUE(text.contains(line)) << line;
  }
}

TEST(Registry, AddsUpAllShards) {
  sim::World world(1);
  sim::Machine& machine = world.add_machine("127.0.0.1", 2);
  Registry registry({kTable});
  Metrics& first = registry.attach(machine.shard(0));
  Metrics& second = registry.attach(machine.shard(1));
  first.counter(requests, {"Fetch", "None"}).add(2);
  second.counter(requests, {"Fetch", "None"}).add(40);
  first.gauge(connections).set(7);
  second.gauge(connections).add(-2);
  std::shared_ptr<void> fill =
      second.at_scrape([](Snapshot& into) { into.add(connections, {}, std::int64_t{100}); });
  std::string text = world.run(registry.scrape(machine.shard(0)));
  EXPECT_TRUE(text.contains("test_requests_total{api=\"Fetch\",error=\"None\"} 42\n")) << text;
  EXPECT_TRUE(text.contains("test_connections 105\n")) << text;
  fill.reset();
  text = world.run(registry.scrape(machine.shard(0)));
  EXPECT_TRUE(text.contains("test_connections 5\n")) << "the callback is gone";
}

TEST(Metrics, HandlesStayValid) {
  Metrics metrics;
  Counter first = metrics.counter(requests, {"0", ""});
  for (int i = 1; i < 1000; ++i) metrics.counter(requests, {std::to_string(i), ""}).add();
  first.add();
  metrics.counter(requests, {"0", ""}).add();
  EXPECT_TRUE(metrics.snapshot().to_text(kTables).contains("{api=\"0\",error=\"\"} 2\n"));
}

TEST(MetricsPage, HasALinePerMetric) {
  const std::string page = metrics_page(kTables);
  EXPECT_TRUE(page.contains(
      "| `test_requests_total` | counter | `api`, `error` | requests | Requests answered. |\n"));
  EXPECT_TRUE(page.contains("| `test_connections` | gauge |  | connections |"));
}

}  // namespace
}  // namespace observe
