// Variable-length integers, seven bits a byte, least significant group first. The signed ones are
// zigzagged. Record batches use the signed ones, flexible messages the unsigned.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>

#include "base/bytes.h"

inline constexpr std::size_t kMaxVarint32 = 5;
inline constexpr std::size_t kMaxVarint64 = 10;

template <class T>
constexpr std::make_unsigned_t<T> zigzag(T value) {
  using U = std::make_unsigned_t<T>;
  return static_cast<U>((static_cast<U>(value) << 1) ^ (value < 0 ? ~U{0} : U{0}));
}
template <class U>
constexpr std::make_signed_t<U> unzigzag(U bits) {
  return static_cast<std::make_signed_t<U>>((bits >> 1) ^ (~(bits & 1) + 1));
}

// Takes one off the front of `from`. Nothing, and `from` as it was, where the bytes end too early
// or the value does not fit U.
template <class U>
std::optional<U> take_uvarint(Bytes& from) {
  static_assert(std::is_unsigned_v<U>);
  constexpr std::size_t kBits = sizeof(U) * 8;
  if (!from.empty() && std::to_integer<std::uint8_t>(from[0]) < 0x80) [[likely]] {
    const auto value = std::to_integer<U>(from[0]);
    from = from.subspan(1);
    return value;
  }
  U value = 0;
  std::size_t i = 0;
  for (std::size_t shift = 0; shift < kBits && i < from.size(); shift += 7) {
    const auto group = std::to_integer<std::uint8_t>(from[i++]);
    const auto low = static_cast<U>(group & 0x7f);
    if (shift + 7 > kBits && (low >> (kBits - shift)) != 0) return {};
    value = static_cast<U>(value | static_cast<U>(low << shift));
    if (group < 0x80) {
      from = from.subspan(i);
      return value;
    }
  }
  return {};
}
// As take_uvarint, for a zigzagged value.
template <class T>
std::optional<T> take_varint(Bytes& from) {
  const auto bits = take_uvarint<std::make_unsigned_t<T>>(from);
  if (!bits) return {};
  return unzigzag(*bits);
}

template <class U>
void put_uvarint(ByteVector& to, U value) {
  static_assert(std::is_unsigned_v<U>);
  while (value >= 0x80) {
    to.push_back(static_cast<std::byte>(value | 0x80));
    value >>= 7;
  }
  to.push_back(static_cast<std::byte>(value));
}
template <class T>
void put_varint(ByteVector& to, T value) {
  put_uvarint(to, zigzag(value));
}

template <class U>
constexpr std::size_t uvarint_size(U value) {
  static_assert(std::is_unsigned_v<U>);
  return (static_cast<std::size_t>(std::bit_width(static_cast<U>(value | 1))) + 6) / 7;
}
template <class T>
constexpr std::size_t varint_size(T value) {
  return uvarint_size(zigzag(value));
}
