#include "transfers.h"

#include <gtest/gtest.h>

namespace simulation {
namespace {

const TopicPartition kLeft{kTransfers, PartitionIndex{0}};
const TopicPartition kRight{kTransfers, PartitionIndex{1}};
using End = Transfers::End;

// What is found wrong with the content of two partitions, given how two transactions of one
// producer ended: the first wrote a and b to the left and c to the right, the second d to the
// right.
std::vector<std::string> wrong(End first, End second, const std::vector<std::string>& left,
                               const std::vector<std::string>& right, std::int64_t group) {
  History history;
  Transfers transfers(history);
  transfers.attempt("p", 0, kLeft, "a");
  transfers.attempt("p", 0, kLeft, "b");
  transfers.attempt("p", 0, kRight, "c");
  transfers.attempt("p", 1, kRight, "d");
  transfers.end("p", 0, first);
  transfers.end("p", 1, second);
  Content content;
  for (const auto& [place, values] : {std::pair(kLeft, left), std::pair(kRight, right)}) {
    std::int64_t offset = 0;
    for (const std::string& value : values) content[place].emplace_back(Offset{offset++}, value);
  }
  transfers.judge(content, {{"p", group}});
  return history.contradictions;
}

TEST(Transfers, FindWhatIsWrong) {
  struct Row {
    const char* why;
    End first;
    End second;
    std::vector<std::string> left;
    std::vector<std::string> right;
    std::int64_t group;
    const char* found;  // Nothing: all is well.
  };
  constexpr End kYes = End::Committed;
  constexpr End kNo = End::Aborted;
  const Row rows[] = {
      {"both", kYes, kYes, {"a", "b"}, {"c", "d"}, 2, nullptr},
      {"the second alone", kNo, kYes, {}, {"d"}, 2, nullptr},
      {"in doubt and there", End::InDoubt, kNo, {"a", "b"}, {"c"}, 1, nullptr},
      {"in doubt and not there", End::InDoubt, kNo, {}, {}, 0, nullptr},
      {"an aborted read", kNo, kYes, {"a"}, {"d"}, 2, "never committed"},
      {"one that nobody ended", End::Open, kYes, {"a"}, {"d"}, 2, "never committed"},
      {"a lost write", kYes, kYes, {"a"}, {"c", "d"}, 2, "in part"},
      {"lost altogether", kYes, kYes, {}, {"d"}, 2, "in part"},
      {"torn", End::InDoubt, kYes, {"a", "b"}, {"d"}, 2, "torn"},
      {"doubled", kYes, kYes, {"a", "b", "b"}, {"c", "d"}, 2, "wrote later"},
      {"out of order", kYes, kYes, {"b", "a"}, {"c", "d"}, 2, "wrote later"},
      {"transactions out of order", kYes, kYes, {"a", "b"}, {"d", "c"}, 2, "wrote later"},
      {"made up", kYes, kYes, {"a", "b", "x"}, {"c", "d"}, 2, "nobody wrote"},
      {"in the wrong place", kYes, kYes, {"a", "b", "d"}, {"c"}, 2, "elsewhere"},
      {"an offset lost", kYes, kYes, {"a", "b"}, {"c", "d"}, 1, "has read up to 1"},
      {"an aborted offset", kYes, kNo, {"a", "b"}, {"c"}, 2, "has read up to 2"},
  };
  for (const Row& row : rows) {
    const auto found = wrong(row.first, row.second, row.left, row.right, row.group);
    if (!row.found) {
      EXPECT_TRUE(found.empty()) << row.why << ": " << found.front();
    } else {
      ASSERT_FALSE(found.empty()) << row.why;
      EXPECT_NE(found.front().find(row.found), std::string::npos) << row.why << ": " << found[0];
    }
  }
}

TEST(Transfers, WhatWasReadStays) {
  History history;
  Transfers transfers(history);
  transfers.attempt("p", 0, kLeft, "a");
  transfers.end("p", 0, End::Committed);
  transfers.note_read(kLeft, Offset{3}, "a");
  transfers.judge({{kLeft, {{Offset{3}, "a"}}}}, {});
  EXPECT_TRUE(history.contradictions.empty());
  transfers.note_read(kLeft, Offset{3}, "b");
  EXPECT_EQ(history.contradictions.size(), 1U) << "one offset, two values";
  transfers.judge({{kLeft, {{Offset{4}, "a"}}}}, {});
  EXPECT_EQ(history.contradictions.size(), 2U) << "it moved";
}

}  // namespace
}  // namespace simulation
