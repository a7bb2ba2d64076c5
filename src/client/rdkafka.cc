#include "client/rdkafka.h"

#include <fmt/format.h>

#include <array>

namespace client::rd {

Result<Owned<rd_kafka_conf_t>> configure(const Properties& properties) {
  Owned<rd_kafka_conf_t> conf(rd_kafka_conf_new());
  for (const auto& [name, value] : properties) {
    std::array<char, 512> why{};
    if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), why.data(), why.size()) !=
        RD_KAFKA_CONF_OK) {
      return fail(ErrorCode::InvalidConfig,
                  fmt::format("client setting {}={}: {}", name, value, why.data()));
    }
  }
  return conf;
}

ErrorCode code_of(rd_kafka_resp_err_t error) {
  if (error >= 0) return static_cast<ErrorCode>(error);
  switch (error) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
      return ErrorCode::NetworkException;
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
      return ErrorCode::RequestTimedOut;
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      return ErrorCode::UnknownTopicOrPartition;
    default:
      return ErrorCode::UnknownServerError;
  }
}

Error error_of(rd_kafka_resp_err_t error, std::string what) {
  return {code_of(error), fmt::format("{}: {}", what, rd_kafka_err2str(error))};
}

}  // namespace client::rd
