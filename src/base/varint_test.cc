#include "base/varint.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <vector>

namespace {

ByteVector bytes_of(std::initializer_list<int> values) {
  ByteVector bytes;
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

template <class T>
void expect_round_trip(T value) {
  ByteVector bytes;
  put_varint(bytes, value);
  EXPECT_EQ(bytes.size(), varint_size(value)) << value;
  Bytes from = bytes;
  EXPECT_EQ(take_varint<T>(from), value);
  EXPECT_TRUE(from.empty());
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    Bytes torn = Bytes(bytes).first(cut);
    EXPECT_FALSE(take_varint<T>(torn)) << value;
    EXPECT_EQ(torn.size(), cut) << "a torn one takes nothing";
  }
}

TEST(Varint, RoundTrips) {
  for (int shift = 0; shift < 64; ++shift) {
    for (const std::int64_t near : {-1, 0, 1}) {
      const auto bits = (std::uint64_t{1} << shift) + static_cast<std::uint64_t>(near);
      expect_round_trip(static_cast<std::int64_t>(bits));
      expect_round_trip(static_cast<std::int64_t>(~bits));
      expect_round_trip(static_cast<std::int32_t>(bits));
      expect_round_trip(static_cast<std::int32_t>(~bits));
    }
  }
}

TEST(Varint, ExactBytes) {
  struct Row {
    std::int32_t value;
    ByteVector bytes;
  };
  const std::vector<Row> rows = {
      {0, bytes_of({0x00})},
      {-1, bytes_of({0x01})},
      {1, bytes_of({0x02})},
      {63, bytes_of({0x7e})},
      {-64, bytes_of({0x7f})},
      {64, bytes_of({0x80, 0x01})},
      {8191, bytes_of({0xfe, 0x7f})},
      {std::numeric_limits<std::int32_t>::max(), bytes_of({0xfe, 0xff, 0xff, 0xff, 0x0f})},
      {std::numeric_limits<std::int32_t>::min(), bytes_of({0xff, 0xff, 0xff, 0xff, 0x0f})},
  };
  for (const Row& row : rows) {
    ByteVector bytes;
    put_varint(bytes, row.value);
    EXPECT_EQ(bytes, row.bytes) << row.value;
  }
  ByteVector plain;
  put_uvarint(plain, std::uint32_t{300});
  EXPECT_EQ(plain, bytes_of({0xac, 0x02}));
}

TEST(Varint, RefusesWhatDoesNotFit) {
  struct Row {
    const char* why;
    ByteVector bytes;
    bool fits32;
    bool fits64;
  };
  const std::vector<Row> rows = {
      {"32 bits", bytes_of({0xff, 0xff, 0xff, 0xff, 0x0f}), true, true},
      {"a 33rd bit", bytes_of({0xff, 0xff, 0xff, 0xff, 0x1f}), false, true},
      {"six groups", bytes_of({0x80, 0x80, 0x80, 0x80, 0x80, 0x01}), false, true},
      {"64 bits", bytes_of({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}), false,
       true},
      {"a 65th bit", bytes_of({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02}), false,
       false},
      {"never ends", ByteVector(20, std::byte{0x80}), false, false},
      {"zero written long", bytes_of({0x80, 0x80, 0x00}), true, true},
  };
  for (const Row& row : rows) {
    Bytes from = row.bytes;
    EXPECT_EQ(take_uvarint<std::uint32_t>(from).has_value(), row.fits32) << row.why;
    from = row.bytes;
    EXPECT_EQ(take_uvarint<std::uint64_t>(from).has_value(), row.fits64) << row.why;
  }
}

}  // namespace
