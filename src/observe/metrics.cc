#include "observe/metrics.h"

#include <algorithm>
#include <cstdio>

namespace observe {

void HistogramValue::add(Duration value) {
  const auto bucket = std::ranges::lower_bound(kBucketBounds, value) - kBucketBounds.begin();
  ++counts[static_cast<std::size_t>(bucket)];
  sum += value;
}

void HistogramValue::add(const HistogramValue& other) {
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
  sum += other.sum;
}

void Snapshot::add(const MetricDef& def, LabelValues labels, const Value& value) {
  const auto [at, added] = values_.try_emplace({def.name, std::move(labels)}, value);
  if (added) return;
  if (const auto* histogram = std::get_if<HistogramValue>(&value)) {
    std::get<HistogramValue>(at->second).add(*histogram);
  } else if (const auto* greatest = std::get_if<Greatest>(&value)) {
    std::int64_t& known = std::get<Greatest>(at->second).value;
    known = std::max(known, greatest->value);
  } else {
    std::get<std::int64_t>(at->second) += std::get<std::int64_t>(value);
  }
}

void Snapshot::add(const Snapshot& other) {
  for (const auto& [series, value] : other.values_) {
    MetricDef named;
    named.name = series.metric;
    add(named, series.labels, value);
  }
}

namespace {

std::size_t label_count(const MetricDef& def) {
  return static_cast<std::size_t>(
      std::ranges::count_if(def.labels, [](std::string_view label) { return !label.empty(); }));
}

void check_labels(const MetricDef& def, const LabelValues& labels) {
  check(labels.size() == label_count(def), "a metric with other labels than it declares");
}

}  // namespace

Counter Metrics::counter(const MetricDef& def, LabelValues labels) {
  check(def.kind == Kind::Counter, "this metric is not a counter");
  check_labels(def, labels);
  return Counter(&numbers_[{&def, std::move(labels)}]);
}

Gauge Metrics::gauge(const MetricDef& def, LabelValues labels) {
  check(def.kind == Kind::Gauge, "this metric is not a gauge");
  check_labels(def, labels);
  return Gauge(&numbers_[{&def, std::move(labels)}]);
}

Histogram Metrics::histogram(const MetricDef& def, LabelValues labels) {
  check(def.kind == Kind::Histogram, "this metric is not a histogram");
  check_labels(def, labels);
  return Histogram(&histograms_[{&def, std::move(labels)}]);
}

std::shared_ptr<void> Metrics::at_scrape(Fill fill) {
  auto kept = std::make_shared<Fill>(std::move(fill));
  fills_.push_back(kept);
  return kept;
}

Snapshot Metrics::snapshot() const {
  Snapshot all;
  for (const auto& [key, value] : numbers_) all.add(*key.def, key.labels, value);
  for (const auto& [key, value] : histograms_) all.add(*key.def, key.labels, value);
  std::erase_if(fills_, [](const std::weak_ptr<Fill>& fill) { return fill.expired(); });
  for (const std::weak_ptr<Fill>& weak : fills_) {
    if (const std::shared_ptr<Fill> fill = weak.lock()) (*fill)(all);
  }
  return all;
}

Metrics& Registry::attach(env::Shard& shard) {
  const std::lock_guard lock(mutex_);
  attached_.push_back({&shard, std::make_unique<Metrics>()});
  return *attached_.back().metrics;
}

namespace {

env::Task<Snapshot> take_snapshot(const Metrics* metrics) { co_return metrics->snapshot(); }

}  // namespace

env::Task<std::string> Registry::scrape(env::Shard& here) {
  std::vector<std::pair<env::Shard*, const Metrics*>> sources;
  {
    const std::lock_guard lock(mutex_);
    for (const Attached& one : attached_) sources.emplace_back(one.shard, one.metrics.get());
  }
  Snapshot sum;
  for (const auto& [shard, metrics] : sources) {
    const auto take = [m = metrics] { return take_snapshot(m); };
    const Snapshot part = co_await env::ask<Snapshot>(here, *shard, take);
    sum.add(part);
  }
  co_return sum.to_text(tables_);
}

}  // namespace observe
