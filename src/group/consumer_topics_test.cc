// What consumer groups subscribe to by regular expressions.
#include "group/consumer_test_support.h"

namespace group {
namespace {

TEST(ConsumerTopics, AreLookedForAgainAfterAWhile) {
  ConsumerStage stage;
  stage.set_topic("orders-eu", 1, 1);
  stage.join_by("a", "orders.*");
  stage.set_topic("orders-us", 2, 1, false);  // Nobody was told.
  stage.now.value += 599'999;
  EXPECT_EQ(stage.send({.id = "a", .epoch = 1}).epoch, Epoch{1});
  stage.now.value += 1;
  const ConsumerReply reply = stage.send({.id = "a", .epoch = 1});
  EXPECT_EQ(reply.epoch, Epoch{2});
  ASSERT_TRUE(reply.assignment);
  EXPECT_EQ(to_text(*reply.assignment), "1:0;2:0");
  const std::size_t written = stage.records.size();
  stage.now.value += 600'000;
  stage.send({.id = "a", .epoch = 2});
  EXPECT_EQ(stage.records.size(), written) << "nothing is new";
}

TEST(ConsumerTopics, AGroupHasSoManyRegularExpressionsAndNoMore) {
  ConsumerStage stage;
  stage.limits.consumer.most_regexes = 2;
  const auto error_of = [&](const char* id, const char* regex) {
    return stage.join_by(id, regex).error;
  };
  EXPECT_EQ(error_of("a", "a.*"), ErrorCode::None);
  EXPECT_EQ(error_of("b", "b.*"), ErrorCode::None);
  EXPECT_EQ(error_of("c", "c.*"), ErrorCode::InvalidRegularExpression);
  EXPECT_EQ(error_of("c", "a.*"), ErrorCode::None) << "one that the group has";
  EXPECT_EQ(error_of("b", "d.*"), ErrorCode::None) << "instead of b.*, which nobody else uses";
  EXPECT_EQ(error_of("a", "e.*"), ErrorCode::InvalidRegularExpression) << "c still uses a.*";
  stage.send({.id = "b", .epoch = -1});
  EXPECT_EQ(error_of("a", "e.*"), ErrorCode::None);
}

TEST(ConsumerTopics, KeepRegularExpressionsCompiledWhileTheyAreUsed) {
  ConsumerStage stage;
  stage.join_by("a", "a.*");
  stage.join_by("b", "b.*");
  stage.join_by("c", "b.*");
  EXPECT_EQ(stage.group()->passing.compiled.size(), 2U);
  stage.send({.id = "a", .epoch = -1});
  EXPECT_EQ(stage.group()->passing.compiled.size(), 1U);
  stage.restart();
  EXPECT_EQ(stage.group()->passing.compiled.size(), 1U);
}

}  // namespace
}  // namespace group
