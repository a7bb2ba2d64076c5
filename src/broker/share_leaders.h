// The share groups at work on the partitions of one shard.
#pragma once
#include <map>
#include <memory>

#include "broker/share_leader.h"

namespace broker {

class ShareLeaders {
 public:
  explicit ShareLeaders(Engine& engine) : engine_(engine) {}

  // Null where the group has nothing acquired here.
  std::shared_ptr<ShareLeader> find(const share::Key& key) const;
  // Made if there is none.
  std::shared_ptr<ShareLeader> get(const share::Key& key, std::shared_ptr<Partition> partition);

  // Has them begin anew from what is stored: a group's all, or those of one partition.
  void forget_group(const GroupId& group);
  void forget_partition(const TopicId& topic, PartitionIndex partition);
  void forget_all();
  std::size_t size() const { return leaders_.size(); }

 private:
  template <class Which>
  void forget(Which which);

  Engine& engine_;
  std::map<share::Key, std::shared_ptr<ShareLeader>> leaders_;
};

}  // namespace broker
