// Records of the logs that coordinators keep their state in (`__consumer_offsets`,
// `__share_group_state`, `__transaction_state`) as bytes: two bytes in front say what kind of key
// it is, and which version of the value.
#pragma once
#include <cstdint>
#include <optional>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"
#include "wire/io.h"

namespace wire {

struct CoordinatorRecord {
  ByteVector key;
  std::optional<ByteVector> value = {};  // None: a tombstone.
};

template <class Message>
ByteVector prefixed(std::int16_t prefix, const Message& message, Version version) {
  Output out;
  out.bytes.resize(sizeof prefix);
  store_big(out.bytes.data(), prefix);
  write(message, version, out);
  return std::move(out.bytes);
}

template <class Key>
ByteVector key_bytes(const Key& key) {
  return prefixed(Key::kKey, key, 0);
}
template <class Value>
ByteVector value_bytes(const Value& value, Version version) {
  return prefixed(version, value, version);
}

struct Prefixed {
  std::int16_t prefix;
  Bytes rest;
};

inline Result<Prefixed> read_prefix(Bytes bytes) {
  if (bytes.size() < 2) return fail(ErrorCode::CorruptMessage, "a record without a version");
  return Prefixed{load_big<std::int16_t>(bytes.data()), bytes.subspan(2)};
}

// `read` is the function that the schema of the value gives: of a record, if it has a value.
template <class Value>
Result<std::optional<Value>> read_value(std::optional<Bytes> bytes,
                                        Result<Value> (*read)(Bytes, Version)) {
  if (!bytes) return std::nullopt;
  const Prefixed versioned = TRY(read_prefix(*bytes));
  return TRY(read(versioned.rest, versioned.prefix));
}

}  // namespace wire
