#include "share_book.h"

#include <gtest/gtest.h>

namespace simulation {
namespace {

class ShareBookTest : public ::testing::Test {
 protected:
  std::string said() const {
    return history_.contradictions.empty() ? "" : history_.contradictions.back();
  }
  void give(const char* member, std::int64_t offset, int count = 1) {
    book_.give(member, book_.now(), 0, Offset{offset}, count);
  }
  SentVerdicts send(const char* member, std::int64_t offset, Verdict verdict = Verdict::Accept) {
    return book_.send(member, 0, {{Offset{offset}, verdict}});
  }

  History history_;
  ShareBook book_{history_};
};

TEST_F(ShareBookTest, WhatIsSettledIsGivenToNobody) {
  give("a", 1);
  book_.take(send("a", 1, Verdict::Release));
  give("b", 1, 2);
  const std::uint64_t early = book_.now();
  book_.take(send("b", 1));
  book_.give("c", early, 0, Offset{1}, 2);
  EXPECT_EQ(said(), "") << "c was given it before, and the answer came late";
  give("c", 1, 3);
  EXPECT_EQ(said(), "record 1 of partition 0 is given to c, and was settled by b");
}

TEST_F(ShareBookTest, OnlyWhoHasARecordMaySettleIt) {
  give("a", 1);
  give("b", 1, 2);
  book_.refuse(send("a", 1));
  EXPECT_EQ(said(), "");
  book_.take(send("a", 1));
  EXPECT_EQ(said(), "a has its word on record 1 of partition 0, which was given to b since");
}

TEST_F(ShareBookTest, WhoWasGivenItLastIsNotAlwaysKnown) {
  const std::uint64_t early = book_.now();
  give("a", 1);
  book_.give("b", early, 0, Offset{1}, 1);
  book_.take(send("a", 1));
  EXPECT_EQ(said(), "");
}

TEST_F(ShareBookTest, NobodySettlesARecordAgainUnlessAllBeforeAreDone) {
  give("a", 1);
  book_.take(send("a", 1));
  book_.take(send("b", 1));
  EXPECT_EQ(said(), "b has its word on record 1 of partition 0, which was settled by a");
  give("a", 0);
  book_.take(send("a", 0));
  history_.contradictions.clear();
  book_.take(send("b", 1));
  EXPECT_EQ(said(), "") << "the group begins behind it";
}

TEST_F(ShareBookTest, AnswersToAReleaseMayComeLate) {
  give("a", 1);
  const SentVerdicts sent = send("a", 1, Verdict::Release);
  give("b", 1, 2);
  book_.take(send("b", 1));
  book_.take(sent);
  EXPECT_EQ(said(), "");
  book_.take(send("a", 1, Verdict::Release));
  EXPECT_EQ(said(), "a has its word on record 1 of partition 0, which was settled by b");
}

TEST_F(ShareBookTest, DeliveriesHaveALimit) {
  give("a", 1, kDeliveryLimit);
  EXPECT_EQ(said(), "");
  give("a", 1, kDeliveryLimit + 1);
  EXPECT_EQ(said(), "record 1 of partition 0 is given out for the 6th time");
}

TEST_F(ShareBookTest, TellsWhatMayBeDone) {
  EXPECT_FALSE(book_.may_be_done(0, Offset{1})) << "never seen";
  give("a", 1);
  const SentVerdicts sent = send("a", 1, Verdict::Reject);
  EXPECT_TRUE(book_.may_be_done(0, Offset{1})) << "the answer may be lost";
  book_.refuse(sent);
  EXPECT_FALSE(book_.may_be_done(0, Offset{1}));
  book_.take(send("a", 1, Verdict::Release));
  EXPECT_FALSE(book_.may_be_done(0, Offset{1}));
  give("a", 1, kDeliveryLimit - 2);
  EXPECT_TRUE(book_.may_be_done(0, Offset{1})) << "it may have been given up";
}

}  // namespace
}  // namespace simulation
