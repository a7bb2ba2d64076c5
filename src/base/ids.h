// The names of things that every folder speaks of. Each is a type of its own.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/named.h"

using TopicName = Named<std::string, struct TopicNameTag>;
using GroupId = Named<std::string, struct GroupIdTag>;
using MemberId = Named<std::string, struct MemberIdTag>;
using InstanceId = Named<std::string, struct InstanceIdTag>;
using TransactionalId = Named<std::string, struct TransactionalIdTag>;

using BrokerId = Named<std::int32_t, struct BrokerIdTag>;
using PartitionIndex = Named<std::int32_t, struct PartitionIndexTag>;
using LeaderEpoch = Named<std::int32_t, struct LeaderEpochTag>;
using Offset = Named<std::int64_t, struct OffsetTag>;
using ProducerId = Named<std::int64_t, struct ProducerIdTag>;
using ProducerEpoch = Named<std::int16_t, struct ProducerEpochTag>;

inline constexpr LeaderEpoch kNoLeaderEpoch{-1};
inline constexpr ProducerId kNoProducerId{-1};

// A 128-bit id, as Kafka writes it: big-endian on the wire, URL-safe base64 without padding in
// text.
struct Uuid {
  std::array<std::byte, 16> bytes{};
  auto operator<=>(const Uuid&) const = default;
  bool is_zero() const { return *this == Uuid{}; }
};
std::string to_text(const Uuid& id);
std::optional<Uuid> parse_uuid(std::string_view text);  // Of exactly that form.

template <>
struct std::hash<Uuid> {
  std::size_t operator()(const Uuid& id) const {
    std::size_t h = 0;
    for (std::byte b : id.bytes) h = h * 1099511628211U + static_cast<std::size_t>(b);
    return h;
  }
};

using TopicId = Named<Uuid, struct TopicIdTag>;
using DirectoryId = Named<Uuid, struct DirectoryIdTag>;

// One partition of a topic, by name, as file systems and people know it.
struct TopicPartition {
  TopicName topic;
  PartitionIndex partition;
  auto operator<=>(const TopicPartition&) const = default;
};
template <>
struct std::hash<TopicPartition> {
  std::size_t operator()(const TopicPartition& tp) const {
    return std::hash<TopicName>{}(tp.topic) * 31 + static_cast<std::size_t>(tp.partition.value);
  }
};
