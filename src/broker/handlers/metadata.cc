// Tells clients which topics there are and who leads their partitions; makes topics that are asked
// for and missing, where auto.create.topics.enable allows it.
#include "wire/003_metadata.h"

#include <algorithm>
#include <map>
#include <set>

#include "broker/at_controller.h"
#include "broker/cluster_view.h"
#include "broker/engine.h"
#include "broker/handlers/handlers.h"

namespace broker {
namespace {

using Request = wire::MetadataRequest;
using Response = wire::MetadataResponse;
using Topic = Response::MetadataResponseTopic;

Topic show(const cluster::Image& image, const cluster::Topic& topic, bool operations) {
  Topic shown;
  shown.name = topic.name;
  shown.topic_id = topic.id;
  shown.is_internal = cluster::is_internal(topic.name);
  shown.topic_authorized_operations = operations ? kTopicOperations : kOperationsNotAsked;
  shown.partitions.reserve(topic.partitions.size());
  for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
    const cluster::Partition& partition = topic.partitions[i];
    shown.partitions.push_back({.error_code = leader_error(partition),
                                .partition_index = PartitionIndex{static_cast<std::int32_t>(i)},
                                .leader_id = partition.leader,
                                .leader_epoch = partition.leader_epoch,
                                .replica_nodes = partition.replicas,
                                .isr_nodes = partition.isr,
                                .offline_replicas = offline_replicas(image, partition)});
  }
  return shown;
}

Topic missing(const Request::MetadataRequestTopic& wanted, ErrorCode error) {
  Topic shown;
  shown.error_code = error;
  shown.name = wanted.name;
  shown.topic_id = wanted.topic_id;
  shown.topic_authorized_operations = kOperationsNotAsked;
  return shown;
}

bool is_by_id(const Request::MetadataRequestTopic& wanted) {
  return !wanted.topic_id.value.is_zero();
}

// Makes the topics that are wanted by name and not there. Why one was not made is told by name.
env::Task<std::map<TopicName, ErrorCode>> make_missing(
    Call& call, const std::vector<Request::MetadataRequestTopic>& wanted) {
  std::vector<cluster::NewTopic> fresh;
  std::set<TopicName> seen;
  for (const Request::MetadataRequestTopic& topic : wanted) {
    if (!topic.name || is_by_id(topic) || call.image().find(*topic.name)) continue;
    // Those the broker makes itself, when they are needed: until then they are simply not there.
    if (cluster::is_internal(*topic.name)) continue;
    if (!seen.insert(*topic.name).second) continue;
    fresh.push_back({.name = *topic.name});
  }
  std::map<TopicName, ErrorCode> refused;
  if (fresh.empty()) co_return refused;

  const std::vector<cluster::NewTopic>* const topics = &fresh;
  const std::vector<Result<cluster::CreatedTopic>> outcomes =
      co_await at_controller<cluster::CreatedTopic>(
          call, [topics](const cluster::Context& c) { return cluster::create_topics(c, *topics); },
          false);
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    if (outcomes[i] || outcomes[i].error().code == ErrorCode::TopicAlreadyExists) continue;
    refused.emplace(fresh[i].name, outcomes[i].error().code);
  }
  co_return refused;
}

Topic answer_one(const cluster::Image& image, const Request::MetadataRequestTopic& wanted,
                 const std::map<TopicName, ErrorCode>& refused, bool operations) {
  if (is_by_id(wanted)) {
    const cluster::Topic* topic = image.find(wanted.topic_id);
    return topic ? show(image, *topic, operations) : missing(wanted, ErrorCode::UnknownTopicId);
  }
  if (!wanted.name) return missing(wanted, ErrorCode::InvalidTopicException);
  if (const cluster::Topic* topic = image.find(*wanted.name)) {
    return show(image, *topic, operations);
  }
  if (!cluster::check_topic_name(*wanted.name)) {
    return missing(wanted, ErrorCode::InvalidTopicException);
  }
  const auto why = refused.find(*wanted.name);
  return missing(wanted, why == refused.end() ? ErrorCode::UnknownTopicOrPartition : why->second);
}

void show_cluster(Call& call, const cluster::Image& image, Response& response) {
  const Node& node = call.engine().node();
  const env::Address address = advertised_to(call);
  const cluster::Broker* self = image.find(node.id);
  response.brokers.push_back(
      {node.id, address.host, address.port, self ? self->rack : std::optional<std::string>()});
  response.cluster_id = node.cluster_id;
  response.controller_id = node.id;
}

}  // namespace

env::Task<Response> metadata(Call& call, Request request) {
  // Version 0 has no null list: there an empty one means all topics.
  const bool all = !request.topics || (call.version() == 0 && request.topics->empty());
  std::map<TopicName, ErrorCode> refused;
  if (!all && request.allow_auto_topic_creation && call.options().auto_create_topics) {
    refused = co_await make_missing(call, *request.topics);
  }
  const cluster::ImagePtr image = call.engine().image();
  const bool operations = request.include_topic_authorized_operations;

  Response response;
  show_cluster(call, *image, response);
  response.cluster_authorized_operations =
      request.include_cluster_authorized_operations ? kClusterOperations : kOperationsNotAsked;
  if (all) {
    image->topics.for_each([&](const TopicName&, const cluster::TopicPtr& topic) {
      response.topics.push_back(show(*image, *topic, operations));
    });
    std::ranges::sort(response.topics, {}, &Topic::name);
  } else {
    for (const Request::MetadataRequestTopic& wanted : *request.topics) {
      response.topics.push_back(answer_one(*image, wanted, refused, operations));
    }
  }
  co_return response;
}

}  // namespace broker
