// The checks themselves: each kind of fault, planted in a history, is found.
#include "history.h"

#include <gtest/gtest.h>

namespace simulation {
namespace {

const TopicPartition kPlace{TopicName{"orders"}, PartitionIndex{0}};

struct Row {
  const char* why;
  std::vector<std::pair<int, std::string>> content;
  std::vector<std::pair<int, std::string>> acked;
  std::vector<std::pair<int, std::string>> read;
  std::size_t faults;
};

TEST(History, FindsWhatIsWrong) {
  const Row rows[] = {
      {"all is well", {{0, "a:0"}, {1, "a:1"}}, {{0, "a:0"}}, {{1, "a:1"}}, 0},
      {"sent and stored without an answer is fine", {{0, "a:0"}}, {}, {}, 0},
      {"an acknowledged record is lost", {}, {{0, "a:0"}}, {}, 1},
      {"an acknowledged record is another now", {{0, "b:0"}}, {{0, "a:0"}}, {}, 1},
      {"a record that was read is gone", {}, {}, {{0, "a:0"}}, 1},
      {"a batch was stored twice", {{0, "a:0"}, {1, "a:0"}}, {}, {}, 2},
      {"a producer's records changed places", {{0, "a:1"}, {1, "a:0"}}, {}, {}, 1},
      {"an offset is missing", {{0, "a:0"}, {2, "a:1"}}, {}, {}, 1},
      {"a record that nobody sent", {{0, "z:9"}}, {}, {}, 1},
  };
  for (const Row& row : rows) {
    History history;
    history.attempted = {"a:0", "a:1", "b:0"};
    for (const auto& [offset, value] : row.acked) {
      history.acked.push_back({kPlace, Offset{offset}, value});
    }
    for (const auto& [offset, value] : row.read) history.note_read(kPlace, Offset{offset}, value);
    Content content;
    auto& records = content[kPlace];
    for (const auto& [offset, value] : row.content) records.emplace_back(Offset{offset}, value);
    EXPECT_EQ(faults(history, content).size(), row.faults) << row.why;
  }
}

TEST(History, AnOffsetShowsOneValueOnly) {
  History history;
  history.note_read(kPlace, Offset{0}, "a:0");
  history.note_read(kPlace, Offset{0}, "a:0");
  EXPECT_TRUE(history.contradictions.empty());
  history.note_read(kPlace, Offset{0}, "b:0");
  EXPECT_EQ(history.contradictions.size(), 1U);
}

TEST(History, DamageCountsBelowWhatWasPromised) {
  History history;
  history.attempted = {"a:0"};
  history.note_damage(kPlace, Offset{0});
  EXPECT_TRUE(history.contradictions.empty()) << "nothing was promised yet";
  history.note_acked(kPlace, Offset{4}, "a:0");
  history.note_damage(kPlace, Offset{5});
  EXPECT_TRUE(history.contradictions.empty()) << "it lies behind what was acknowledged";
  history.note_damage(kPlace, Offset{4});
  EXPECT_EQ(history.contradictions.size(), 1U);
}

}  // namespace
}  // namespace simulation
