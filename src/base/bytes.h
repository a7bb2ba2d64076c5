// Bytes that somebody else owns, bytes we own, and buffers that several may share.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;
using ByteVector = std::vector<std::byte>;

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline ByteVector to_vector(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

// A block of memory of fixed size, not initialised, shared by whoever holds a copy of the handle.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t size)
      : data_(std::make_shared_for_overwrite<std::byte[]>(size)), size_(size) {}

  std::size_t size() const { return size_; }
  MutableBytes bytes() { return {data_.get(), size_}; }
  Bytes bytes() const { return {data_.get(), size_}; }

 private:
  std::shared_ptr<std::byte[]> data_;
  std::size_t size_ = 0;
};

// Kafka's integers are big-endian. The caller has checked that the bytes are there.
template <class T>
T load_big(const std::byte* from) {
  std::make_unsigned_t<T> bits = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    bits = static_cast<std::make_unsigned_t<T>>(bits << 8 | std::to_integer<std::uint8_t>(from[i]));
  }
  return static_cast<T>(bits);
}
template <class T>
void store_big(std::byte* to, T value) {
  auto bits = static_cast<std::make_unsigned_t<T>>(value);
  for (std::size_t i = sizeof(T); i-- > 0;) {
    to[i] = static_cast<std::byte>(bits & 0xff);
    bits = static_cast<std::make_unsigned_t<T>>(sizeof(T) > 1 ? bits >> 8 : 0);
  }
}
