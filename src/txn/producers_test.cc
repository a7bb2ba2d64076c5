#include "txn/producers.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace txn {
namespace {

constexpr ProducerId kId{9};
constexpr std::int32_t kMaxSequence = 2147483647;

BatchFacts batch(std::int16_t epoch, std::int32_t first, std::int32_t records = 1) {
  return {.producer = kId,
          .epoch = ProducerEpoch{epoch},
          .first = Sequence{first},
          .last = add(Sequence{first}, records - 1),
          .timestamp = Timestamp{1000}};
}

// A partition as the broker drives it: judged, then given offsets, then remembered.
struct Partition {
  Producers producers;
  std::vector<AppendedBatch> log = {};
  std::int64_t end = 0;

  Result<Verdict> produce(const BatchFacts& facts) {
    // Whoever opens a transaction here has asked its coordinator.
    const Verification asked{.guard = Guard{1}, .epoch = facts.epoch, .lowest = facts.first};
    const bool asks = facts.transactional && !producers.has_open(facts.producer, facts.epoch);
    Result<Verdict> verdict = check(
        producers, facts,
        {.by = Client{asks ? asked.guard : kNoGuard}, .verification = asks ? &asked : nullptr});
    if (verdict && std::holds_alternative<Append>(*verdict)) {
      const std::int64_t records =
          (facts.last.value - facts.first.value + (std::int64_t{1} << 31)) %
              (std::int64_t{1} << 31) +
          1;
      log.push_back({facts, Offset{end}, Offset{end + records - 1}});
      end += records;
      apply(producers, log.back());
    }
    return verdict;
  }
};

std::string to_text(const Result<Verdict>& verdict) {
  if (!verdict) return "error " + std::to_string(static_cast<int>(verdict.error().code));
  if (const auto* twice = std::get_if<Duplicate>(&*verdict)) {
    return "duplicate of " + std::to_string(twice->first.value) + " to " +
           std::to_string(twice->last.value);
  }
  return "append";
}

TEST(Producers, JudgesTheNextBatch) {
  struct Row {
    const char* why;
    BatchFacts next;
    const char* verdict;
  };
  // Each row starts from epoch 2 and seven batches of ten records, sequences and offsets 0 to 69.
  const Row rows[] = {
      {"next in line", batch(2, 70), "append"},
      {"a gap", batch(2, 71), "error 45"},
      {"the last batch again", batch(2, 60, 10), "duplicate of 60 to 69"},
      {"the oldest that is remembered", batch(2, 20, 10), "duplicate of 20 to 29"},
      {"one that is remembered no more", batch(2, 10, 10), "error 45"},
      {"half of a remembered batch", batch(2, 60, 5), "error 45"},
      {"two remembered batches as one", batch(2, 50, 20), "error 45"},
      {"a new epoch begins at 0", batch(3, 0), "append"},
      {"a new epoch that skips its first", batch(3, 1), "error 45"},
      {"a new epoch that goes on counting", batch(3, 70), "error 45"},
      {"an old epoch", batch(1, 70), "error 47"},
      {"an old epoch, from its start", batch(1, 0), "error 47"},
      {"a negative epoch", batch(-1, 70), "error 87"},
      {"a negative sequence", batch(2, -1), "error 87"},
  };
  for (const Row& row : rows) {
    Partition partition;
    for (int i = 0; i < 7; ++i) ASSERT_TRUE(partition.produce(batch(2, i * 10, 10)));
    EXPECT_EQ(to_text(partition.produce(row.next)), row.verdict) << row.why;
  }
}

TEST(Producers, AcceptTheFirstBatchOfAnUnknownProducerAtAnySequence) {
  Partition partition;
  EXPECT_EQ(to_text(partition.produce(batch(4, 1234))), "append");
  EXPECT_EQ(to_text(partition.produce(batch(4, 1235))), "append");
}

TEST(Producers, DoNotKnowPlainBatches) {
  Partition partition;
  EXPECT_EQ(to_text(partition.produce(BatchFacts{})), "append");
  EXPECT_EQ(partition.producers.size(), 0U);
}

TEST(Producers, CountOnFromZeroAfterTheLastSequence) {
  EXPECT_EQ(add(Sequence{kMaxSequence}, 1), Sequence{0});
  EXPECT_EQ(add(Sequence{kMaxSequence - 2}, 5), Sequence{2});
  EXPECT_EQ(add(kNoSequence, 1), Sequence{0});
  EXPECT_EQ(subtract(Sequence{2}, 5), Sequence{kMaxSequence - 2});

  Partition partition;
  ASSERT_EQ(to_text(partition.produce(batch(0, kMaxSequence - 9, 5))), "append");
  // A batch that itself passes the last sequence.
  ASSERT_EQ(to_text(partition.produce(batch(0, kMaxSequence - 4, 8))), "append");
  EXPECT_EQ(partition.producers.find(kId)->last_sequence(), Sequence{2});
  EXPECT_EQ(to_text(partition.produce(batch(0, kMaxSequence - 4, 8))), "duplicate of 5 to 12");
  EXPECT_EQ(to_text(partition.produce(batch(0, 2))), "error 45");
  EXPECT_EQ(to_text(partition.produce(batch(0, 3))), "append");
}

TEST(Producers, CountOnFromZeroBetweenBatches) {
  Partition partition;
  ASSERT_EQ(to_text(partition.produce(batch(0, kMaxSequence))), "append");
  EXPECT_EQ(to_text(partition.produce(batch(0, 1))), "error 45");
  EXPECT_EQ(to_text(partition.produce(batch(0, 0))), "append");
}

TEST(Producers, KeepTheTransactionUntilItsMarker) {
  Partition partition;
  BatchFacts within = batch(0, 0);
  within.transactional = true;
  ASSERT_TRUE(partition.produce(within));
  EXPECT_EQ(partition.producers.first_open(), Offset{0});
  EXPECT_EQ(to_text(partition.produce(batch(0, 1))), "error 48") << "a plain batch in between";

  const AppendedMarker marker{.producer = kId,
                              .epoch = ProducerEpoch{0},
                              .coordinator_epoch = 6,
                              .offset = Offset{1},
                              .timestamp = Timestamp{2000}};
  EXPECT_EQ(
      apply(partition.producers, marker),
      (Ended{.producer = kId, .first = Offset{0}, .marker = Offset{1}, .last_stable = Offset{2}}));
  EXPECT_FALSE(partition.producers.first_open());
  EXPECT_FALSE(apply(partition.producers, marker)) << "nothing was written since";
  EXPECT_EQ(to_text(partition.produce(batch(0, 1))), "append") << "sequences go on";
}

TEST(Producers, AMarkerOfANewEpochStartsSequencesAnew) {
  Partition partition;
  ASSERT_TRUE(partition.produce(batch(0, 0, 10)));
  apply(partition.producers,
        AppendedMarker{.producer = kId, .epoch = ProducerEpoch{1}, .offset = Offset{10}});
  EXPECT_EQ(to_text(partition.produce(batch(0, 10))), "error 47");
  EXPECT_EQ(to_text(partition.produce(batch(1, 10))), "error 45");
  EXPECT_EQ(to_text(partition.produce(batch(1, 0))), "append");
}

TEST(Producers, ExpireWhenIdleButNotWithinATransaction) {
  Partition partition;
  BatchFacts open = batch(0, 0);
  open.producer = ProducerId{2};
  open.transactional = true;
  ASSERT_TRUE(partition.produce(batch(0, 0)));
  ASSERT_TRUE(partition.produce(open));

  expire(partition.producers, Timestamp{1099}, Millis{100});
  EXPECT_EQ(partition.producers.size(), 2U);
  expire(partition.producers, Timestamp{1100}, Millis{100});
  EXPECT_FALSE(partition.producers.find(kId));
  EXPECT_TRUE(partition.producers.find(ProducerId{2}));
}

TEST(Producers, ForgetTheLongestSilentWhenThereAreTooMany) {
  Partition partition{.producers = Producers(3)};
  const auto produce = [&](std::int64_t id, std::int32_t sequence, bool transactional) {
    BatchFacts facts = batch(0, sequence);
    facts.producer = ProducerId{id};
    facts.transactional = transactional;
    ASSERT_TRUE(partition.produce(facts));
  };
  produce(1, 0, true);
  produce(2, 0, false);
  produce(3, 0, false);
  produce(2, 1, false);
  produce(4, 0, false);
  EXPECT_EQ(partition.producers.size(), 3U);
  EXPECT_TRUE(partition.producers.find(ProducerId{1})) << "it has a transaction open";
  EXPECT_FALSE(partition.producers.find(ProducerId{3})) << "it was silent longest";
}

// Several producers with up to five batches in flight each, over a network that loses, doubles and
// reorders, and that now and then answers nothing. Whatever happens, the log holds each record once
// and in order.
class Network {
 public:
  explicit Network(std::uint32_t seed) : random_(seed) {
    // Half of the seeds count past the last sequence.
    if (pick(2)) start_ = kMaxSequence - static_cast<std::int32_t>(pick(40));
  }

  void run() {
    for (auto& next : next_) next = start_;
    for (int step = 0; step < 400; ++step) {
      if (pick(3) == 0) send_new();
      if (!flying_.empty()) deliver();
    }
  }
  const Partition& partition() const { return partition_; }
  std::int32_t start() const { return start_; }

 private:
  std::size_t pick(std::size_t below) { return random_() % below; }

  void send_new() {
    const std::size_t who = pick(3);
    const auto records = static_cast<std::int32_t>(1 + pick(5));
    BatchFacts facts = batch(0, next_[who], records);
    facts.producer = ProducerId{static_cast<std::int64_t>(who)};
    next_[who] = add(facts.last, 1).value;
    flying_.push_back(facts);
  }

  // A batch arrives, perhaps not for the last time: its producer repeats what was refused, and at
  // times what was accepted, because the answer was lost.
  void deliver() {
    const std::size_t at = pick(std::min<std::size_t>(flying_.size(), 8));
    const BatchFacts facts = flying_[at];
    // The first of a producer must come first: nothing is known of it that could refuse another.
    if (!partition_.producers.find(facts.producer) && facts.first.value != start_) return;
    const auto verdict = partition_.produce(facts);
    if (verdict && pick(3)) flying_.erase(flying_.begin() + static_cast<std::ptrdiff_t>(at));
  }

  std::mt19937 random_;
  std::int32_t start_ = 0;
  std::int32_t next_[3] = {};
  std::vector<BatchFacts> flying_;
  Partition partition_;
};

TEST(Producers, StoreEachRecordOnceAndInOrderOverABadNetwork) {
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    Network network(seed);
    network.run();
    std::map<ProducerId, Sequence> expected;
    for (const AppendedBatch& appended : network.partition().log) {
      const auto at = expected.try_emplace(appended.facts.producer, network.start()).first;
      ASSERT_EQ(appended.facts.first, at->second) << "seed " << seed;
      at->second = add(appended.facts.last, 1);
    }
    ASSERT_GT(network.partition().log.size(), 10U) << "seed " << seed;
  }
}

TEST(Producers, ReadBackFromTheLogEqualTheLiveOnes) {
  for (std::uint32_t seed = 0; seed < 100; ++seed) {
    Network network(seed);
    network.run();
    Producers replayed;
    for (const AppendedBatch& appended : network.partition().log) apply(replayed, appended);
    ASSERT_EQ(replayed, network.partition().producers) << "seed " << seed;
  }
}

}  // namespace
}  // namespace txn
