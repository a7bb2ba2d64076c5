#include "client/describe_cluster.h"

#include <algorithm>

#include "wire/060_describe_cluster.h"

namespace client {

env::Task<Result<ClusterInfo>> describe_cluster(Cluster& cluster) {
  ClusterInfo info{cluster.id(), cluster.controller_id(), cluster.brokers()};
  Connection& broker = cluster.any();
  // Before Kafka 2.8 there was only Metadata, which tells the same but for fenced brokers.
  if (!broker.speaks(wire::DescribeClusterRequest::api)) co_return info;
  CO_TRY(const wire::Version version, broker.common_version(wire::DescribeClusterRequest::api));
  wire::DescribeClusterRequest request;
  request.include_fenced_brokers = version >= 2;
  CO_TRY(const wire::DescribeClusterResponse response,
         co_await broker.ask(request, wire::read_describe_cluster_response));
  if (response.error_code != ErrorCode::None) {
    co_return fail(broker_error(response.error_code, response.error_message,
                                "the cluster does not describe itself"));
  }
  info = {response.cluster_id, response.controller_id, {}};
  for (const auto& one : response.brokers) {
    info.brokers.push_back(
        {one.broker_id, {one.host, static_cast<std::uint16_t>(one.port)}, one.rack, one.is_fenced});
  }
  std::ranges::sort(info.brokers, {}, &Broker::id);
  co_return info;
}

}  // namespace client
