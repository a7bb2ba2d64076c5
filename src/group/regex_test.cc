#include "group/regex.h"

#include <gtest/gtest.h>

namespace group {
namespace {

TEST(TopicRegex, IsRefusedWhereItWouldExplode) {
  struct Row {
    const char* why;
    std::string text;
  };
  std::string alternatives;
  for (int i = 0; i < 9'000; ++i)
    alternatives += i % 10 == 9 ? '|' : static_cast<char>('a' + i * i % 23);
  const Row rows[] = {
      {"repeated a million times", "((a{100}){100}){100}"},
      {"repeated more often than RE2 counts", "a{1001}"},
      {"nested repetitions of maybes", "((((a{0,99}){0,99}){0,99}){0,99})"},
      {"letters of all the world, often", "(\\pL\\pN?){200}"},
      {"more alternatives than there is room for", alternatives},
      {"longer than anybody writes", std::string(10'001, 'a')},
      {"groups without an end", std::string(9'000, '(')},
      {"not a regular expression", "orders-["},
      {"looks ahead, which RE2 does not", "orders(?=-eu)"},
      {"refers back, which RE2 does not", "(a)\\1"},
  };
  for (const Row& row : rows) {
    const auto regex = TopicRegex::compile(row.text);
    ASSERT_FALSE(regex) << row.why;
    EXPECT_EQ(regex.error().code, ErrorCode::InvalidRegularExpression) << row.why;
    EXPECT_LT(regex.error().detail.size(), 12'000U) << row.why;
  }
}

// These take ages where a matcher tries one way after another. The test would not end.
TEST(TopicRegex, MatchesInTimeWhateverItSays) {
  const std::string longest(249, 'a');
  for (const char* text : {"(a+)+b", "(a|a)*b", "(a|aa)+b", "(.*a){20}b", "(a?){99}a{99}b",
                           ".*a.{100}b.*", "([a-z]+)*\\."}) {
    const auto regex = TopicRegex::compile(text);
    ASSERT_TRUE(regex) << text << ": " << regex.error().detail;
    EXPECT_FALSE(regex->matches(TopicName{longest})) << text;
  }
}

// What a DFA would need 2^100 states for goes through names of all kinds in the memory it has.
TEST(TopicRegex, KeepsToItsMemory) {
  const auto regex = TopicRegex::compile(".*a.{100}");
  ASSERT_TRUE(regex);
  std::uint32_t random = 1;
  for (int i = 0; i < 2'000; ++i) {
    std::string name;
    for (int k = 0; k < 200; ++k)
      name += (random = random * 1664525 + 1013904223) >> 31 ? 'a' : 'b';
    EXPECT_EQ(regex->matches(TopicName{name}), name[name.size() - 101] == 'a');
  }
}

}  // namespace
}  // namespace group
