#include "broker/share_leaders.h"

namespace broker {

std::shared_ptr<ShareLeader> ShareLeaders::find(const share::Key& key) const {
  const auto at = leaders_.find(key);
  return at == leaders_.end() || at->second->ended() ? nullptr : at->second;
}

std::shared_ptr<ShareLeader> ShareLeaders::get(const share::Key& key,
                                               std::shared_ptr<Partition> partition) {
  if (auto leader = find(key)) return leader;
  // Those whose state could not be had are many where somebody guesses at names.
  std::erase_if(leaders_, [](const auto& entry) { return entry.second->ended(); });
  auto leader = std::make_shared<ShareLeader>(engine_, key.group, std::move(partition));
  leaders_.insert_or_assign(key, leader);
  return leader;
}

template <class Which>
void ShareLeaders::forget(Which which) {
  std::erase_if(leaders_, [&](const auto& entry) {
    if (!which(entry.first)) return false;
    entry.second->end();
    return true;
  });
}

void ShareLeaders::forget_group(const GroupId& group) {
  forget([&](const share::Key& key) { return key.group == group; });
}

void ShareLeaders::forget_partition(const TopicId& topic, PartitionIndex partition) {
  forget([&](const share::Key& key) { return key.topic == topic && key.partition == partition; });
}

void ShareLeaders::forget_all() {
  forget([](const share::Key&) { return true; });
}

}  // namespace broker
