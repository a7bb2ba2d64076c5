#include "transfers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace simulation {
namespace {

const TopicPartition kLeft{kTransfers, PartitionIndex{0}};
const TopicPartition kRight{kTransfers, PartitionIndex{1}};
using End = Transfers::End;

// What is found wrong with the content of two partitions, given how two transactions of one
// producer ended: the first wrote a and b to the left and c to the right, the second d to the
// right. The second goes on behind the first, or begins where that did if it was aborted.
std::vector<std::string> wrong(End first, End second, const std::vector<std::string>& left,
                               const std::vector<std::string>& right, std::int64_t group) {
  History history;
  Transfers transfers(history);
  const std::int64_t fourth = first == End::Aborted ? 0 : 3;
  transfers.attempt({"p", 0, "g", 0, kLeft, "a"});
  transfers.attempt({"p", 0, "g", 1, kLeft, "b"});
  transfers.attempt({"p", 0, "g", 2, kRight, "c"});
  transfers.end("p", 0, first);
  transfers.attempt({"p", 1, "g", fourth, kRight, "d"});
  transfers.end("p", 1, second);
  Content content;
  for (const auto& [place, values] : {std::pair(kLeft, left), std::pair(kRight, right)}) {
    std::int64_t offset = 0;
    for (const std::string& value : values) content[place].emplace_back(Offset{offset++}, value);
  }
  transfers.judge(content, {{"g", group}});
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
      {"both", kYes, kYes, {"a", "b"}, {"c", "d"}, 4, nullptr},
      {"the second alone", kNo, kYes, {}, {"d"}, 1, nullptr},
      {"in doubt and there", End::InDoubt, kNo, {"a", "b"}, {"c"}, 3, nullptr},
      {"in doubt and not there", End::InDoubt, kNo, {}, {}, 0, nullptr},
      {"an aborted read", kNo, kYes, {"a"}, {"d"}, 1, "never committed"},
      {"one that nobody ended", End::Open, kYes, {"a"}, {"d"}, 4, "never committed"},
      {"a lost write", kYes, kYes, {"a"}, {"c", "d"}, 4, "in part"},
      {"lost altogether", kYes, kYes, {}, {"d"}, 4, "in part"},
      {"torn", End::InDoubt, kYes, {"a", "b"}, {"d"}, 4, "torn"},
      {"doubled", kYes, kYes, {"a", "b", "b"}, {"c", "d"}, 4, "wrote later"},
      {"out of order", kYes, kYes, {"b", "a"}, {"c", "d"}, 4, "wrote later"},
      {"transactions out of order", kYes, kYes, {"a", "b"}, {"d", "c"}, 4, "wrote later"},
      {"made up", kYes, kYes, {"a", "b", "x"}, {"c", "d"}, 4, "nobody wrote"},
      {"in the wrong place", kYes, kYes, {"a", "b", "d"}, {"c"}, 4, "elsewhere"},
      {"an offset lost", kYes, kYes, {"a", "b"}, {"c", "d"}, 3, "comes of position 3"},
      {"an aborted offset", kYes, kNo, {"a", "b"}, {"c"}, 4, "nothing comes of position 3"},
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
  transfers.attempt({"p", 0, "g", 0, kLeft, "a"});
  transfers.end("p", 0, End::Committed);
  transfers.note_poll(kLeft, Offset{0}, Offset{5}, {{Offset{3}, "a"}});
  transfers.judge({{kLeft, {{Offset{3}, "a"}}}}, {});
  EXPECT_TRUE(history.contradictions.empty());
  transfers.note_poll(kLeft, Offset{3}, Offset{5}, {{Offset{3}, "b"}});
  EXPECT_EQ(history.contradictions.size(), 1U) << "one offset, two values";
  transfers.judge({{kLeft, {{Offset{4}, "a"}}}}, {});
  EXPECT_EQ(history.contradictions.size(), 2U) << "it moved";
}

TEST(Transfers, APollPassesNothingOver) {
  History history;
  Transfers transfers(history);
  const Content content{{kLeft, {{Offset{2}, "a"}, {Offset{4}, "b"}}}};
  transfers.attempt({"p", 0, "g", 0, kLeft, "a"});
  transfers.attempt({"p", 0, "g", 1, kLeft, "b"});
  transfers.end("p", 0, End::Committed);
  transfers.note_poll(kLeft, Offset{0}, Offset{2}, {});
  transfers.note_poll(kLeft, Offset{2}, Offset{6}, {{Offset{2}, "a"}, {Offset{4}, "b"}});
  transfers.judge(content, {});
  EXPECT_TRUE(history.contradictions.empty());
  transfers.note_poll(kLeft, Offset{1}, Offset{4}, {});
  transfers.judge(content, {});
  EXPECT_THAT(history.contradictions,
              testing::ElementsAre(testing::HasSubstr("was given 0 records of 1")));
}

TEST(Transfers, APollGoesForward) {
  History history;
  Transfers transfers(history);
  transfers.note_poll(kLeft, Offset{3}, Offset{6}, {{Offset{2}, "a"}});
  transfers.note_poll(kLeft, Offset{3}, Offset{6}, {{Offset{5}, "b"}, {Offset{4}, "c"}});
  EXPECT_EQ(history.contradictions.size(), 2U);
}

// Of two producers: what was committed first stands first, in every partition.
TEST(Transfers, StandInTheOrderOfTime) {
  History history;
  Transfers transfers(history);
  const Content content{{kLeft, {{Offset{0}, "b"}, {Offset{2}, "a"}}}};
  transfers.attempt({"p", 0, "g", 0, kLeft, "a"});
  transfers.attempt({"q", 0, "h", 0, kLeft, "b"});
  transfers.end("p", 0, End::Committed);
  transfers.end("q", 0, End::Committed);
  transfers.judge(content, {});
  EXPECT_TRUE(history.contradictions.empty()) << "they were open at the same time";

  Transfers one_by_one(history);
  one_by_one.attempt({"p", 0, "g", 0, kLeft, "a"});
  one_by_one.end("p", 0, End::Committed);
  one_by_one.attempt({"q", 0, "h", 0, kLeft, "b"});
  one_by_one.judge({{kLeft, {{Offset{0}, "a"}}}}, {});
  EXPECT_TRUE(history.contradictions.empty());
  one_by_one.end("q", 0, End::Committed);
  one_by_one.judge(content, {});
  EXPECT_THAT(history.contradictions, testing::ElementsAre(testing::HasSubstr("a behind b")));
}

TEST(Transfers, CyclesOfThoseAtOnceAreCounted) {
  History history;
  Transfers transfers(history);
  for (const char* producer : {"p", "q"}) {
    const std::string name = producer;
    transfers.attempt({name, 0, name, 0, kLeft, name + "-left"});
    transfers.attempt({name, 0, name, 1, kRight, name + "-right"});
  }
  transfers.end("p", 0, End::Committed);
  transfers.end("q", 0, End::Committed);
  transfers.judge({{kLeft, {{Offset{0}, "p-left"}, {Offset{1}, "q-left"}}},
                   {kRight, {{Offset{0}, "p-right"}, {Offset{1}, "q-right"}}}},
                  {});
  EXPECT_EQ(transfers.write_cycles(), 0U);
  transfers.judge({{kLeft, {{Offset{0}, "p-left"}, {Offset{1}, "q-left"}}},
                   {kRight, {{Offset{0}, "q-right"}, {Offset{1}, "p-right"}}}},
                  {});
  EXPECT_EQ(transfers.write_cycles(), 1U);
  EXPECT_TRUE(history.contradictions.empty());
}

}  // namespace
}  // namespace simulation
