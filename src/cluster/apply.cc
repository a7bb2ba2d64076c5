#include "cluster/apply.h"

#include <fmt/format.h>

#include <unordered_map>

#include "cluster/controller.h"
#include "cluster/kept.h"

namespace cluster {
namespace {

// A log cannot make us take memory for partitions that nobody has.
constexpr std::int32_t kMostPartitions = 1'000'000;

std::unexpected<Error> contradiction(const std::string& what) {
  return fail(ErrorCode::CorruptMessage, "the metadata log contradicts itself: " + what);
}

bool is_known(std::int8_t type) {
  switch (static_cast<ResourceType>(type)) {
    case ResourceType::Topic:
    case ResourceType::Broker:
    case ResourceType::BrokerLogger:
    case ResourceType::ClientMetrics:
    case ResourceType::Group:
      return true;
  }
  return false;
}

// Works on a copy of an image. What it has made its own it changes in place, so a batch of records
// costs what it changes, however much each topic holds.
class Editor {
 public:
  explicit Editor(const Image& from) : from_(from), image_(std::make_shared<Image>(from)) {}

  Result<void> apply(const wire::TopicRecord& record);
  Result<void> apply(const wire::PartitionRecord& record);
  Result<void> apply(const wire::PartitionChangeRecord& record);
  Result<void> apply(const wire::RemoveTopicRecord& record);
  Result<void> apply(const wire::ConfigRecord& record);
  Result<void> apply(const wire::RegisterBrokerRecord& record);
  Result<void> apply(const wire::UnregisterBrokerRecord& record);
  Result<void> apply(const wire::BrokerRegistrationChangeRecord& record);
  Result<void> apply(const wire::FeatureLevelRecord& record);
  Result<void> apply(const wire::ProducerIdsRecord& record);
  Result<void> apply(const wire::FenceBrokerRecord& record) {
    return set_fenced(record.id, record.epoch, true);
  }
  Result<void> apply(const wire::UnfenceBrokerRecord& record) {
    return set_fenced(record.id, record.epoch, false);
  }
  Result<void> apply(const wire::ClearElrRecord& record);
  Result<void> apply(const wire::NoOpRecord&) { return {}; }
  // What they hold back is settled before anything is applied (settle.h).
  Result<void> apply(const wire::BeginTransactionRecord&) { return {}; }
  Result<void> apply(const wire::EndTransactionRecord&) { return {}; }
  Result<void> apply(const wire::AbortTransactionRecord&) { return {}; }
  template <KeptRecord T>
  Result<void> apply(const T& record) {
    return fold(edit_kept(), record);
  }

  Applied finish() &&;

 private:
  // The topic, to be changed; null if there is none.
  Topic* edit(const TopicId& id);
  void own(const std::shared_ptr<Topic>& topic);
  config::Pairs& edit(const Resource& resource);
  // The broker in that epoch, to be changed.
  Result<Broker*> edit(BrokerId id, std::int64_t epoch);
  Kept& edit_kept();
  Result<void> set_fenced(BrokerId id, std::int64_t epoch, bool fenced);

  const Image& from_;
  std::shared_ptr<Image> image_;
  Delta delta_;
  std::unordered_map<TopicId, std::shared_ptr<Topic>> topics_;  // Those that are ours to change,
  std::vector<TopicId> touched_;                                // in the order of their records.
  std::unordered_map<Resource, std::shared_ptr<config::Pairs>> configs_;
  std::shared_ptr<Kept> kept_;
};

void Editor::own(const std::shared_ptr<Topic>& topic) {
  topics_[topic->id] = topic;
  touched_.push_back(topic->id);
  image_->topics.put(topic->name, topic);
  image_->topics_by_id.put(topic->id, topic);
}

Topic* Editor::edit(const TopicId& id) {
  if (const auto at = topics_.find(id); at != topics_.end()) return at->second.get();
  const Topic* topic = image_->find(id);
  if (!topic) return nullptr;
  const auto mine = std::make_shared<Topic>(*topic);
  own(mine);
  return mine.get();
}

config::Pairs& Editor::edit(const Resource& resource) {
  delta_.configs.insert(resource);
  std::shared_ptr<config::Pairs>& mine = configs_[resource];
  if (!mine) {
    mine = std::make_shared<config::Pairs>(image_->config(resource));
    image_->configs.put(resource, mine);
  }
  return *mine;
}

Kept& Editor::edit_kept() {
  if (!kept_) {
    kept_ = image_->kept ? std::make_shared<Kept>(*image_->kept) : std::make_shared<Kept>();
    image_->kept = kept_;
  }
  return *kept_;
}

Result<void> Editor::apply(const wire::TopicRecord& record) {
  if (image_->find(record.name) || image_->find(record.topic_id)) {
    return contradiction(fmt::format("topic {} is made twice", record.name.value));
  }
  own(std::make_shared<Topic>(Topic{record.name, record.topic_id, {}}));
  const std::string flat = flatten(record.name);
  if (!flat.empty()) image_->flattened_names.put(flat, record.name);
  return {};
}

Result<void> Editor::apply(const wire::PartitionRecord& record) {
  Topic* topic = edit(record.topic_id);
  const std::int32_t index = record.partition_id.value;
  if (!topic) {
    return contradiction(
        fmt::format("partition {} of no topic {}", index, to_text(record.topic_id.value)));
  }
  if (index < 0 || index >= kMostPartitions) {
    return contradiction(fmt::format("{} has a partition {}", topic->name.value, index));
  }
  const auto at = static_cast<std::size_t>(index);
  if (at >= topic->partitions.size()) topic->partitions.resize(at + 1);
  topic->partitions[at] = {
      .leader = record.leader,
      .leader_epoch = record.leader_epoch,
      .epoch = record.partition_epoch,
      .recovering = record.leader_recovery_state != 0,
      .replicas = record.replicas,
      .isr = record.isr,
      .adding = record.adding_replicas,
      .removing = record.removing_replicas,
      .eligible_leaders = record.eligible_leader_replicas.value_or(std::vector<BrokerId>{}),
      .last_known_eligible = record.last_known_elr.value_or(std::vector<BrokerId>{}),
      .directories = record.directories,
  };
  return {};
}

Result<void> Editor::apply(const wire::PartitionChangeRecord& record) {
  constexpr BrokerId kSameLeader{-2};
  const Topic* known = image_->find(record.topic_id);
  if (!known || !known->find(record.partition_id)) {
    return contradiction(fmt::format("a change of partition {} of topic {}, which is not there",
                                     record.partition_id.value, to_text(record.topic_id.value)));
  }
  Topic* topic = edit(record.topic_id);
  Partition& partition = topic->partitions[static_cast<std::size_t>(record.partition_id.value)];
  const auto take = [](auto& to, const auto& changed) {
    if (changed) to = *changed;
  };
  take(partition.replicas, record.replicas);
  take(partition.isr, record.isr);
  take(partition.adding, record.adding_replicas);
  take(partition.removing, record.removing_replicas);
  take(partition.eligible_leaders, record.eligible_leader_replicas);
  take(partition.last_known_eligible, record.last_known_elr);
  take(partition.directories, record.directories);
  if (record.leader != kSameLeader) {
    partition.leader = record.leader;
    partition.leader_epoch = LeaderEpoch(partition.leader_epoch.value + 1);
  }
  if (record.leader_recovery_state >= 0) partition.recovering = record.leader_recovery_state != 0;
  ++partition.epoch;
  return {};
}

Result<void> Editor::apply(const wire::RemoveTopicRecord& record) {
  const TopicPtr* at = image_->topics_by_id.find(record.topic_id);
  if (!at)
    return contradiction(fmt::format("no topic {} to remove", to_text(record.topic_id.value)));
  const TopicPtr topic = *at;
  image_->topics.erase(topic->name);
  image_->topics_by_id.erase(topic->id);
  topics_.erase(topic->id);
  const std::string flat = flatten(topic->name);
  const TopicName* bearer = image_->flattened_names.find(flat);
  if (bearer && *bearer == topic->name) image_->flattened_names.erase(flat);

  const Resource settings{ResourceType::Topic, topic->name.value};
  image_->configs.erase(settings);
  configs_.erase(settings);
  delta_.configs.erase(settings);
  if (const TopicPtr* before = from_.topics_by_id.find(topic->id)) {
    delta_.deleted.push_back(*before);
  }
  return {};
}

Result<void> Editor::apply(const wire::ConfigRecord& record) {
  if (!is_known(record.resource_type)) {
    return contradiction(fmt::format("settings of the unknown kind {}", record.resource_type));
  }
  const Resource resource{static_cast<ResourceType>(record.resource_type), record.resource_name};
  config::Pairs& pairs = edit(resource);
  if (record.value) {
    pairs.insert_or_assign(record.name, *record.value);
    return {};
  }
  pairs.erase(record.name);
  if (pairs.empty()) {
    image_->configs.erase(resource);
    configs_.erase(resource);
  }
  return {};
}

Result<void> Editor::apply(const wire::RegisterBrokerRecord& record) {
  Broker broker{
      .id = record.broker_id,
      .epoch = record.broker_epoch,
      .incarnation = record.incarnation_id,
      .endpoints = {},
      .features = {},
      .rack = record.rack,
      .fenced = record.fenced,
      .shutting_down = record.in_controlled_shutdown,
      .directories = record.log_dirs,
  };
  for (const auto& at : record.end_points) {
    broker.endpoints.push_back({at.name, at.host, at.port, at.security_protocol});
  }
  for (const auto& range : record.features) {
    broker.features.push_back(
        {range.name, range.min_supported_version, range.max_supported_version});
  }
  delta_.brokers.insert(broker.id);
  image_->brokers.insert_or_assign(record.broker_id, std::move(broker));
  return {};
}

Result<void> Editor::apply(const wire::UnregisterBrokerRecord& record) {
  if (image_->brokers.erase(record.broker_id) == 0) {
    return contradiction(fmt::format("no broker {} to unregister", record.broker_id.value));
  }
  delta_.brokers.insert(record.broker_id);
  return {};
}

Result<Broker*> Editor::edit(BrokerId id, std::int64_t epoch) {
  const auto at = image_->brokers.find(id);
  if (at == image_->brokers.end() || at->second.epoch != epoch) {
    return contradiction(
        fmt::format("a change of broker {} in epoch {}, which is not registered", id.value, epoch));
  }
  delta_.brokers.insert(id);
  return &at->second;
}

Result<void> Editor::set_fenced(BrokerId id, std::int64_t epoch, bool fenced) {
  TRY(edit(id, epoch))->fenced = fenced;
  return {};
}

Result<void> Editor::apply(const wire::ClearElrRecord& record) {
  std::vector<TopicId> wanted;
  image_->topics.for_each([&](const TopicName& name, const TopicPtr& topic) {
    if (record.topic_name.value.empty() || name == record.topic_name) wanted.push_back(topic->id);
  });
  for (const TopicId& id : wanted) {
    for (Partition& partition : edit(id)->partitions) {
      partition.eligible_leaders.clear();
      partition.last_known_eligible.clear();
    }
  }
  return {};
}

Result<void> Editor::apply(const wire::BrokerRegistrationChangeRecord& record) {
  Broker& broker = *TRY(edit(record.broker_id, record.broker_epoch));
  if (record.fenced != 0) broker.fenced = record.fenced > 0;
  if (record.in_controlled_shutdown > 0) broker.shutting_down = true;
  if (!record.log_dirs.empty()) broker.directories = record.log_dirs;
  return {};
}

Result<void> Editor::apply(const wire::FeatureLevelRecord& record) {
  if (record.name == kMetadataVersion && record.feature_level > kMetadataLevel) {
    return fail(ErrorCode::UnsupportedVersion,
                fmt::format("the metadata log has level {}, this version understands up to {}: it "
                            "was written by a newer version",
                            record.feature_level, kMetadataLevel));
  }
  delta_.features = true;
  if (record.feature_level == 0) {
    image_->features.erase(record.name);
  } else {
    image_->features[record.name] = record.feature_level;
  }
  return {};
}

Result<void> Editor::apply(const wire::ProducerIdsRecord& record) {
  if (record.next_producer_id.value < image_->next_producer_id) {
    return contradiction("producer ids are handed out a second time");
  }
  image_->next_producer_id = record.next_producer_id.value;
  return {};
}

Applied Editor::finish() && {
  for (const TopicId& id : touched_) {
    const auto at = topics_.find(id);
    if (at == topics_.end()) continue;  // Made or changed, and then removed.
    (from_.find(id) ? delta_.changed : delta_.created).push_back(at->second);
  }
  return {std::move(image_), std::move(delta_)};
}

}  // namespace

Result<Applied> apply(const Image& image, std::span<const Record> records) {
  Editor editor(image);
  for (const Record& record : records) {
    TRY_VOID(std::visit([&](const auto& one) { return editor.apply(one); }, record));
  }
  return std::move(editor).finish();
}

}  // namespace cluster
