// Prometheus's text format, and the page that lists all metrics.
#include <fmt/format.h>

#include <algorithm>

#include "observe/metrics.h"

namespace observe {
namespace {

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::Counter:
      return "counter";
    case Kind::Gauge:
      return "gauge";
    case Kind::Histogram:
      return "histogram";
  }
  return "untyped";
}

std::string escaped(std::string_view text, bool quotes) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
  return out;
}

// A duration in seconds, exactly and without needless digits: 0.000002, 10.
std::string seconds(Duration duration) {
  const std::int64_t nanos = duration.count();
  std::string text = fmt::format("{}.{:09}", nanos / 1'000'000'000, nanos % 1'000'000'000);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string label_list(const MetricDef& def, const LabelValues& values,
                       std::string_view more = {}) {
  std::string inside;
  for (std::size_t i = 0; i < values.size(); ++i) {
    inside += fmt::format("{}{}=\"{}\"", inside.empty() ? "" : ",", def.labels[i],
                          escaped(values[i], true));
  }
  if (!more.empty()) inside += fmt::format("{}{}", inside.empty() ? "" : ",", more);
  return inside.empty() ? "" : "{" + inside + "}";
}

void append(std::string& out, const MetricDef& def, const LabelValues& labels,
            const HistogramValue& value) {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < value.counts.size(); ++i) {
    count += value.counts[i];
    const std::string bound = i < kBucketBounds.size() ? seconds(kBucketBounds[i]) : "+Inf";
    out += fmt::format("{}_bucket{} {}\n", def.name,
                       label_list(def, labels, fmt::format("le=\"{}\"", bound)), count);
  }
  out += fmt::format("{}_sum{} {}\n", def.name, label_list(def, labels), seconds(value.sum));
  out += fmt::format("{}_count{} {}\n", def.name, label_list(def, labels), count);
}

void append(std::string& out, const MetricDef& def, const LabelValues& labels, std::int64_t value) {
  out += fmt::format("{}{} {}\n", def.name, label_list(def, labels), value);
}

void append(std::string& out, const MetricDef& def, const LabelValues& labels,
            const Snapshot::Greatest& value) {
  append(out, def, labels, value.value);
}

}  // namespace

std::string Snapshot::to_text(std::span<const MetricTable> tables) const {
  std::string out;
  for (const MetricTable table : tables) {
    for (const MetricDef* def : table) {
      out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", def->name, escaped(def->doc, false),
                         def->name, name_of(def->kind));
      bool any = false;
      for (auto at = values_.lower_bound({def->name, {}});
           at != values_.end() && at->first.metric == def->name; ++at) {
        std::visit([&](const auto& value) { append(out, *def, at->first.labels, value); },
                   at->second);
        any = true;
      }
      if (any || !def->labels[0].empty()) continue;
      if (def->kind == Kind::Histogram) {
        append(out, *def, {}, HistogramValue{});
      } else {
        append(out, *def, {}, std::int64_t{0});
      }
    }
  }
  return out;
}

std::string metrics_page(std::span<const MetricTable> tables) {
  std::string out =
      "# Metrics\n\n"
      "`GET /metrics` on the HTTP port gives these in Prometheus's text format. Histograms count\n"
      "durations in buckets of 1, 2 and 5 per decade, from 1 µs to 10 s.\n\n"
      "| metric | kind | labels | unit | meaning |\n|---|---|---|---|---|\n";
  for (const MetricTable table : tables) {
    for (const MetricDef* def : table) {
      std::string labels;
      for (const std::string_view label : def->labels) {
        if (!label.empty()) labels += fmt::format("{}`{}`", labels.empty() ? "" : ", ", label);
      }
      out += fmt::format("| `{}` | {} | {} | {} | {} |\n", def->name, name_of(def->kind), labels,
                         def->unit, def->doc);
    }
  }
  return out;
}

}  // namespace observe
