#include "app/table.h"

#include <gtest/gtest.h>

namespace app {
namespace {

TEST(Table, AlignsColumnsAndPutsNumbersToTheRight) {
  Table table({{"TOPIC"}, {"RECORDS", Align::Right}, {"NOTE"}});
  table.add({"orders", "12", "x"});
  table.add({"p", "1,234,567", ""});
  EXPECT_EQ(table.text(false),
            "TOPIC     RECORDS  NOTE\n"
            "orders         12  x\n"
            "p       1,234,567\n");
}

TEST(Table, CountsCharactersNotBytes) {
  Table table({{"A"}, {"B"}});
  table.add({"größe", "1"});
  table.add({"12345", "2"});
  EXPECT_EQ(table.text(false), "A      B\ngröße  1\n12345  2\n");
}

TEST(Table, BoldTitlesOnATerminalOnly) {
  Table table(std::vector<Column>{{"A"}});
  EXPECT_EQ(table.text(true), "\033[1mA\033[0m\n");
  EXPECT_EQ(table.text(false), "A\n");
}

TEST(Table, NamesFromTheClusterCannotDriveTheTerminal) {
  Table table(std::vector<Column>{{"A"}});
  table.add({"\033[2Jx\ny"});
  EXPECT_EQ(table.text(false), "A\n?[2Jx?y\n");
}

TEST(Facts, AlignsValues) {
  Facts facts;
  facts.add("Topic", "orders");
  facts.add("Partitions", "3");
  EXPECT_EQ(facts.text(false), "Topic       orders\nPartitions  3\n");
}

}  // namespace
}  // namespace app
