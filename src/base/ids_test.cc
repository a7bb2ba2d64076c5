#include "base/ids.h"

#include <gtest/gtest.h>

namespace {

TEST(Uuid, TextIsWhatKafkaWritesAndReadsBack) {
  Uuid id;
  EXPECT_EQ(to_text(id), "AAAAAAAAAAAAAAAAAAAAAA");
  for (std::size_t i = 0; i < 16; ++i) id.bytes[i] = static_cast<std::byte>(0xf0 + i);
  EXPECT_EQ(to_text(id), "8PHy8_T19vf4-fr7_P3-_w");
  EXPECT_EQ(parse_uuid("8PHy8_T19vf4-fr7_P3-_w"), id);
}

TEST(Uuid, RefusesWhatIsNotOne) {
  for (const char* text : {"", "AAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAA",
                           "AAAAAAAAAAAAAAAAAAAAA+", "AAAAAAAAAAAAAAAAAAAAAB"}) {
    EXPECT_EQ(parse_uuid(text), std::nullopt) << text;
  }
}

}  // namespace
