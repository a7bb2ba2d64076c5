// Brokers: their registration, who leads, and the producer ids they hand out.
#include <algorithm>
#include <limits>

#include "cluster/apply.h"
#include "cluster/controller.h"
#include "cluster/placement.h"

namespace cluster {
namespace {

bool can_lead(const Image& image, BrokerId id) {
  const Broker* broker = image.find(id);
  return broker && is_active(*broker);
}

bool contains(const std::vector<BrokerId>& ids, BrokerId id) {
  return std::ranges::find(ids, id) != ids.end();
}

BrokerId best_leader(const Image& image, const Partition& partition) {
  // Where nobody is in sync any more, those who are eligible still hold all that was acknowledged
  // (KIP-966): so Apache Kafka leaves its partitions at a shutdown.
  const std::vector<BrokerId>& candidates =
      partition.isr.empty() ? partition.eligible_leaders : partition.isr;
  for (const BrokerId id : partition.replicas) {
    if (contains(candidates, id) && can_lead(image, id)) return id;
  }
  return kNoLeader;
}

}  // namespace

Decision<ProducerIdBlock> allocate_producer_ids(const Context& context, std::int32_t count) {
  const std::int64_t first = context.image.next_producer_id;
  Decision<ProducerIdBlock> decision;
  if (first > std::numeric_limits<std::int64_t>::max() - count) {
    decision.outcomes.emplace_back(
        fail(ErrorCode::UnknownServerError, "all producer ids have been handed out"));
    return decision;
  }
  const Broker* self = context.image.find(context.self);
  decision.records.emplace_back(wire::ProducerIdsRecord{
      .broker_id = context.self,
      .broker_epoch = self ? self->epoch : -1,
      .next_producer_id = ProducerId(first + count),
  });
  decision.outcomes.emplace_back(ProducerIdBlock{ProducerId(first), count});
  return decision;
}

std::vector<Record> register_broker(const Image& image, Broker self) {
  std::vector<Record> records;
  if (!image.features.contains(std::string(kMetadataVersion))) {
    records.emplace_back(wire::FeatureLevelRecord{.name = std::string(kMetadataVersion),
                                                  .feature_level = kMetadataLevel});
  }
  const Broker* before = image.find(self.id);
  self.epoch = before ? before->epoch + 1 : 0;
  self.fenced = false;
  records.emplace_back(to_record(self));
  return records;
}

std::vector<Record> elect_leaders(const Image& image) {
  std::vector<Record> records;
  image.topics.for_each([&](const TopicName&, const TopicPtr& topic) {
    for (std::size_t i = 0; i < topic->partitions.size(); ++i) {
      const Partition& partition = topic->partitions[i];
      if (can_lead(image, partition.leader)) continue;
      const BrokerId leader = best_leader(image, partition);
      if (leader == partition.leader) continue;
      wire::PartitionChangeRecord change{
          .partition_id = PartitionIndex(static_cast<std::int32_t>(i)),
          .topic_id = topic->id,
          .leader = leader,
      };
      if (leader != kNoLeader && !contains(partition.isr, leader)) {
        // It comes from those eligible, and is now the one that is in sync.
        change.isr = {leader};
        change.eligible_leader_replicas = partition.eligible_leaders;
        std::erase(*change.eligible_leader_replicas, leader);
      }
      records.emplace_back(std::move(change));
    }
  });
  return records;
}

}  // namespace cluster
