// What the keys and values of all group records have in common: two bytes in front, which say what
// kind of key it is, and which version of the value. Internal to group/.
#pragma once
#include <cstdint>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "wire/io.h"

namespace group {

template <class Message>
ByteVector prefixed(std::int16_t prefix, const Message& message, wire::Version version) {
  wire::Output out;
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
ByteVector value_bytes(const Value& value, wire::Version version) {
  return prefixed(version, value, version);
}

struct Prefixed {
  std::int16_t prefix;
  Bytes rest;
};

inline Result<Prefixed> read_prefix(Bytes bytes) {
  if (bytes.size() < 2) return fail(ErrorCode::CorruptMessage, "a group record without a version");
  return Prefixed{load_big<std::int16_t>(bytes.data()), bytes.subspan(2)};
}

inline std::int32_t to_int32(Millis millis) { return static_cast<std::int32_t>(millis.count()); }

}  // namespace group
