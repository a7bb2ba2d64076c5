// An image as the records that make it.
#include <algorithm>
#include <iterator>

#include "cluster/apply.h"
#include "cluster/kept.h"

namespace cluster {
namespace {

std::optional<std::vector<BrokerId>> unless_empty(const std::vector<BrokerId>& brokers) {
  if (brokers.empty()) return {};
  return brokers;
}

}  // namespace

wire::PartitionRecord to_record(const TopicId& topic, PartitionIndex index,
                                const Partition& partition) {
  return {
      .partition_id = index,
      .topic_id = topic,
      .replicas = partition.replicas,
      .isr = partition.isr,
      .removing_replicas = partition.removing,
      .adding_replicas = partition.adding,
      .leader = partition.leader,
      .leader_recovery_state = static_cast<std::int8_t>(partition.recovering ? 1 : 0),
      .leader_epoch = partition.leader_epoch,
      .partition_epoch = partition.epoch,
      .directories = partition.directories,
      .eligible_leader_replicas = unless_empty(partition.eligible_leaders),
      .last_known_elr = unless_empty(partition.last_known_eligible),
  };
}

wire::RegisterBrokerRecord to_record(const Broker& broker) {
  wire::RegisterBrokerRecord record{
      .broker_id = broker.id,
      .incarnation_id = broker.incarnation,
      .broker_epoch = broker.epoch,
      .rack = broker.rack,
      .fenced = broker.fenced,
      .in_controlled_shutdown = broker.shutting_down,
      .log_dirs = broker.directories,
  };
  for (const Endpoint& at : broker.endpoints) {
    record.end_points.push_back({at.name, at.host, at.port, at.security_protocol});
  }
  for (const FeatureRange& range : broker.features) {
    record.features.push_back({range.name, range.least, range.most});
  }
  return record;
}

std::vector<Record> snapshot(const Image& image) {
  std::vector<Record> records;
  // The level comes first: it says whether the rest can be understood.
  for (const auto& [name, level] : image.features) {
    records.emplace_back(wire::FeatureLevelRecord{.name = name, .feature_level = level});
  }
  for (const auto& [id, broker] : image.brokers) records.emplace_back(to_record(broker));
  image.topics.for_each([&](const TopicName& name, const TopicPtr& topic) {
    records.emplace_back(wire::TopicRecord{.name = name, .topic_id = topic->id});
    for (std::size_t i = 0; i < topic->partitions.size(); ++i) {
      const PartitionIndex index(static_cast<std::int32_t>(i));
      records.emplace_back(to_record(topic->id, index, topic->partitions[i]));
    }
  });
  image.configs.for_each([&](const Resource& resource, const PairsPtr& pairs) {
    for (const auto& [name, value] : *pairs) {
      records.emplace_back(wire::ConfigRecord{
          .resource_type = static_cast<std::int8_t>(resource.type),
          .resource_name = resource.name,
          .name = name,
          .value = value,
      });
    }
  });
  if (image.next_producer_id > 0) {
    records.emplace_back(wire::ProducerIdsRecord{
        .broker_id = BrokerId(-1),
        .broker_epoch = -1,
        .next_producer_id = ProducerId(image.next_producer_id),
    });
  }
  if (image.kept) std::ranges::move(records_of(*image.kept), std::back_inserter(records));
  return records;
}

}  // namespace cluster
