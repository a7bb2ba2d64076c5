#include "group/pending.h"

#include <gtest/gtest.h>

#include "group/groups.h"

namespace group {
namespace {

const GroupId kGroup{"audit"};
const TopicPartition kPart{TopicName{"orders"}, PartitionIndex{0}};

OffsetStored stored(std::int64_t offset, std::int32_t partition = 0) {
  return {kGroup, {kPart.topic, PartitionIndex{partition}}, {.offset = Offset{offset}}};
}

// "1+5" producer 1 says offset 5; "1!" it commits; "1x" it aborts; "=7" a commit without a
// transaction; "-" the offset is dropped. Each with its own time in the log.
Groups play(const std::vector<std::string>& script) {
  Groups groups;
  for (const std::string& line : script) {
    const ProducerId producer{line[0] - '0'};
    if (line[0] == '=') {
      apply(groups, stored(std::stoll(line.substr(1))));
    } else if (line[0] == '-') {
      apply(groups, OffsetDropped{kGroup, kPart});
    } else if (line[1] == '+') {
      groups.pending.add(producer, stored(std::stoll(line.substr(2))));
    } else {
      end_transaction(groups, producer, line[1] == '!');
    }
  }
  return groups;
}

std::int64_t committed(const Groups& groups) {
  const Group* group = groups.find(kGroup);
  const Committed* found = group ? find_offset(*group, kPart) : nullptr;
  return found ? found->offset.value : -1;
}

TEST(PendingOffsets, CountFromTheCommitOn) {
  struct Row {
    const char* why;
    std::vector<std::string> script;
    std::int64_t committed;
  };
  const Row rows[] = {
      {"open", {"=3", "1+5"}, 3},
      {"committed", {"=3", "1+5", "1!"}, 5},
      {"aborted", {"=3", "1+5", "1x"}, 3},
      {"the last that was said", {"1+5", "1+6", "1!"}, 6},
      {"another's end", {"1+5", "2!"}, -1},
      {"ended twice", {"1+5", "1!", "=9", "1!"}, 9},
      {"a later commit is not taken back", {"1+5", "=9", "1!"}, 9},
      {"nor a later transaction's, that ended first", {"1+5", "2+8", "2!", "1!"}, 8},
      {"but one that was said later counts", {"2+8", "1+5", "2!", "1!"}, 5},
      {"an aborted one overrules nothing", {"1+5", "2+8", "2x", "1!"}, 5},
      {"nor one that is open", {"1+5", "2+8", "1!"}, 5},
      {"what is dropped stays so", {"=3", "1+5", "-", "1!"}, -1},
  };
  for (const Row& row : rows) EXPECT_EQ(committed(play(row.script)), row.committed) << row.why;
}

TEST(PendingOffsets, KnowWhatTheyHold) {
  Groups groups = play({"1+5"});
  groups.pending.add(ProducerId{2}, stored(1, 3));
  EXPECT_TRUE(groups.pending.holds(kGroup));
  EXPECT_TRUE(groups.pending.holds(kGroup, kPart));
  EXPECT_FALSE(groups.pending.holds(GroupId{"other"}));
  EXPECT_FALSE(groups.pending.holds(kGroup, {kPart.topic, PartitionIndex{1}}));
  EXPECT_EQ(end_transaction(groups, ProducerId{1}, true), std::set<GroupId>{kGroup});
  EXPECT_FALSE(groups.pending.holds(kGroup, kPart));
  EXPECT_TRUE(groups.pending.holds(kGroup));
  EXPECT_EQ(end_transaction(groups, ProducerId{2}, false), std::set<GroupId>{});
  EXPECT_TRUE(groups.pending.empty());
}

}  // namespace
}  // namespace group
