// What one shard counts of each API, with the series looked up once.
#pragma once
#include <map>
#include <string>

#include "broker/metrics.h"
#include "wire/api.h"
#include "wire/records.h"

namespace broker {

class ApiMeters {
 public:
  explicit ApiMeters(observe::Metrics& metrics) : metrics_(metrics) {}

  void count(const wire::Api& api, std::size_t request_bytes, const wire::Output& answer,
             Duration took) {
    Series& series = of(api);
    series.requests.add();
    series.request_bytes.add(request_bytes);
    series.answer_bytes.add(answer.size());
    series.seconds.observe(took);
    for (const ErrorCode code : answer.errors) {
      metrics_
          .counter(meters::answer_errors_total, {std::string(api.name), std::string(name_of(code))})
          .add();
    }
  }

 private:
  struct Series {
    observe::Counter requests;
    observe::Counter request_bytes;
    observe::Counter answer_bytes;
    observe::Histogram seconds;
  };

  Series& of(const wire::Api& api) {
    const auto found = series_.find(api.key);
    if (found != series_.end()) return found->second;
    const observe::LabelValues name{std::string(api.name)};
    return series_
        .emplace(api.key,
                 Series{.requests = metrics_.counter(meters::requests_total, name),
                        .request_bytes = metrics_.counter(meters::request_bytes_total, name),
                        .answer_bytes = metrics_.counter(meters::answer_bytes_total, name),
                        .seconds = metrics_.histogram(meters::request_seconds, name)})
        .first->second;
  }

  observe::Metrics& metrics_;
  std::map<std::int16_t, Series> series_;
};

}  // namespace broker
