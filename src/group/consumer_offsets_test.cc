// The offsets of consumer groups: who may commit and read them, and how long they are kept.
#include "group/consumer_test_support.h"

namespace group {
namespace {

constexpr std::int64_t kDay = 24LL * 3600 * 1000;

TEST(ConsumerOffsets, AreForMembersInTheirEpoch) {
  ConsumerStage stage;
  stage.join("a");
  stage.join("b");
  stage.send({.id = "a", .epoch = 1});
  struct Row {
    const char* why;
    const char* member;
    int epoch;
    bool knows_epochs;
    ErrorCode code;
  };
  const Row rows[] = {
      {"a member", "a", 2, true, ErrorCode::None},
      {"an older epoch", "a", 1, true, ErrorCode::StaleMemberEpoch},
      {"a stranger", "x", 2, true, ErrorCode::UnknownMemberId},
      {"from outside, while there are members", "", -1, true, ErrorCode::UnknownMemberId},
      {"a client that knows no epochs", "a", 2, false, ErrorCode::UnsupportedVersion},
  };
  for (const Row& row : rows) {
    const Commit commit{.group = stage.id,
                        .who = {.member = MemberId{row.member}},
                        .generation = Generation{row.epoch},
                        .knows_epochs = row.knows_epochs};
    const auto outcome = decide_commit(stage.groups, commit, {});
    EXPECT_EQ(outcome ? ErrorCode::None : outcome.error().code, row.code) << row.why;
  }
  const Group& group = *stage.groups.find(stage.id);
  EXPECT_FALSE(refuse_fetch(group, MemberId{""}, Epoch{-1})) << "anybody may look";
  EXPECT_EQ(refuse_fetch(group, MemberId{"a"}, Epoch{1}), ErrorCode::StaleMemberEpoch);
  EXPECT_EQ(refuse_fetch(group, MemberId{"x"}, Epoch{1}), ErrorCode::UnknownMemberId);
}

TEST(ConsumerOffsets, AreKeptFromWhenTheGroupBecameEmpty) {
  ConsumerStage stage;
  stage.set_topic("orders", 1, 1);
  stage.now = Timestamp{kDay};
  stage.join("a");
  const TopicPartition partition{TopicName{"orders"}, PartitionIndex{0}};
  apply(stage.groups,
        OffsetStored{stage.id, partition, {.offset = Offset{5}, .at = Timestamp{kDay}}});
  // It read nothing for a month, and then was stopped: to be moved to another machine, perhaps.
  stage.now = Timestamp{30 * kDay};
  stage.send({.id = "a", .epoch = -1});
  const auto expired = [&](std::int64_t day) {
    return decide_expiry(*stage.groups.find(stage.id), stage.limits, Timestamp{day * kDay}).size();
  };
  EXPECT_EQ(expired(36), 0U);
  EXPECT_GT(expired(37), 0U);
}

}  // namespace
}  // namespace group
