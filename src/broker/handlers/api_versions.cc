// Tells a client what it may ask. Usually a connection's first request.
#include "wire/018_api_versions.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "broker/apis.h"
#include "broker/engine.h"
#include "broker/handlers/handlers.h"

namespace broker {
namespace {

constexpr wire::Version kFirstWithSoftware = 3;

// Old librdkafka takes a Produce range that does not begin at 0 for a broker without compression
// and silently sends everything uncompressed (KAFKA-18659), so the range is told as Kafka 4 tells
// it.
std::int16_t told_first(const ServedApi& api) {
  constexpr std::int16_t kProduce = 0;
  return api.api->key == kProduce ? std::int16_t{0} : api.first;
}

// What this broker always does, and clients look for by these names. group.version 1: the consumer
// protocol (KIP-848). share.version 1: share groups (KIP-932). transaction.version 2: each
// transaction has an epoch of its own (KIP-890).
constexpr std::pair<std::string_view, std::int16_t> kAlwaysOn[] = {
    {"group.version", 1}, {"share.version", 1}, {"transaction.version", 2}};

// As KIP-511 wants the name and the version of a client's software to look.
bool is_software_name(std::string_view text) {
  const auto outer = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  const auto inner = [&](char c) { return outer(c) || c == '-' || c == '.'; };
  return !text.empty() && std::ranges::all_of(text, inner) && outer(text.front()) &&
         outer(text.back());
}

wire::ApiVersionsResponse everything() {
  wire::ApiVersionsResponse response;
  for (const ServedApi& api : served_apis()) {
    response.api_keys.push_back({api.api->key, told_first(api), api.last});
  }
  return response;
}

}  // namespace

wire::ApiVersionsResponse unsupported_api_versions() {
  wire::ApiVersionsResponse response = everything();
  response.error_code = ErrorCode::UnsupportedVersion;
  return response;
}

env::Task<wire::ApiVersionsResponse> api_versions(Call& call, wire::ApiVersionsRequest request) {
  if (call.version() >= kFirstWithSoftware &&
      !(is_software_name(request.client_software_name) &&
        is_software_name(request.client_software_version))) {
    wire::ApiVersionsResponse refused;
    refused.error_code = ErrorCode::InvalidRequest;
    co_return refused;
  }
  wire::ApiVersionsResponse response = everything();
  std::map<std::string, std::int16_t> features = call.image().features;
  for (const auto& [feature, level] : kAlwaysOn) features.try_emplace(std::string(feature), level);
  for (const auto& [feature, level] : features) {
    response.finalized_features.push_back({feature, level, level});
    response.supported_features.push_back({feature, level, level});
  }
  response.finalized_features_epoch = 0;
  if (!request.client_software_name.empty()) {
    call.client().software = request.client_software_name + " " + request.client_software_version;
  }
  co_return response;
}

}  // namespace broker
