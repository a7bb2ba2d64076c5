// What a consumer group makes of a log that does not tell all of it: cut off by another broker's
// end, or taken over from a coordinator that wrote it in another order.
#include "group/consumer_test_support.h"

namespace group {
namespace {

const MemberId kA{"a"};
const MemberId kB{"b"};

// "orders" with four partitions, of which a and b have two each, in epoch 2.
class Settled : public ConsumerStage {
 public:
  Settled() {
    set_topic("orders", 1, 4);
    join("a");
    join("b");
    come_to_rest();
  }
  void log(ConsumerChange change) { records.emplace_back(ConsumerRecord{id, std::move(change)}); }

  // Each member says that it has let go of what it is not to have, and hears of the rest.
  void come_to_rest() {
    for (int round = 0; round < 8; ++round) {
      for (const MemberId& member : {kA, kB}) {
        const Holding holding = group()->find(member)->holding;
        const ConsumerReply reply = send(
            {.id = member.value, .epoch = holding.epoch.value, .owned = to_text(holding.assigned)});
        ASSERT_EQ(reply.error, ErrorCode::None) << reply.message;
      }
    }
  }
};

TEST(ConsumerResume, MendsWhatALogHasLeftOut) {
  struct Row {
    const char* why;
    void (*spoil)(Settled& stage);
  };
  const Row rows[] = {
      {"a target is missing",
       [](Settled& stage) {
         std::erase_if(stage.records, [](const Record& record) {
           const auto* consumer = std::get_if<ConsumerRecord>(&record);
           const auto* set = consumer ? std::get_if<TargetSet>(&consumer->change) : nullptr;
           return set && set->member == kA;
         });
       }},
      {"a target is for a later epoch than the group's",
       [](Settled& stage) { stage.log(TargetEpochSet{Epoch{9}}); }},
      {"a member is in a later epoch than the group",
       [](Settled& stage) {
         Holding holding = stage.group()->find(kA)->holding;
         holding.epoch = Epoch{12};
         stage.log(HoldingSet{kA, holding});
       }},
      {"a partition is in two targets",
       [](Settled& stage) {
         const Assigned both = together(stage.group()->target_of(kA), stage.group()->target_of(kB));
         stage.log(TargetSet{kB, both});
       }},
      {"a target is of a member that is not there",
       [](Settled& stage) {
         stage.log(TargetSet{MemberId{"ghost"}, stage.group()->target_of(kA)});
         stage.log(TargetSet{kA, Assigned{}});
       }},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.why);
    Settled stage;
    row.spoil(stage);
    stage.restart();
    stage.come_to_rest();
    const Consumer& group = *stage.group();
    EXPECT_EQ(group.state(), ConsumerState::Stable);
    EXPECT_EQ(group.target.size(), 2U);
    const Assigned all =
        together(group.find(kA)->holding.assigned, group.find(kB)->holding.assigned);
    EXPECT_EQ(to_text(all), "1:0,1,2,3") << "every partition has an owner";
  }
}

TEST(ConsumerResume, AnEmptyGroupTakesMembersAfterALogThatMakesNoSense) {
  ConsumerStage stage;
  stage.set_topic("orders", 1, 2);
  stage.join("a");
  stage.send({.id = "a", .epoch = -1});
  stage.records.emplace_back(ConsumerRecord{stage.id, TargetEpochSet{Epoch{9}}});
  stage.restart();
  const ConsumerReply joined = stage.join("b");
  ASSERT_TRUE(joined.assignment);
  EXPECT_EQ(to_text(*joined.assignment), "1:0,1");
}

TEST(ConsumerResume, WritesNothingWhereAllIsWell) {
  Settled stage;
  const std::size_t written = stage.records.size();
  stage.restart();
  EXPECT_EQ(stage.records.size(), written);
}

}  // namespace
}  // namespace group
