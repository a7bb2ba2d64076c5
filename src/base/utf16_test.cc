#include "base/utf16.h"

#include <gtest/gtest.h>

#include <vector>

namespace {

TEST(Utf16, HasTheUnitsThatJavaHas) {
  struct Row {
    const char* why;
    std::string_view text;
    std::vector<std::uint16_t> units;
  };
  const Row rows[] = {
      {"nothing", "", {}},
      {"letters", "az", {'a', 'z'}},
      {"two bytes, one unit", "\u00e9", {0xe9}},
      {"three bytes, one unit", "\u6f22", {0x6f22}},
      {"four bytes, two units", "\U0001f600", {0xd83d, 0xde00}},
      {"a character that is cut off", "a\xe6\xbc", {'a', 0xe6, 0xbc}},
      {"one that goes on with something else", "\xc3z", {0xc3, 'z'}},
      {"one that begins in its middle", "\x80", {0x80}},
      {"bytes that UTF-8 never has", "\xff\xc0", {0xff, 0xc0}},
  };
  for (const Row& row : rows) {
    std::vector<std::uint16_t> units;
    for_each_utf16(row.text, [&](std::uint16_t unit) { units.push_back(unit); });
    EXPECT_EQ(units, row.units) << row.why;
    EXPECT_EQ(utf16_length(row.text), row.units.size()) << row.why;
  }
}

}  // namespace
