// Transactions on a partition: what opens and ends them, and how far committed readers read.
#include <gtest/gtest.h>

#include <random>

#include "broker/partition.h"
#include "broker/partition_log.h"
#include "sim/world.h"
#include "txn/replay.h"
#include "txn/snapshot.h"
#include "wire/record_batch_builder.h"

namespace broker {
namespace {

constexpr ProducerId kFirst{1};
constexpr ProducerId kSecond{2};

class PartitionTxnTest : public testing::Test {
 protected:
  PartitionTxnTest() { open(); }
  void TearDown() override {
    machine_.disk().heal();
    if (partition_) check(world_.run(partition_->close()).has_value(), "the log closes");
  }

  void open(store::OpenFacts facts = {}) {
    syncer_ = std::make_unique<store::Syncer>(machine_.shard());
    cache_ = std::make_unique<store::FileCache>(machine_.disk(), store::FileCache::Limits{});
    const Partition::Home home{
        .shard = machine_.shard(), .syncer = *syncer_, .cache = *cache_, .data_folder = "/data"};
    auto opened = world_.run(
        Partition::open(home, {TopicName{"orders"}, topic_, {}}, LeaderEpoch{0}, options_, facts));
    ASSERT_TRUE(opened) << opened.error().detail;
    partition_ = std::move(opened->partition);
    report_ = std::move(opened->report);
  }
  void let_go() {
    world_.run_until_idle();
    partition_.reset();
    cache_.reset();
    syncer_.reset();
  }
  // The process dies: nothing more is written, and nothing in memory is left.
  void kill(Offset recovery_point = {}) {
    let_go();
    open({.recovery_point = recovery_point});
  }
  void close_cleanly_and_reopen() {
    const Offset point = partition_->log().recovery_point();
    ASSERT_TRUE(world_.run(partition_->close()));
    let_go();
    open({.clean = true, .recovery_point = point});
  }
  // With segments of a few batches each.
  void reopen_with_small_segments() {
    auto small = store::LogOptions{};
    small.segment_bytes = 400;
    options_ = std::make_shared<const store::LogOptions>(small);
    kill();
  }
  std::string index_path(std::int64_t base) const {
    return partition_->log().folder() + "/" +
           logs::file_name(logs::FileKind::TxnIndex, Offset{base});
  }
  void overwrite(const std::string& path, ByteVector content) {
    ASSERT_TRUE(world_.run(env::write_file_atomically(machine_.disk(), path, std::move(content))));
  }
  std::vector<logs::AbortedTxn> aborted(std::int64_t from = 0, std::int64_t upper = INT64_MAX) {
    auto found = world_.run(partition_->log().aborted_within(Offset{from}, Offset{upper}));
    check(found.has_value(), "the index can be read");
    return std::move(*found);
  }

  ByteVector batch(ProducerId producer, std::int32_t sequence, std::int16_t epoch,
                   bool transactional) {
    wire::BatchBuilder builder({.producer_id = producer,
                                .producer_epoch = ProducerEpoch{epoch},
                                .base_sequence = sequence,
                                .transactional = transactional});
    builder.add(Timestamp{1000}, std::nullopt, as_bytes("v"));
    return builder.finish();
  }
  ErrorCode append(ByteVector bytes, txn::Bringer by) {
    const auto header = wire::peek_batch(bytes);
    const Result<Produced> done = world_.run(partition_->append(bytes, **header, by));
    if (done) world_.run_for(std::chrono::seconds(1));  // It is synced.
    return done ? ErrorCode::None : done.error().code;
  }
  // As a client whose coordinator agrees.
  ErrorCode write(ProducerId producer, std::int32_t sequence, std::int16_t epoch = 0) {
    const auto guard = partition_->verify(
        {.producer = producer, .epoch = ProducerEpoch{epoch}, .first = txn::Sequence{sequence}});
    return append(batch(producer, sequence, epoch, true),
                  txn::Client{guard.value_or(txn::kNoGuard)});
  }
  ErrorCode write_plain() { return append(batch(kNoProducerId, -1, -1, false), txn::Client{}); }

  Result<Offset> end(ProducerId producer, txn::Outcome outcome, std::int16_t epoch = 0) {
    return world_.run(partition_->write_marker({.producer = producer,
                                                .epoch = ProducerEpoch{epoch},
                                                .coordinator_epoch = 1,
                                                .outcome = outcome}));
  }
  Fetched read(std::int64_t from, Isolation isolation = Isolation::ReadCommitted) {
    auto got = world_.run(partition_->fetch(
        {.offset = Offset{from}, .max_bytes = 1 << 20, .isolation = isolation}, nullptr, 0));
    check(got.has_value(), "the log can be read");
    return std::move(*got);
  }
  std::int64_t stable() const { return partition_->last_stable().value; }

  const TopicId topic_{Uuid{.bytes = {std::byte{1}}}};
  sim::World world_{1};
  sim::Machine& machine_ = world_.add_machine();
  store::LogOptionsPtr options_ = std::make_shared<const store::LogOptions>();
  std::unique_ptr<store::Syncer> syncer_;
  std::unique_ptr<store::FileCache> cache_;
  std::shared_ptr<Partition> partition_;
  store::RecoveryReport report_;
};

constexpr auto kCommit = txn::Outcome::Commit;
constexpr auto kAbort = txn::Outcome::Abort;

TEST_F(PartitionTxnTest, WhatIsOpenIsNotReadByWhoReadsOnlyWhatIsCommitted) {
  ASSERT_EQ(write_plain(), ErrorCode::None);
  ASSERT_EQ(write(kFirst, 0), ErrorCode::None);
  ASSERT_EQ(write_plain(), ErrorCode::None);
  EXPECT_EQ(read(0).slice.next, Offset{1});
  EXPECT_EQ(read(0, Isolation::ReadUncommitted).slice.next, Offset{3});
  EXPECT_EQ(read(1).slice.size, 0U);
  EXPECT_EQ(read(2).slice.size, 0U) << "behind it, too";
  EXPECT_EQ(read(0).last_stable, Offset{1});

  EXPECT_EQ(end(kFirst, kCommit), Offset{3});
  EXPECT_EQ(stable(), 4);
  EXPECT_EQ(read(0).slice.next, Offset{4});
}

TEST_F(PartitionTxnTest, TheOldestOpenTransactionHoldsTheOthersUp) {
  ASSERT_EQ(write(kFirst, 0), ErrorCode::None);
  ASSERT_EQ(write(kSecond, 0), ErrorCode::None);
  ASSERT_TRUE(end(kSecond, kCommit));
  EXPECT_EQ(stable(), 0);
  ASSERT_TRUE(end(kFirst, kAbort));
  EXPECT_EQ(stable(), 4);
}

TEST_F(PartitionTxnTest, AMarkerCountsWhenItIsDurable) {
  ASSERT_EQ(write(kFirst, 0), ErrorCode::None);
  ASSERT_EQ(write_plain(), ErrorCode::None);
  bool ended = false;
  env::spawn(partition_->write_marker({.producer = kFirst, .epoch = ProducerEpoch{0}}),
             [&ended](const Result<Offset>& at) { ended = at.has_value(); });
  while (partition_->log().log_end() < Offset{3}) world_.run_for(std::chrono::microseconds(1));
  ASSERT_LT(partition_->high_watermark(), Offset{3}) << "a sync takes its time";
  EXPECT_FALSE(partition_->producers().first_open()) << "as the log has it, it is over";
  EXPECT_EQ(stable(), 0) << "but a power failure may take that back";
  EXPECT_FALSE(ended);
  world_.run_until_idle();
  EXPECT_TRUE(ended);
  EXPECT_EQ(stable(), 3);
}

TEST_F(PartitionTxnTest, AGuardFromBeforeTheMarkerOpensNothingBehindIt) {
  const auto guard = partition_->verify({.producer = kFirst, .epoch = ProducerEpoch{0}});
  ASSERT_TRUE(guard);
  ASSERT_TRUE(end(kFirst, kAbort));
  EXPECT_EQ(append(batch(kFirst, 0, 0, true), txn::Client{*guard}), ErrorCode::InvalidTxnState);
  EXPECT_EQ(append(batch(kFirst, 0, 0, true), txn::Client{}), ErrorCode::InvalidTxnState);
  EXPECT_EQ(stable(), 1);
  EXPECT_EQ(write(kFirst, 0), ErrorCode::None) << "asked again";
  EXPECT_FALSE(partition_->verify({.producer = kFirst, .epoch = ProducerEpoch{0}}))
      << "it is open: nobody needs to ask";
  EXPECT_EQ(append(batch(kFirst, 1, 0, true), txn::Client{}), ErrorCode::None);
}

TEST_F(PartitionTxnTest, ACoordinatorsBatchOpensATransactionAndHasNoSequence) {
  const txn::Coordinator coordinator{txn::TransactionGuards().begin(kFirst).permit().value()};
  ASSERT_EQ(append(batch(kFirst, -1, 3, true), coordinator), ErrorCode::None);
  ASSERT_EQ(append(batch(kFirst, -1, 3, true), coordinator), ErrorCode::None);
  EXPECT_EQ(partition_->log().log_end(), Offset{2}) << "the second is no repetition of the first";
  EXPECT_EQ(stable(), 0);
  EXPECT_EQ(append(batch(kFirst, -1, 2, true), coordinator), ErrorCode::InvalidProducerEpoch);
  kill();
  EXPECT_EQ(stable(), 0);
  ASSERT_TRUE(end(kFirst, kCommit, 3));
  EXPECT_EQ(stable(), 3);
}

TEST_F(PartitionTxnTest, ACoordinatorsMarkerKeepsTheVersionOfItsProtocol) {
  const txn::Permit permit = txn::TransactionGuards().begin(kFirst).permit().value();
  const auto mark = [&](std::int16_t epoch) {
    PartitionLog log(machine_.shard(), partition_);
    return world_.run(log.append(txn::Marker{.producer = kFirst,
                                             .epoch = ProducerEpoch{epoch},
                                             .coordinator_epoch = 1,
                                             .outcome = kCommit,
                                             .transaction_version = 2}));
  };
  PartitionLog log(machine_.shard(), partition_);
  ASSERT_TRUE(world_.run(log.append(WithinTransaction{batch(kFirst, -1, 3, true), permit})));
  const Result<Offset> early = mark(3);
  ASSERT_FALSE(early) << "the transaction's own epoch: a late marker of the one before";
  EXPECT_EQ(early.error().code, ErrorCode::InvalidProducerEpoch);
  EXPECT_EQ(stable(), 0);
  EXPECT_TRUE(mark(4));
  EXPECT_EQ(stable(), 2);
}

TEST_F(PartitionTxnTest, ARestartReadsBackWhatIsOpenAndWhatHasEnded) {
  ASSERT_EQ(write(kFirst, 0), ErrorCode::None);
  ASSERT_TRUE(end(kFirst, kCommit));
  ASSERT_EQ(write(kSecond, 0, 2), ErrorCode::None);
  kill();
  EXPECT_EQ(stable(), 2);
  const txn::Producer* first = partition_->producers().find(kFirst);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->coordinator_epoch, 1);
  EXPECT_FALSE(first->transaction_start);
  EXPECT_EQ(partition_->producers().find(kSecond)->transaction_start, Offset{2});
  EXPECT_EQ(append(batch(kSecond, 1, 2, true), {}), ErrorCode::None) << "it goes on";
}

TEST_F(PartitionTxnTest, AMarkerThatFoundNoRoomEndsNothing) {
  ASSERT_EQ(write(kFirst, 0), ErrorCode::None);
  machine_.disk().set_capacity(machine_.disk().used_bytes());
  const auto failed = end(kFirst, kCommit);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::KafkaStorageError);
  EXPECT_EQ(stable(), 0);
  machine_.disk().heal();
  EXPECT_EQ(end(kFirst, kCommit), Offset{1});
  EXPECT_EQ(stable(), 2);
}

TEST_F(PartitionTxnTest, WhoWaitsForWhatIsCommittedIsToldWhenItIs) {
  ASSERT_EQ(write(kFirst, 0), ErrorCode::None);
  const auto watch = std::make_shared<FetchWatch>(machine_.shard());
  const FetchFrom committed{
      .offset = Offset{0}, .max_bytes = 1 << 20, .isolation = Isolation::ReadCommitted};
  ASSERT_TRUE(world_.run(partition_->fetch(committed, watch, 7)));
  std::vector<std::size_t> told;
  const auto wait = [](std::shared_ptr<FetchWatch> w, Instant until,
                       std::vector<std::size_t>* moved) -> env::Task<void> {
    *moved = co_await w->wait_until(until);
  };
  env::spawn(wait(watch, machine_.shard().now() + std::chrono::hours(1), &told));
  ASSERT_EQ(write_plain(), ErrorCode::None);
  EXPECT_TRUE(told.empty()) << "the high watermark is not what it waits for";
  ASSERT_TRUE(end(kFirst, kCommit));
  world_.run_for(std::chrono::seconds(1));
  EXPECT_EQ(told, std::vector<std::size_t>{7});
}

TEST_F(PartitionTxnTest, WhereThePageCacheIsEnoughTheMarkerItselfTells) {
  auto relaxed = store::LogOptions{};
  relaxed.durability = store::Durability::PageCache;
  partition_->log().set_options(std::make_shared<const store::LogOptions>(relaxed));
  ASSERT_EQ(write(kFirst, 0), ErrorCode::None);
  ASSERT_TRUE(end(kFirst, kAbort));
  EXPECT_EQ(stable(), 2);
}

TEST_F(PartitionTxnTest, RecordsThatAreDeletedHoldNobodyUp) {
  ASSERT_EQ(write(kFirst, 0), ErrorCode::None);
  ASSERT_EQ(write_plain(), ErrorCode::None);
  ASSERT_TRUE(world_.run(partition_->delete_records(Offset{1})));
  EXPECT_EQ(stable(), 1) << "not below the log's start";
  EXPECT_EQ(read(1).slice.size, 0U) << "the transaction is open all the same";
  ASSERT_TRUE(end(kFirst, kAbort));
  EXPECT_EQ(stable(), 3);
}

logs::AbortedTxn entry(ProducerId producer, std::int64_t first, std::int64_t last,
                       std::int64_t stable) {
  return {producer, Offset{first}, Offset{last}, Offset{stable}};
}

TEST_F(PartitionTxnTest, ReadersAreToldWhatWasAbortedWithinWhatTheyRead) {
  ASSERT_EQ(write(kFirst, 0), ErrorCode::None);
  ASSERT_EQ(write(kSecond, 0), ErrorCode::None);
  ASSERT_TRUE(end(kFirst, kAbort));
  ASSERT_TRUE(end(kSecond, kCommit));
  ASSERT_EQ(write(kFirst, 1), ErrorCode::None);
  ASSERT_TRUE(end(kFirst, kAbort));
  const std::vector<logs::AbortedTxn> both{entry(kFirst, 0, 2, 1), entry(kFirst, 4, 5, 6)};
  EXPECT_EQ(read(0).aborted, both);
  EXPECT_EQ(read(2).aborted, both) << "its marker is there to be read";
  EXPECT_EQ(read(3).aborted, std::vector{both[1]});
  EXPECT_TRUE(read(0, Isolation::ReadUncommitted).aborted.empty());
  EXPECT_TRUE(read(6).aborted.empty());
  EXPECT_EQ(aborted(0, 4), std::vector{both[0]});
}

TEST_F(PartitionTxnTest, AMarkerThatFoundNoRoomLeavesNothingInTheIndex) {
  ASSERT_EQ(write(kFirst, 0), ErrorCode::None);
  int failed = 0;
  // Room for nothing, for the marker, for its entry too, for all.
  for (std::uint64_t room = 0;; room += 4, ++failed) {
    machine_.disk().set_capacity(machine_.disk().used_bytes() + room);
    const bool ended = end(kFirst, kAbort).has_value();
    machine_.disk().heal();
    if (ended) break;
    ASSERT_TRUE(aborted().empty()) << room;
    ASSERT_EQ(stable(), 0) << room;
    if (room % 16 == 0) kill();
    ASSERT_TRUE(aborted().empty()) << room;
  }
  EXPECT_GT(failed, 20);
  const std::vector<logs::AbortedTxn> expected{entry(kFirst, 0, 1, 2)};
  EXPECT_EQ(aborted(), expected);
  kill();
  EXPECT_EQ(aborted(), expected);
}

// Ten transactions, every second aborted, over several segments.
class AbortedIndex : public PartitionTxnTest {
 protected:
  AbortedIndex() {
    reopen_with_small_segments();
    for (int i = 0; i < 10; ++i) {
      check(write(kFirst, 2 * i) == ErrorCode::None, "a batch");
      check(write(kFirst, 2 * i + 1) == ErrorCode::None, "another");
      check(end(kFirst, i % 2 ? kCommit : kAbort).has_value(), "its end");
      const std::int64_t at = std::int64_t{3} * i;
      if (i % 2 == 0) expected_.push_back(entry(kFirst, at, at + 2, at + 3));
    }
    check(partition_->log().segment_count() > 3, "segments of a few batches each");
  }
  // The index beside the segment that holds the first entry, and how often it was told of.
  std::string first_index() const {
    for (std::int64_t base = 0;; ++base) {
      if (machine_.disk().content(index_path(base))) return index_path(base);
    }
  }
  std::vector<logs::AbortedTxn> expected_;
};

TEST_F(AbortedIndex, SurvivesARestart) {
  EXPECT_EQ(aborted(), expected_);
  close_cleanly_and_reopen();
  EXPECT_FALSE(report_.aborted_in_doubt);
  EXPECT_EQ(aborted(), expected_);
  kill();
  EXPECT_EQ(aborted(), expected_);
  EXPECT_TRUE(report_.findings.empty()) << "they were as they should be";
}

TEST_F(AbortedIndex, ThatIsDamagedIsBuiltAnew) {
  const ByteVector whole = *machine_.disk().content(first_index());
  const logs::AbortedTxn one = expected_[0];
  struct Row {
    const char* why;
    ByteVector content;
    bool seen_when_clean;  // The file itself shows it.
  };
  ByteVector half = whole;
  half.pop_back();
  const Row rows[] = {
      {"half an entry", half, true},
      {"empty", {}, false},
      {"a marker of another segment", logs::encode_aborted({entry(kFirst, 80, 90, 91)}), true},
      {"another producer", logs::encode_aborted({{kSecond, one.first, one.last, one.last_stable}}),
       false},
      {"a transaction that never was", logs::encode_aborted({entry(kSecond, 0, 1, 2), one}), false},
  };
  for (const Row& row : rows) {
    overwrite(first_index(), row.content);
    kill();
    EXPECT_EQ(aborted(), expected_) << row.why;
    EXPECT_FALSE(report_.findings.empty()) << row.why;
    EXPECT_EQ(machine_.disk().content(first_index()), whole) << row.why;
    if (!row.seen_when_clean) continue;
    overwrite(first_index(), row.content);
    close_cleanly_and_reopen();
    EXPECT_EQ(aborted(), expected_) << row.why;
  }
}

TEST_F(AbortedIndex, ThatIsGoneIsBuiltAnew) {
  const std::string path = first_index();
  ASSERT_TRUE(machine_.disk().remove(path));
  kill();
  EXPECT_EQ(aborted(), expected_);
  EXPECT_TRUE(machine_.disk().content(path));
}

TEST_F(AbortedIndex, OfATransactionThatWasCommittedGoes) {
  const std::string path = index_path(partition_->log().log_end().value);
  ASSERT_TRUE(end(kFirst, kCommit, 0));
  overwrite(path, logs::encode_aborted({entry(kFirst, 3, 30, 31)}));
  kill();
  EXPECT_EQ(aborted(), expected_);
}

TEST_F(AbortedIndex, GoesWithItsSegment) {
  const std::string path = first_index();
  ASSERT_TRUE(world_.run(partition_->delete_records(Offset{21})));
  EXPECT_FALSE(machine_.disk().content(path));
  EXPECT_EQ(aborted(21).size(), 1U);
  kill();
  EXPECT_EQ(aborted(21).size(), 1U);
}

TEST_F(AbortedIndex, IsAsItWasWhereTheLogBeginsInTheMiddleOfASegment) {
  for (const std::int64_t start : {1, 3, 4, 6, 7}) {
    ASSERT_TRUE(world_.run(partition_->delete_records(Offset{start})));
    const auto before = aborted(start);
    let_go();
    open({.log_start = Offset{start}});
    EXPECT_EQ(aborted(start), before) << start;
    EXPECT_TRUE(report_.findings.empty()) << start;
  }
}

TEST_F(AbortedIndex, IsCutWithItsLog) {
  ASSERT_TRUE(world_.run(partition_->log().truncate_to(Offset{13})));
  expected_.resize(2);
  EXPECT_EQ(aborted(), expected_);
  kill();
  EXPECT_EQ(aborted(), expected_);
  EXPECT_EQ(stable(), 12) << "the transaction whose marker was cut is open again";
}

// Whatever happens, what is known of producers and of aborted transactions is what the log says.
class TxnHistory : public PartitionTxnTest {
 protected:
  struct Told {
    ByteVector producers;
    std::vector<logs::AbortedTxn> aborted;
    bool operator==(const Told&) const = default;
  };

  void run(std::uint32_t seed) {
    random_.seed(seed);
    reopen_with_small_segments();
    for (int step = 0; step < 60; ++step) {
      const std::size_t what = pick(20);
      if (what < 10) write_some();
      if (what >= 10 && what < 17) end_some();
      if (what == 17) kill(partition_->log().recovery_point());
      if (what == 18) lose_power();
      if (what == 19) pick(2) ? cut() : close_cleanly_and_reopen();
      ASSERT_TRUE(told() == by_the_log()) << "seed " << seed << " step " << step;
    }
  }

 private:
  std::size_t pick(std::size_t below) { return random_() % below; }
  ProducerId some() { return ProducerId{static_cast<std::int64_t>(1 + pick(3))}; }
  std::int16_t epoch_of(ProducerId id) const {
    const txn::Producer* producer = partition_->producers().find(id);
    return producer ? producer->epoch.value : std::int16_t{0};
  }

  void write_some() {
    const ProducerId id = some();
    const txn::Producer* producer = partition_->producers().find(id);
    const auto next = producer ? txn::add(producer->last_sequence(), 1) : txn::Sequence{0};
    ASSERT_EQ(write(id, next.value, epoch_of(id)), ErrorCode::None);
  }
  void end_some() {
    const ProducerId id = some();
    const auto epoch = static_cast<std::int16_t>(epoch_of(id) + (pick(2) ? 1 : 0));
    ASSERT_TRUE(end(id, pick(2) ? kCommit : kAbort, epoch));
  }
  void lose_power() {
    const Offset point = partition_->log().recovery_point();
    machine_.crash();
    let_go();
    open({.recovery_point = point});
  }
  void cut() {
    const auto end = static_cast<std::size_t>(partition_->log().log_end().value);
    const Offset to{static_cast<std::int64_t>(end - pick(std::min<std::size_t>(end + 1, 5)))};
    ASSERT_TRUE(world_.run(partition_->log().truncate_to(to)));
    kill(to);
  }

  Told told() { return {txn::encode_snapshot(partition_->producers()), aborted()}; }
  Told by_the_log() {
    txn::Producers producers;
    wire::BatchScratch scratch;
    Told read;
    const auto visit = [&](Bytes bytes) -> Result<void> {
      const auto header = TRY(wire::peek_batch(bytes));
      const auto ended = TRY(txn::replay(producers, *header, bytes, scratch));
      if (ended && ended->outcome == kAbort) {
        read.aborted.push_back({ended->producer, ended->first, ended->marker, ended->last_stable});
      }
      return {};
    };
    store::Log& log = partition_->log();
    check(world_.run(log.scan({}, log.log_end(), store::ScanDetail::Batches, visit)).has_value(),
          "the log can be read");
    read.producers = txn::encode_snapshot(producers);
    return read;
  }

  std::mt19937 random_;
};

class TxnHistories : public TxnHistory, public testing::WithParamInterface<std::uint32_t> {};

TEST_P(TxnHistories, AreReadBackAsTheyWere) { run(GetParam()); }

INSTANTIATE_TEST_SUITE_P(Seeds, TxnHistories, testing::Range(0U, 60U));

}  // namespace
}  // namespace broker
