// What the records of the protocols with member epochs, consumer's and share's, have in common as
// bytes: a key names a group, and at times one of its members; a value is what it is set to, or is
// not there. Internal to group/.
#pragma once
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/time.h"
#include "group/assigned.h"
#include "wire/coordinator_record.h"

namespace group {

inline std::int32_t to_int32(Millis millis) { return static_cast<std::int32_t>(millis.count()); }

// The only version of all of these, as of Kafka 4.2.
inline constexpr wire::Version kEpochRecordVersion{0};

template <class Entry>
std::vector<Entry> to_list(const Assigned& assigned) {
  std::vector<Entry> list;
  list.reserve(assigned.size());
  for (const auto& [topic, partitions] : assigned) list.push_back({topic, partitions});
  return list;
}

// `to_message` is made of what is set: the message to write.
template <class Key, class Meaning, class ToMessage>
wire::CoordinatorRecord encode_set(const Key& key, const std::optional<Meaning>& set,
                                   ToMessage to_message) {
  wire::CoordinatorRecord encoded{.key = wire::key_bytes(key)};
  if (set) encoded.value = wire::value_bytes(to_message(*set), kEpochRecordVersion);
  return encoded;
}

// The bytes of a record; those of the key without what says its kind.
struct SetBytes {
  Bytes key;
  std::optional<Bytes> value;
};

// A record that says what `Set` is: of a group, or of the member that the key names.
template <class Record, class Set, class Key, class Value, class ToMeaning>
Result<std::optional<Record>> decode_set(const SetBytes& bytes,
                                         Result<Key> (*read_key)(Bytes, wire::Version),
                                         Result<Value> (*read_value)(Bytes, wire::Version),
                                         ToMeaning to_meaning) {
  auto key = TRY(read_key(bytes.key, 0));
  auto value = TRY(wire::read_value(bytes.value, read_value));
  std::optional<decltype(to_meaning(std::move(*value)))> set;
  if (value) set = to_meaning(std::move(*value));
  if constexpr (requires { key.member_id; }) {
    return Record{std::move(key.group_id), Set{std::move(key.member_id), std::move(set)}};
  } else if constexpr (requires { key.regular_expression; }) {
    return Record{std::move(key.group_id), Set{std::move(key.regular_expression), std::move(set)}};
  } else {
    return Record{std::move(key.group_id), Set{std::move(set)}};
  }
}

}  // namespace group
