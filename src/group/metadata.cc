#include "group/metadata.h"

#include <array>
#include <charconv>

#include "base/bytes.h"

namespace group {
namespace {

// FNV-1a: stays the same from one process to the next, unlike std::hash.
class Hash {
 public:
  void add(Bytes bytes) {
    for (const std::byte b : bytes) value_ = (value_ ^ std::to_integer<std::uint64_t>(b)) * kPrime;
  }
  void add(std::uint64_t number) {
    std::array<std::byte, sizeof number> bytes;
    store_big(bytes.data(), static_cast<std::int64_t>(number));
    add(Bytes(bytes));
  }
  void add(std::string_view text) {
    add(text.size());
    add(as_bytes(text));
  }
  std::int64_t value() const { return static_cast<std::int64_t>(value_); }

 private:
  static constexpr std::uint64_t kPrime = 1099511628211U;
  std::uint64_t value_ = 14695981039346656037U;
};

void add_topic(Hash& hash, const cluster::Topic& topic, const cluster::Image& image) {
  hash.add(Bytes(topic.id.value.bytes));
  hash.add(topic.name.value);
  hash.add(topic.partitions.size());
  for (const cluster::Partition& partition : topic.partitions) {
    for (const BrokerId replica : partition.replicas) {
      const cluster::Broker* broker = image.find(replica);
      if (broker && broker->rack) hash.add(*broker->rack);
    }
  }
}

}  // namespace

std::int64_t metadata_hash(const std::set<TopicName>& topics, const cluster::Image& image) {
  Hash hash;
  bool any = false;
  for (const TopicName& name : topics) {
    const cluster::Topic* topic = image.find(name);
    if (!topic) continue;
    add_topic(hash, *topic, image);
    any = true;
  }
  return any ? hash.value() : 0;
}

std::optional<Millis> own_setting(const GroupId& group, const cluster::Image& image,
                                  std::string_view name) {
  const config::Pairs& own =
      image.config({.type = cluster::ResourceType::Group, .name = group.value});
  const auto at = own.find(name);
  if (at == own.end()) return {};
  std::int64_t millis = 0;
  const auto [end, error] =
      std::from_chars(at->second.data(), at->second.data() + at->second.size(), millis);
  if (error != std::errc{} || millis <= 0) return {};
  return Millis{millis};
}

}  // namespace group
