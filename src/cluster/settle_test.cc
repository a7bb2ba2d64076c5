#include "cluster/settle.h"

#include <gtest/gtest.h>

namespace cluster {
namespace {

// A log in letters: ( begins, ) ends, ! aborts, anything else is a topic of that name.
std::vector<Record> log_of(std::string_view letters) {
  std::vector<Record> records;
  for (const char letter : letters) {
    if (letter == '(') {
      records.emplace_back(wire::BeginTransactionRecord{});
    } else if (letter == ')') {
      records.emplace_back(wire::EndTransactionRecord{});
    } else if (letter == '!') {
      records.emplace_back(wire::AbortTransactionRecord{});
    } else {
      records.emplace_back(wire::TopicRecord{.name = TopicName(std::string(1, letter))});
    }
  }
  return records;
}

TEST(Settle, CountsWhatWasEnded) {
  struct Row {
    const char* log;
    const char* counts;
    bool open;
    const char* why;
  };
  const Row rows[] = {
      {"", "", false, "an empty log"},
      {"ab", "ab", false, "nothing but single records"},
      {"a(bc)d", "abcd", false, "one that ended"},
      {"a(bc!d", "ad", false, "one that was aborted"},
      {"a(b)(c", "ab", true, "the log ends before the second does"},
      {"()", "", false, "one with nothing in it"},
  };
  for (const Row& row : rows) {
    const Result<Settled> settled = settle(log_of(row.log));
    ASSERT_TRUE(settled.has_value()) << row.why;
    EXPECT_TRUE(settled->records == log_of(row.counts)) << row.why;
    EXPECT_EQ(settled->open, row.open) << row.why;
  }
}

TEST(Settle, RefusesWhatCannotBe) {
  for (const char* log : {")", "!", "((", "(a)b)", "(a!!"}) {
    EXPECT_FALSE(settle(log_of(log)).has_value()) << log;
  }
}

}  // namespace
}  // namespace cluster
