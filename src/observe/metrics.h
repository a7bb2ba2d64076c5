// What Thalweg counts and times. A metric is declared once, as a constant beside the code that
// feeds it, and listed in its folder's table; /metrics and docs/metrics.md come from the tables.
//
//   inline constexpr observe::MetricDef requests_total{
//       .name = "thalweg_requests_total", .kind = observe::Kind::Counter, .unit = "requests",
//       .labels = {"api"}, .doc = "Requests answered, by API."};
//   inline constexpr const observe::MetricDef* kMetrics[] = {&requests_total, ...};
//
//   observe::Counter produce = metrics.counter(requests_total, {"Produce"});  // Once.
//   produce.add();                                                            // Often.
//
// Every shard has its own Metrics and only that shard touches it: values are plain integers. A
// scrape asks each shard for its numbers and adds them up.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.h"
#include "env/shard.h"

namespace observe {

// A counter only grows; a gauge is a level; a histogram counts durations by size.
enum class Kind { Counter, Gauge, Histogram };

struct MetricDef {
  std::string_view name;  // As Prometheus has it: thalweg_..., counters end in _total.
  Kind kind = Kind::Counter;
  std::string_view unit;                     // What one is one of: "requests", "bytes", "seconds".
  std::array<std::string_view, 3> labels{};  // Those not empty.
  std::string_view doc;                      // One sentence.
};
using MetricTable = std::span<const MetricDef* const>;

// The values of a metric's labels, in the order of their declaration.
using LabelValues = std::vector<std::string>;

// The upper bounds of the buckets of every histogram: 1, 2, 5 in each decade from 1 µs to 10 s.
inline constexpr std::array<Duration, 22> kBucketBounds = [] {
  std::array<Duration, 22> bounds{};
  std::int64_t decade = 1'000;
  for (std::size_t i = 0; i < bounds.size(); i += 3, decade *= 10) {
    bounds[i] = Duration(decade);
    if (i + 1 < bounds.size()) bounds[i + 1] = Duration(decade * 2);
    if (i + 2 < bounds.size()) bounds[i + 2] = Duration(decade * 5);
  }
  return bounds;
}();

struct HistogramValue {
  std::array<std::uint64_t, kBucketBounds.size() + 1>
      counts{};  // The last: longer than all bounds.
  Duration sum{};
  void add(Duration value);
  void add(const HistogramValue& other);
};

// Handles on one series of a Metrics, cheap to copy, usable for as long as the Metrics lives.
class Counter {
 public:
  explicit Counter(std::int64_t* cell) : cell_(cell) {}
  void add(std::uint64_t n = 1) { *cell_ += static_cast<std::int64_t>(n); }

 private:
  std::int64_t* cell_;
};

class Gauge {
 public:
  explicit Gauge(std::int64_t* cell) : cell_(cell) {}
  void set(std::int64_t value) { *cell_ = value; }
  void add(std::int64_t n) { *cell_ += n; }

 private:
  std::int64_t* cell_;
};

class Histogram {
 public:
  explicit Histogram(HistogramValue* cell) : cell_(cell) {}
  void observe(Duration value) { cell_->add(value); }

 private:
  HistogramValue* cell_;
};

// All series at one moment: of one shard, or of several added up.
class Snapshot {
 public:
  // A level of which the greatest of all shards counts, not the sum.
  struct Greatest {
    std::int64_t value;
  };
  using Value = std::variant<std::int64_t, HistogramValue, Greatest>;

  void add(const MetricDef& def, LabelValues labels, const Value& value);
  void add(const Snapshot& other);

  // In Prometheus's text format, a table after the other. A metric without labels is there even
  // when nobody has touched it yet.
  std::string to_text(std::span<const MetricTable> tables) const;

 private:
  struct Series {
    std::string_view metric;  // Of the definition, which is a constant of the program.
    LabelValues labels;
    auto operator<=>(const Series&) const = default;
  };
  std::map<Series, Value> values_;
};

// One shard's series.
class Metrics {
 public:
  Metrics() = default;
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // The series of `def` with these label values, made when first asked for.
  Counter counter(const MetricDef& def, LabelValues labels = {});
  Gauge gauge(const MetricDef& def, LabelValues labels = {});
  Histogram histogram(const MetricDef& def, LabelValues labels = {});

  // Has `fill` add what is cheaper to look up at a scrape than to keep current: log sizes, queue
  // lengths. It runs on the owning shard for as long as the returned handle lives.
  using Fill = std::function<void(Snapshot&)>;
  [[nodiscard]] std::shared_ptr<void> at_scrape(Fill fill);

  Snapshot snapshot() const;

 private:
  struct Key {
    const MetricDef* def;
    LabelValues labels;
    auto operator<=>(const Key&) const = default;
  };
  std::map<Key, std::int64_t> numbers_;  // Map nodes do not move: handles point into them.
  std::map<Key, HistogramValue> histograms_;
  mutable std::vector<std::weak_ptr<Fill>> fills_;
};

// The metrics of a process: the tables that declare them and the shards that count.
class Registry {
 public:
  explicit Registry(std::vector<MetricTable> tables) : tables_(std::move(tables)) {}

  // Makes the Metrics of `shard`, which the registry owns. From any thread.
  Metrics& attach(env::Shard& shard);

  // Everything as Prometheus wants to read it. Runs on `here`, and asks every shard.
  env::Task<std::string> scrape(env::Shard& here);

 private:
  struct Attached {
    env::Shard* shard;
    std::unique_ptr<Metrics> metrics;
  };
  std::vector<MetricTable> tables_;
  std::mutex mutex_;  // Guards `attached_`; not what is inside the Metrics.
  std::vector<Attached> attached_;
};

// docs/metrics.md: every metric with its kind, labels, unit and meaning.
std::string metrics_page(std::span<const MetricTable> tables);

}  // namespace observe
