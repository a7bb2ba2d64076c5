// What the producer and the consumer share: librdkafka's handles with owners, its configuration and
// its errors. Only src/client includes this.
#pragma once
#include <librdkafka/rdkafka.h>

#include <map>
#include <memory>
#include <string>

#include "base/result.h"

namespace client::rd {

struct Destroy {
  void operator()(rd_kafka_t* handle) const { rd_kafka_destroy(handle); }
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
  void operator()(rd_kafka_headers_t* headers) const { rd_kafka_headers_destroy(headers); }
};
template <class T>
using Owned = std::unique_ptr<T, Destroy>;

using Properties = std::map<std::string, std::string>;

// A configuration with `properties` set. The error names the property.
Result<Owned<rd_kafka_conf_t>> configure(const Properties& properties);

// librdkafka's code as Kafka's. Its own negative codes become the nearest of Kafka's.
ErrorCode code_of(rd_kafka_resp_err_t error);
Error error_of(rd_kafka_resp_err_t error, std::string what);

}  // namespace client::rd
