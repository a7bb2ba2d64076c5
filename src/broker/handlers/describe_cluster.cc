// Shows the brokers of the cluster and its controller.
#include "wire/060_describe_cluster.h"

#include "broker/cluster_view.h"
#include "broker/engine.h"
#include "broker/handlers/handlers.h"

namespace broker {
namespace {

constexpr std::int8_t kBrokers = 1;  // Endpoint types: brokers, or controllers.

}  // namespace

env::Task<wire::DescribeClusterResponse> describe_cluster(Call& call,
                                                          wire::DescribeClusterRequest request) {
  wire::DescribeClusterResponse response;
  const Node& node = call.engine().node();
  response.endpoint_type = request.endpoint_type;
  if (request.endpoint_type != kBrokers) {
    response.error_code = ErrorCode::MismatchedEndpointType;
    response.error_message = "this is a broker; controllers are asked at their own address";
    co_return response;
  }
  const env::Address address = advertised_to(call);
  const cluster::Broker* self = call.image().find(node.id);
  response.cluster_id = node.cluster_id;
  response.controller_id = node.id;
  response.brokers.push_back({.broker_id = node.id,
                              .host = address.host,
                              .port = address.port,
                              .rack = self ? self->rack : std::optional<std::string>()});
  response.cluster_authorized_operations =
      request.include_cluster_authorized_operations ? kClusterOperations : kOperationsNotAsked;
  co_return response;
}

}  // namespace broker
