#include "app/commands/common.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Settings, AreNamesAndValues) {
  const auto settings = parse_settings({"a=1", "b=", "c=x=y"}, "--config");
  ASSERT_TRUE(settings);
  ASSERT_EQ(settings->size(), 3U);
  EXPECT_EQ((*settings)[1].value, "");
  EXPECT_EQ((*settings)[2].name, "c");
  EXPECT_EQ((*settings)[2].value, "x=y");
  for (const char* bad : {"a", "=1", ""}) {
    const auto refused = parse_settings({"fine=1", bad}, "--config");
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().exit, kUsage) << bad;
    EXPECT_THAT(refused.error().line, HasSubstr("--config")) << bad;
  }
}

client::ConfigEntry config(std::string name, std::string value) {
  client::ConfigEntry entry;
  entry.name = std::move(name);
  entry.value = std::move(value);
  return entry;
}

TEST(Durability, WarnsOfWhatLosesRecords) {
  struct Row {
    const char* why;
    std::size_t replicas;
    client::ConfigEntry config;
    const char* warning;  // Empty: none.
  };
  const Row rows[] = {
      {"one replica is enough of three", 3, config("min.insync.replicas", "1"),
       "min.insync.replicas=1"},
      {"of one there is no other choice", 1, config("min.insync.replicas", "1"), ""},
      {"two of three is right", 3, config("min.insync.replicas", "2"), ""},
      {"a lagging leader", 1, config("unclean.leader.election.enable", "true"), "unclean.leader"},
      {"no lagging leader", 1, config("unclean.leader.election.enable", "false"), ""},
  };
  for (const Row& row : rows) {
    const auto warnings = durability_warnings(row.replicas, std::vector{row.config});
    if (*row.warning == '\0') {
      EXPECT_THAT(warnings, IsEmpty()) << row.why;
    } else {
      EXPECT_THAT(warnings, ElementsAre(HasSubstr(row.warning))) << row.why;
    }
  }
  const std::vector compacted = {config("cleanup.policy", "compact"),
                                 config("delete.retention.ms", "0")};
  EXPECT_THAT(durability_warnings(1, compacted), ElementsAre(HasSubstr("delete.retention.ms")));
}

TEST(Bootstrap, IsAListOfAddresses) {
  const auto addresses = parse_bootstrap("a:1,b,[::1]:3,127.0.0.1:4");
  ASSERT_TRUE(addresses);
  EXPECT_THAT(*addresses, ElementsAre(env::Address{"a", 1}, env::Address{"b", 9092},
                                      env::Address{"::1", 3}, env::Address{"127.0.0.1", 4}));
  for (const char* bad : {"", ",", "a:", "a:x", "a:99999"})
    EXPECT_FALSE(parse_bootstrap(bad)) << bad;
}

// The whole tree: each command can be found, explains itself, and has an example.
TEST(AllCommands, ExplainThemselves) {
  const Tree tree = all_commands();
  std::vector<const CLI::App*> open = {&tree.root()};
  int leaves = 0;
  while (!open.empty()) {
    const CLI::App* command = open.back();
    open.pop_back();
    const auto inner = shown_commands(tree, *command);
    open.insert(open.end(), inner.begin(), inner.end());
    if (!inner.empty()) continue;
    ++leaves;
    EXPECT_FALSE(tree.words(*command).summary.empty()) << full_name(*command);
    EXPECT_FALSE(tree.words(*command).examples.empty()) << full_name(*command);
    for (const CLI::Option* option : command->get_options()) {
      EXPECT_FALSE(option->get_description().empty())
          << full_name(*command) << " " << option->get_name();
    }
  }
  EXPECT_GT(leaves, 20);
}

}  // namespace
}  // namespace app
