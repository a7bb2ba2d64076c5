#include "group/metadata.h"

// All of it is in the header, which is as fast and needs no library at run time.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/utf16.h"

namespace group {
namespace {

// What Kafka feeds to its hash function, in the order of little-endian machines.
class Hashed {
 public:
  template <class T>
  void add(T number) {
    for (std::size_t i = 0; i < sizeof number; ++i) {
      bytes_.push_back(static_cast<std::byte>(static_cast<std::uint64_t>(number) >> 8 * i));
    }
  }
  void add_text(std::string_view text) {
    for_each_utf16(text, [this](std::uint16_t unit) { add(unit); });
    add(static_cast<std::int32_t>(utf16_length(text)));
  }
  std::uint64_t value() const { return XXH3_64bits(bytes_.data(), bytes_.size()); }

 private:
  std::vector<std::byte> bytes_;
};

constexpr std::int8_t kHashVersion = 0;

std::uint64_t hash_of(const cluster::Topic& topic, const cluster::Image& image) {
  Hashed hashed;
  hashed.add(kHashVersion);
  hashed.add(load_big<std::int64_t>(topic.id.value.bytes.data()));
  hashed.add(load_big<std::int64_t>(topic.id.value.bytes.data() + 8));
  hashed.add_text(topic.name.value);
  hashed.add(static_cast<std::int32_t>(topic.partitions.size()));
  std::int32_t index = 0;
  for (const cluster::Partition& partition : topic.partitions) {
    hashed.add(index++);
    std::vector<std::string_view> racks;
    for (const BrokerId replica : partition.replicas) {
      const cluster::Broker* broker = image.find(replica);
      if (broker && broker->rack) racks.emplace_back(*broker->rack);
    }
    std::ranges::sort(racks);
    for (const std::string_view rack : racks) {
      hashed.add(static_cast<std::int32_t>(utf16_length(rack)));
      hashed.add_text(rack);
    }
  }
  return hashed.value();
}

}  // namespace

std::int64_t metadata_hash(const std::set<TopicName>& topics, const cluster::Image& image) {
  Hashed hashed;
  bool any = false;
  for (const TopicName& name : topics) {
    const cluster::Topic* topic = image.find(name);
    if (!topic) continue;
    hashed.add(hash_of(*topic, image));
    any = true;
  }
  return any ? static_cast<std::int64_t>(hashed.value()) : 0;
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
