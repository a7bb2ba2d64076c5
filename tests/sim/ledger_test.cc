#include "ledger.h"

#include <gtest/gtest.h>

namespace simulation {
namespace {

class LedgerTest : public ::testing::Test {
 protected:
  std::string said() const {
    return history_.contradictions.empty() ? "" : history_.contradictions.back();
  }
  void commit(const char* member, int generation, std::int64_t offset) {
    ledger_.acknowledge(ledger_.send(member, generation, 0, Offset{offset}));
  }
  History history_;
  Ledger ledger_{history_};
};

TEST_F(LedgerTest, APartitionHasOneOwnerInAGeneration) {
  ledger_.own("a", 1, {0, 1});
  ledger_.own("a", 1, {0, 1});
  ledger_.own("b", 2, {0});
  EXPECT_EQ(said(), "");
  ledger_.own("c", 2, {0});
  EXPECT_EQ(said(), "partition 0 is owned by b and by c in generation 2");
}

TEST_F(LedgerTest, EveryPartitionWantsAnOwner) {
  EXPECT_EQ(ledger_.unowned(2), (std::vector<int>{0, 1}));
  ledger_.own("a", 1, {0, 1});
  EXPECT_TRUE(ledger_.unowned(2).empty());
  ledger_.own("b", 2, {1});
  EXPECT_EQ(ledger_.unowned(2), (std::vector<int>{0})) << "a has not heard of generation 2";
  ledger_.own("a", 2, {0});
  EXPECT_TRUE(ledger_.unowned(2).empty());
  ledger_.let_go("b");
  EXPECT_EQ(ledger_.unowned(2), (std::vector<int>{1}));
}

TEST_F(LedgerTest, WhoIsFencedCannotCommit) {
  ledger_.own("a", 1, {0});
  const SentCommit early = ledger_.send("a", 1, 0, Offset{5});
  ledger_.own("b", 2, {0});
  ledger_.acknowledge(early);
  EXPECT_EQ(said(), "") << "the answer came late";
  commit("a", 1, 6);
  EXPECT_EQ(said(),
            "a committed for partition 0 in generation 1, when it was owned in generation 2");
}

TEST_F(LedgerTest, WhatWasAcknowledgedIsThere) {
  commit("a", 1, 5);
  ledger_.read_back(0, ledger_.floor(0), Offset{5});
  ledger_.send("a", 1, 0, Offset{9});
  ledger_.read_back(0, ledger_.floor(0), Offset{9});
  EXPECT_EQ(said(), "") << "its answer got lost";
  ledger_.read_back(0, ledger_.floor(0), Offset{4});
  EXPECT_EQ(said(), "the group committed 5 for partition 0 and reads back 4");
}

TEST_F(LedgerTest, WhatIsInDoubtMayComeLateUntilItsGenerationIsOver) {
  ledger_.send("a", 1, 0, Offset{5});
  commit("a", 1, 6);
  ledger_.read_back(0, ledger_.floor(0), Offset{5});
  EXPECT_EQ(said(), "") << "of one generation the older may arrive last";
  commit("b", 2, 7);
  ledger_.read_back(0, ledger_.floor(0), Offset{5});
  EXPECT_NE(said(), "");
}

}  // namespace
}  // namespace simulation
