#include "app/group_forecast.h"

#include <gtest/gtest.h>

namespace app {
namespace {

const TopicName kOrders{"orders"};

client::TopicInfo topic(int partitions) {
  client::TopicInfo made;
  made.name = kOrders;
  for (int i = 0; i < partitions; ++i) made.partitions.emplace_back().index = PartitionIndex{i};
  return made;
}

client::GroupMember member(const char* name, std::vector<int> partitions) {
  client::GroupMember made{.id = MemberId{name}, .topics = {kOrders}};
  for (const int index : partitions) made.assignment.push_back({kOrders, PartitionIndex{index}});
  return made;
}

client::GroupInfo group(const char* type, std::vector<client::GroupMember> members) {
  return {.id = GroupId{"billing"}, .type = type, .members = std::move(members)};
}

// "0: a -> new-1, 3: b -> -".
std::string moves(const Forecast& forecast) {
  std::string text;
  for (const ForecastMove& move : forecast.moves) {
    text += (text.empty() ? "" : ", ") + std::to_string(move.partition.partition.value) + ": " +
            (move.from ? move.from->value : "-") + " -> " + (move.to ? move.to->value : "-");
  }
  return text;
}

TEST(GroupForecast, SaysWhatMoves) {
  struct Row {
    const char* why;
    client::GroupInfo group;
    const char* assignor;
    Scenario scenario;
    const char* moves;
  };
  const auto even = [](const char* type) {
    return group(type, {member("a", {0, 1}), member("b", {2, 3})});
  };
  const Row rows[] = {
      {"nothing changes", even("consumer"), "uniform", {}, ""},
      {"classic range, whose order is that of names", even("classic"), "range", {}, ""},
      {"one goes: what it had",
       even("consumer"),
       "uniform",
       {.without = {MemberId{"b"}}},
       "2: b -> a, 3: b -> a"},
      {"all go: nobody reads any",
       even("consumer"),
       "uniform",
       {.go = 2},
       "0: a -> -, 1: a -> -, 2: b -> -, 3: b -> -"},
      {"round robin moves what it need not",
       even("classic"),
       "roundrobin",
       {},
       "1: a -> b, 2: b -> a"},
      {"what nobody reads is given out",
       group("consumer", {member("a", {0, 1}), member("b", {2})}),
       "uniform",
       {},
       "3: - -> b"},
  };
  for (const Row& row : rows) {
    const auto result = forecast(row.group, {topic(4)}, {}, row.assignor, row.scenario);
    ASSERT_TRUE(result.has_value()) << row.why;
    EXPECT_EQ(moves(*result), row.moves) << row.why;
    EXPECT_EQ(result->partitions, 4U) << row.why;
  }
}

TEST(GroupForecast, NewcomersGetTheirShareAndNoMore) {
  const auto before = group("consumer", {member("a", {0, 1, 2, 3}), member("b", {4, 5, 6, 7})});
  const auto result = forecast(before, {topic(8)}, {}, "uniform", {.come = 2});
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->moves.size(), 4U);
  EXPECT_EQ(result->came.size(), 2U);
  for (const auto& [id, count] : result->after) EXPECT_EQ(count, 2U) << id.value;
  for (const ForecastMove& move : result->moves) EXPECT_TRUE(move.to->value.starts_with("new-"));
}

TEST(GroupForecast, WhoGoesWithoutANameIsTheOneWithMost) {
  const auto before = group("consumer", {member("a", {0}), member("b", {1, 2, 3})});
  const auto result = forecast(before, {topic(4)}, {}, "uniform", {.go = 1});
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->gone, (std::vector{MemberId{"b"}}));
  EXPECT_EQ(result->moves.size(), 3U);
}

TEST(GroupForecast, RefusesWhatCannotBe) {
  const auto some = group("consumer", {member("a", {0})});
  EXPECT_FALSE(forecast(some, {topic(1)}, {}, "best", {}));
  EXPECT_FALSE(forecast(some, {topic(1)}, {}, "uniform", {.go = 2}));
  EXPECT_TRUE(forecast(some, {}, {}, "uniform", {.come = 1})) << "its topic is gone";
}

}  // namespace
}  // namespace app
