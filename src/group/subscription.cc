#include "group/subscription.h"

#include <algorithm>

#include "wire/consumer_protocol.h"
#include "wire/io.h"

namespace group {
namespace {

// Reads what it can, and remembers that it could not.
class Scanner {
 public:
  explicit Scanner(Bytes rest) : rest_(rest) {}

  template <class T>
  T take() {
    const Bytes bytes = take(sizeof(T));
    return ok_ ? load_big<T>(bytes.data()) : T{};
  }
  Bytes take(std::size_t size) {
    if (size > rest_.size()) ok_ = false;
    if (!ok_) return {};
    const Bytes bytes = rest_.first(size);
    rest_ = rest_.subspan(size);
    return bytes;
  }
  bool ok() const { return ok_; }

 private:
  Bytes rest_;
  bool ok_ = true;
};

}  // namespace

Result<std::vector<TopicName>> read_subscribed_topics(Bytes metadata) {
  Scanner in(metadata);
  const auto version = in.take<std::int16_t>();
  const auto count = in.take<std::int32_t>();
  std::vector<TopicName> topics;
  for (std::int32_t i = 0; i < count && in.ok(); ++i) {
    const auto size = in.take<std::int16_t>();
    if (size < 0) return fail(ErrorCode::InvalidRequest, "a subscription with a negative length");
    topics.emplace_back(std::string(as_text(in.take(static_cast<std::size_t>(size)))));
  }
  if (!in.ok() || version < 0 || count < 0) {
    return fail(ErrorCode::InvalidRequest, "malformed subscription");
  }
  return topics;
}

namespace {

struct Versioned {
  std::int16_t version;
  Bytes rest;
};

Result<Versioned> read_version(Bytes bytes, std::int16_t newest) {
  if (bytes.size() < 2) return fail(ErrorCode::InvalidRequest, "it has no version");
  const auto version = load_big<std::int16_t>(bytes.data());
  if (version < 0) return fail(ErrorCode::InvalidRequest, "a negative version");
  return Versioned{std::min(version, newest), bytes.subspan(2)};
}

template <class Entries>
NamedPartitions by_name(Entries& entries) {
  NamedPartitions partitions;
  for (auto& entry : entries) {
    auto& list = partitions[std::move(entry.topic)];
    list.insert(list.end(), entry.partitions.begin(), entry.partitions.end());
  }
  return partitions;
}

}  // namespace

Result<Subscription> read_subscription(Bytes metadata) {
  using Message = wire::ConsumerProtocolSubscription;
  const Versioned in = TRY(read_version(metadata, Message::schema.last));
  Message message = TRY(wire::read_consumer_protocol_subscription(in.rest, in.version));
  return Subscription{.version = in.version,
                      .topics = std::move(message.topics),
                      .owned = by_name(message.owned_partitions),
                      .rack = std::move(message.rack_id)};
}

Result<NamedPartitions> read_assignment(Bytes assignment) {
  using Message = wire::ConsumerProtocolAssignment;
  if (assignment.empty()) return NamedPartitions{};
  const Versioned in = TRY(read_version(assignment, Message::schema.last));
  Message message = TRY(wire::read_consumer_protocol_assignment(in.rest, in.version));
  return by_name(message.assigned_partitions);
}

ByteVector write_assignment(const NamedPartitions& partitions, std::int16_t version) {
  wire::ConsumerProtocolAssignment message;
  for (const auto& [topic, list] : partitions) message.assigned_partitions.push_back({topic, list});
  wire::Output out;
  out.bytes.resize(sizeof version);
  store_big(out.bytes.data(), version);
  write(message, version, out);
  return std::move(out.bytes);
}

}  // namespace group
