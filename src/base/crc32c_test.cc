#include "base/crc32c.h"

#include <gtest/gtest.h>

#include <string>

namespace {

// The test vectors of RFC 3720, B.4, and the usual check word.
TEST(Crc32c, KnownSums) {
  EXPECT_EQ(crc32c({}), 0u);
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xE3069283u);
  EXPECT_EQ(crc32c(as_bytes(std::string(32, '\0'))), 0x8A9136AAu);
  EXPECT_EQ(crc32c(as_bytes(std::string(32, '\xff'))), 0x62A8AB43u);
}

TEST(Crc32c, GoesOnWhereItStopped) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += static_cast<char>((i * 7) % 128);
  const std::uint32_t whole = crc32c(as_bytes(text));
  for (const std::size_t cut : {0u, 1u, 7u, 8u, 63u, 500u, 999u, 1000u}) {
    const Bytes bytes = as_bytes(text);
    EXPECT_EQ(crc32c(bytes.subspan(cut), crc32c(bytes.first(cut))), whole) << cut;
  }
}

}  // namespace
