#include "cluster/image.h"

#include <algorithm>

namespace cluster {
namespace {

template <class Key, class Value>
bool same(const SharedMap<Key, std::shared_ptr<const Value>>& a,
          const SharedMap<Key, std::shared_ptr<const Value>>& b) {
  if (a.size() != b.size()) return false;
  bool equal = true;
  a.for_each([&](const Key& key, const std::shared_ptr<const Value>& value) {
    const std::shared_ptr<const Value>* other = b.find(key);
    equal = equal && other && **other == *value;
  });
  return equal;
}

const config::Pairs* set_or_null(const Image& image, const Resource& resource) {
  const PairsPtr* pairs = image.configs.find(resource);
  return pairs ? pairs->get() : nullptr;
}

}  // namespace

const Partition* Topic::find(PartitionIndex index) const {
  const bool there = index.value >= 0 && static_cast<std::size_t>(index.value) < partitions.size();
  return there ? &partitions[static_cast<std::size_t>(index.value)] : nullptr;
}

const Topic* Image::find(const TopicName& name) const {
  const TopicPtr* topic = topics.find(name);
  return topic ? topic->get() : nullptr;
}
const Topic* Image::find(const TopicId& id) const {
  const TopicPtr* topic = topics_by_id.find(id);
  return topic ? topic->get() : nullptr;
}
const Partition* Image::find(const TopicPartition& partition) const {
  const Topic* topic = find(partition.topic);
  return topic ? topic->find(partition.partition) : nullptr;
}
const Broker* Image::find(BrokerId id) const {
  const auto at = brokers.find(id);
  return at == brokers.end() ? nullptr : &at->second;
}

const config::Pairs& Image::config(const Resource& resource) const {
  static const config::Pairs none;
  const config::Pairs* pairs = set_or_null(*this, resource);
  return pairs ? *pairs : none;
}

config::Layers Image::broker_layers(BrokerId self, const config::Pairs& fixed) const {
  return {.broker = set_or_null(*this, {ResourceType::Broker, std::to_string(self.value)}),
          .default_broker = set_or_null(*this, {ResourceType::Broker, ""}),
          .fixed = &fixed};
}

config::Layers Image::topic_layers(const TopicName& topic, BrokerId self,
                                   const config::Pairs& fixed) const {
  config::Layers layers = broker_layers(self, fixed);
  layers.topic = &config({ResourceType::Topic, topic.value});
  return layers;
}

std::string flatten(const TopicName& name) {
  std::string flat = name.value;
  if (flat.find_first_of("._") == std::string::npos) return {};
  std::ranges::replace(flat, '.', '_');
  return flat;
}

bool operator==(const Image& a, const Image& b) {
  static const Kept none;
  const Kept& kept_by_a = a.kept ? *a.kept : none;
  const Kept& kept_by_b = b.kept ? *b.kept : none;
  return kept_by_a == kept_by_b && a.brokers == b.brokers && a.features == b.features &&
         a.next_producer_id == b.next_producer_id && same(a.topics, b.topics) &&
         same(a.topics_by_id, b.topics_by_id) && same(a.configs, b.configs);
}

}  // namespace cluster
