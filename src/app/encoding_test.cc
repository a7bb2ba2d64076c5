#include "app/encoding.h"

#include <gtest/gtest.h>

namespace app {
namespace {

TEST(Encoding, HexAndBase64) {
  EXPECT_EQ(to_hex(as_bytes("")), "");
  EXPECT_EQ(to_hex(as_bytes("\x01\xff")), "01ff");
  EXPECT_EQ(to_base64(as_bytes("")), "");
  EXPECT_EQ(to_base64(as_bytes("f")), "Zg==");
  EXPECT_EQ(to_base64(as_bytes("fo")), "Zm8=");
  EXPECT_EQ(to_base64(as_bytes("foo")), "Zm9v");
  EXPECT_EQ(to_base64(as_bytes("foobar")), "Zm9vYmFy");
  EXPECT_EQ(encode(as_bytes("a\nb"), Encoding::Text), "a\nb");
}

TEST(Encoding, KnowsTextFromBytes) {
  for (const char* good : {"", "plain", "größe", "日本", "\U0001F30A"})
    EXPECT_TRUE(is_utf8(good)) << good;
  struct Row {
    const char* why;
    std::string text;
  };
  const Row rows[] = {
      {"a lone continuation", "\x80"},
      {"cut off", "\xc3"},
      {"a lead without its rest", "\xc3x"},
      {"a slash in two bytes", "\xc0\xaf"},
      {"a surrogate", "\xed\xa0\x80"},
      {"beyond Unicode", "\xf4\x90\x80\x80"},
      {"no lead", "\xff"},
  };
  for (const Row& row : rows) EXPECT_FALSE(is_utf8(row.text)) << row.why;
}

TEST(Encoding, Unescapes) {
  EXPECT_EQ(unescape("a\\tb\\n"), "a\tb\n");
  EXPECT_EQ(unescape("\\x41\\\\"), "A\\");
  EXPECT_EQ(unescape("\\0"), std::string(1, '\0'));
  EXPECT_EQ(unescape("\\q\\"), "\\q\\");
  EXPECT_EQ(unescape("\\x4"), "\\x4");
  EXPECT_EQ(unescape("\\xzz"), "\\xzz");
}

}  // namespace
}  // namespace app
