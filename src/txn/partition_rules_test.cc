// What a partition takes of a transaction's batches and markers, and from whom.
#include <gtest/gtest.h>

#include "txn/producers.h"

namespace txn {
namespace {

constexpr ProducerId kId{9};
constexpr ProducerId kOther{10};

struct Asked {
  std::int32_t lowest = 0;
  bool epoch_per_transaction = false;
};

BatchFacts batch(std::int16_t epoch, std::int32_t first, bool transactional = true) {
  return {.producer = kId,
          .epoch = ProducerEpoch{epoch},
          .first = Sequence{first},
          .last = Sequence{first},
          .timestamp = Timestamp{1000},
          .transactional = transactional};
}

std::string to_text(const Result<Verdict>& verdict) {
  if (!verdict) return "error " + std::to_string(static_cast<int>(verdict.error().code));
  return std::holds_alternative<Append>(*verdict) ? "append" : "duplicate";
}

void begin(Producers& producers, ProducerId id, std::int16_t epoch, std::int64_t at) {
  BatchFacts facts = batch(epoch, 0);
  facts.producer = id;
  apply(producers, AppendedBatch{.facts = facts, .first = Offset{at}, .last = Offset{at}});
}

AppendedMarker marker(std::int16_t epoch, std::int64_t at, Outcome outcome = Outcome::Commit) {
  return {.producer = kId,
          .epoch = ProducerEpoch{epoch},
          .coordinator_epoch = 5,
          .outcome = outcome,
          .offset = Offset{at}};
}

Permit permit() { return TransactionGuards().begin(kId).permit().value(); }

TEST(TransactionsOnAPartition, BeginWithAGuardThatIsStillGood) {
  const Guard good{7};
  const Verification asked{.guard = good, .epoch = ProducerEpoch{2}, .lowest = Sequence{0}};
  struct Row {
    const char* why;
    BatchFacts next;
    Admission by;
    const char* verdict;
  };
  const Bringer coordinator = Coordinator{permit()};
  const Row rows[] = {
      {"its coordinator was asked", batch(2, 0), {Client{good}, &asked}, "append"},
      {"nobody asked", batch(2, 0), {}, "error 48"},
      {"somebody asked, but not for this", batch(2, 0), {Client{}, &asked}, "error 48"},
      {"what was asked for has ended", batch(2, 0), {Client{good}}, "error 48"},
      {"it ended, and another asks now", batch(2, 0), {Client{Guard{6}}, &asked}, "error 48"},
      {"plain batches need none", batch(2, 0, false), {}, "append"},
      {"a coordinator that asked", batch(2, -1), {coordinator}, "append"},
      {"a client has to count", batch(2, -1), {Client{good}, &asked}, "error 87"},
      {"nobody goes without an epoch", batch(-1, -1), {coordinator}, "error 87"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(to_text(check(Producers(), row.next, row.by)), row.verdict) << row.why;
  }
}

TEST(TransactionsOnAPartition, GoOnWithoutOne) {
  struct Row {
    const char* why;
    BatchFacts next;
    Bringer by;
    const char* verdict;
  };
  // Each row starts from a transaction of epoch 2 whose first batch had sequence 0.
  const Bringer coordinator = Coordinator{permit()};
  const Row rows[] = {
      {"the next batch", batch(2, 1), Client{}, "append"},
      {"the first again", batch(2, 0), Client{}, "duplicate"},
      {"a gap", batch(2, 2), Client{}, "error 45"},
      {"a plain batch within", batch(2, 1, false), Client{}, "error 48"},
      {"a later epoch has to ask anew", batch(3, 0), Client{}, "error 48"},
      {"an earlier epoch has nothing open", batch(1, 0), Client{}, "error 48"},
      {"an earlier epoch's plain batch", batch(1, 0, false), Client{}, "error 47"},
      {"a coordinator does not count", batch(2, -1), coordinator, "append"},
      {"but it has an epoch", batch(1, -1), coordinator, "error 47"},
  };
  for (const Row& row : rows) {
    Producers producers;
    begin(producers, kId, 2, 40);
    EXPECT_EQ(to_text(check(producers, row.next, {.by = row.by})), row.verdict) << row.why;
  }
}

TEST(TransactionsOnAPartition, OfAnUnknownProducerBeginAtZeroWhereEachHasItsEpoch) {
  struct Row {
    const char* why;
    std::int32_t first;
    Asked asked;
    const char* verdict;
  };
  const Row rows[] = {
      {"it may have expired here", 70, {70, false}, "append"},
      {"then it would not count on", 70, {70, true}, "error 45"},
      {"it begins anew", 0, {0, true}, "append"},
      {"one before it has asked too", 71, {70, false}, "error 45"},
      {"it is the one before", 70, {70, false}, "append"},
  };
  for (const Row& row : rows) {
    const Verification asked{.guard = Guard{1},
                             .epoch = ProducerEpoch{2},
                             .lowest = Sequence{row.asked.lowest},
                             .epoch_per_transaction = row.asked.epoch_per_transaction};
    const auto verdict =
        check(Producers(), batch(2, row.first), {.by = Client{Guard{1}}, .verification = &asked});
    EXPECT_EQ(to_text(verdict), row.verdict) << row.why;
  }
}

TEST(TransactionsOnAPartition, AreNothingToWhoAsksWithAnotherEpoch) {
  Producers producers;
  begin(producers, kId, 2, 40);
  for (const std::int16_t epoch : {std::int16_t{1}, std::int16_t{3}}) {
    const Verification zombie{
        .guard = Guard{1}, .epoch = ProducerEpoch{epoch}, .lowest = Sequence{0}};
    EXPECT_EQ(to_text(check(producers, batch(2, 1), {.verification = &zombie})), "append") << epoch;
  }
}

TEST(TransactionsOnAPartition, AreEndedByMarkersOfTheirCoordinatorOnly) {
  struct Row {
    const char* why;
    bool open;
    Marker next;
    ErrorCode refusal;
  };
  const auto of = [](std::int16_t epoch, std::int32_t coordinator, std::int16_t version) {
    return Marker{.producer = kId,
                  .epoch = ProducerEpoch{epoch},
                  .coordinator_epoch = coordinator,
                  .transaction_version = version};
  };
  // Each row starts from epoch 2, known to a coordinator of epoch 5.
  using enum ErrorCode;
  const Row rows[] = {
      {"the transaction's own epoch", true, of(2, 5, 1), None},
      {"an older one", true, of(1, 5, 1), InvalidProducerEpoch},
      {"a fenced producer's: a newer epoch", true, of(3, 5, 1), None},
      {"a newer coordinator", true, of(2, 6, 1), None},
      {"an older coordinator", true, of(2, 4, 1), TransactionCoordinatorFenced},
      {"an older producer is told first", true, of(1, 4, 1), InvalidProducerEpoch},
      {"nothing is open, and nothing is lost", false, of(2, 5, 1), None},
      {"version 2: the epoch after it", true, of(3, 5, 2), None},
      {"version 2: a late marker of the transaction before", true, of(2, 5, 2),
       InvalidProducerEpoch},
      {"version 2: the same marker once more", false, of(2, 5, 2), None},
      {"version 2: an older one", false, of(1, 5, 2), InvalidProducerEpoch},
      {"a marker without an epoch", true, of(-1, 5, 1), InvalidRequest},
  };
  for (const Row& row : rows) {
    Producers producers;
    apply(producers, marker(2, 10));
    if (row.open) begin(producers, kId, 2, 40);
    const Result<void> verdict = check(producers, row.next);
    EXPECT_EQ(verdict ? None : verdict.error().code, row.refusal) << row.why;
  }
  EXPECT_TRUE(check(Producers(), of(2, 5, 2))) << "of a producer that is not known here";
}

TEST(TransactionsOnAPartition, TellWhereTheyWereAndWhatIsStableThen) {
  Producers producers;
  begin(producers, kId, 0, 40);
  begin(producers, kOther, 0, 41);
  EXPECT_EQ(producers.first_open(), Offset{40});
  const AppendedMarker aborts = marker(1, 42, Outcome::Abort);
  const Ended expected{.producer = kId,
                       .first = Offset{40},
                       .marker = Offset{42},
                       .last_stable = Offset{41},
                       .outcome = Outcome::Abort};
  EXPECT_EQ(ends(producers, aborts), expected);
  EXPECT_EQ(producers.first_open(), Offset{40}) << "so far it was only asked";
  EXPECT_EQ(apply(producers, aborts), expected);
  EXPECT_EQ(producers.first_open(), Offset{41});
  EXPECT_FALSE(apply(producers, aborts)) << "it has ended already";
  EXPECT_FALSE(producers.has_open(kId, ProducerEpoch{1}));
  EXPECT_TRUE(producers.has_open(kOther, ProducerEpoch{0}));
}

TEST(TransactionGuards, PermitNothingOnceTheTransactionHasEnded) {
  TransactionGuards guards;
  const auto before = guards.begin(kId);
  const auto beside = guards.begin(ProducerId{kId.value + 1});
  EXPECT_TRUE(before.permit());
  guards.end(kId);
  EXPECT_FALSE(before.permit());
  EXPECT_TRUE(beside.permit()) << "of another producer";
  EXPECT_TRUE(guards.begin(kId).permit()) << "asked again";
  EXPECT_FALSE(before.permit());
}

TEST(Verifications, GiveAGuardToThoseOfOneProducerTogether) {
  Verifications verifications;
  const auto ask = [&](std::int64_t id, std::int16_t epoch, std::int32_t first) {
    return verifications.begin(
        {.producer = ProducerId{id}, .epoch = ProducerEpoch{epoch}, .first = Sequence{first}},
        Timestamp{1000});
  };
  const auto lowest = [&] { return verifications.find(ProducerId{1})->lowest; };
  const Guard first = ask(1, 0, 8);
  EXPECT_NE(first, kNoGuard);
  EXPECT_EQ(ask(1, 0, 9), first);
  EXPECT_EQ(lowest(), Sequence{8});
  EXPECT_EQ(ask(1, 0, 7), first);
  EXPECT_EQ(lowest(), Sequence{7}) << "an earlier one came late";
  EXPECT_EQ(ask(1, 1, 12), first);
  EXPECT_EQ(lowest(), Sequence{12}) << "a new epoch counts anew";
  EXPECT_EQ(ask(1, 0, 2), first);
  EXPECT_EQ(lowest(), Sequence{12}) << "an old epoch says nothing any more";
  EXPECT_NE(ask(2, 0, 0), first);

  verifications.end(ProducerId{1});
  EXPECT_FALSE(verifications.find(ProducerId{1}));
  EXPECT_NE(ask(1, 1, 12), first) << "what was asked before the end is worth nothing after it";

  verifications.expire(Timestamp{1099}, Millis{100});
  EXPECT_EQ(verifications.size(), 2U);
  verifications.expire(Timestamp{1100}, Millis{100});
  EXPECT_EQ(verifications.size(), 0U);
}

}  // namespace
}  // namespace txn
