#include "store/log.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <numeric>

#include "store/log_fixture.h"

namespace store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::int64_t> range(std::int64_t from, std::int64_t end) {
  std::vector<std::int64_t> all(static_cast<std::size_t>(end - from));
  std::iota(all.begin(), all.end(), from);
  return all;
}

TEST(Log, AnUnusedPartitionLeavesNothingOnDisk) {
  LogFixture test;
  test.must_open();
  EXPECT_EQ(test.log->log_end(), Offset{0});
  EXPECT_EQ(test.log->segment_count(), 0U);
  ASSERT_TRUE(test.world.run(test.log->begin_epoch(LeaderEpoch{3})));
  EXPECT_EQ(test.offsets(0), range(0, 0));
  EXPECT_FALSE(test.disk().exists(LogFixture::kFolder));
  ASSERT_TRUE(test.world.run(test.log->close()));
  EXPECT_FALSE(test.disk().exists(LogFixture::kFolder));
}

TEST(Log, AppendsGiveOffsetsAndEpochsInPlace) {
  LogFixture test;
  test.must_open();
  const auto first = test.append_durably(make_batch(100, 3), 5);
  ASSERT_TRUE(first) << first.error().detail;
  EXPECT_EQ(first->base, Offset{0});
  EXPECT_EQ(first->last, Offset{2});
  const auto second = test.append(make_batch(200, 2), 5);
  EXPECT_EQ(second->base, Offset{3});
  EXPECT_EQ(test.log->log_end(), Offset{5});
  EXPECT_EQ(test.log->durable_end(), Offset{3});
  ASSERT_TRUE(test.world.run(test.log->wait_durable(Offset{5})));
  EXPECT_EQ(test.log->durable_end(), Offset{5});

  const auto bytes = test.read(3);
  const auto header = wire::peek_batch(*bytes);
  EXPECT_EQ((*header)->base_offset, Offset{3});
  EXPECT_EQ((*header)->leader_epoch, LeaderEpoch{5});
  EXPECT_TRUE(wire::checksum_matches(*bytes));
  EXPECT_EQ(test.text_of("/data/orders-0/leader-epoch-checkpoint"), "0\n1\n5 0\n");
  EXPECT_EQ(test.text_of("/data/orders-0/partition.metadata"),
            "version: 0\ntopic_id: " + to_text(topic_id().value));
}

TEST(Log, SeveralBatchesInOneAppendFollowOneAnother) {
  LogFixture test;
  test.must_open();
  ByteVector batches = make_batch(100, 3);
  const ByteVector more = make_batch(50, 4);
  batches.insert(batches.end(), more.begin(), more.end());
  const auto appended = test.append(std::move(batches));
  EXPECT_EQ(appended->last, Offset{6});
  EXPECT_EQ(test.offsets(0), range(0, 7));
  EXPECT_EQ(test.offsets(4), range(3, 7)) << "whole batches";
}

TEST(Log, LogAppendTimeIsStamped) {
  LogFixture test;
  test.options.timestamp_type = wire::TimestampType::LogAppendTime;
  test.must_open();
  EXPECT_EQ(test.append(make_batch(100, 3), 0, 4242)->log_append_time, Timestamp{4242});
  const auto bytes = test.read(0);
  EXPECT_TRUE(wire::checksum_matches(*bytes));
  EXPECT_EQ((*wire::peek_batch(*bytes))->max_timestamp, Timestamp{4242});
  const auto found = test.world.run(test.log->find_by_time(Timestamp{4000}));
  EXPECT_EQ((*found)->timestamp, Timestamp{4242});
}

TEST(Log, SegmentsRollBySizeAndReadsGoAcross) {
  LogFixture test;
  test.must_open();
  std::vector<std::int64_t> rolls;
  test.log->on_roll([&](Offset at) { rolls.push_back(at.value); });
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(test.append(make_batch(1000 + i, 1, 200)));
  EXPECT_GT(test.log->segment_count(), 3U);
  EXPECT_EQ(rolls.size(), test.log->segment_count());
  EXPECT_EQ(test.offsets(0), range(0, 60));
  EXPECT_EQ(test.offsets(33), range(33, 60));
  EXPECT_LE(test.disk().content(test.log_path())->size(), test.options.segment_bytes);
  EXPECT_EQ(test.log->size_bytes(), test.read(0)->size());
}

TEST(Log, ReadsKeepToTheirLimits) {
  LogFixture test;
  test.must_open();
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(test.append(make_batch(1000 + i, 2, 50)));
  const std::size_t batch = make_batch(1000, 2, 50).size();
  const auto read = [&](std::int64_t from, std::size_t max, std::int64_t upper, bool one) {
    return *test.world.run(test.log->read(Offset{from}, max, Offset{upper}, one));
  };
  EXPECT_EQ(read(10, batch * 3, 80, true).size, batch * 3);
  EXPECT_EQ(read(10, batch * 3, 80, true).next, Offset{16});
  EXPECT_EQ(read(10, batch * 4 - 1, 80, true).next, Offset{16});
  EXPECT_EQ(read(10, 1, 80, true).next, Offset{12}) << "one batch, however large";
  EXPECT_EQ(read(10, 1, 80, false).size, 0U);
  EXPECT_EQ(read(10, 1, 80, false).next, Offset{10});
  EXPECT_EQ(read(11, 1, 80, true).next, Offset{12}) << "the batch that holds the offset";
  EXPECT_EQ(read(10, batch * 30, 15, true).next, Offset{14}) << "nothing that reaches above";
  EXPECT_EQ(read(10, batch * 30, 11, true).size, 0U);
  EXPECT_EQ(read(80, 100, 80, true).size, 0U);
  EXPECT_EQ(read(0, batch * 35, 80, true).next, Offset{70}) << "over several segments";
  for (const std::int64_t outside : {-1, 81}) {
    const auto out = test.world.run(test.log->read(Offset{outside}, 100, Offset{80}));
    ASSERT_FALSE(out);
    EXPECT_EQ(out.error().code, ErrorCode::OffsetOutOfRange);
  }
}

TEST(Log, ReadsWithTinyCachesAreTheSame) {
  LogFixture test;
  test.cache = std::make_unique<FileCache>(test.shard().files(),
                                           FileCache::Limits{.files = 1, .index_bytes = 0});
  test.must_open();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(test.append(make_batch(1000 + i, 1, 150)));
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(test.offsets(i), range(i, 100));
    EXPECT_LE(test.cache->open_files(), 3U);
  }
}

TEST(Log, ACleanRestartChecksNothing) {
  LogFixture test;
  test.must_open();
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(test.append(make_batch(1000 + i, 1, 200), i / 20));
  test.close_cleanly_and_reopen();
  EXPECT_EQ(test.report.bytes_checked, 0U);
  EXPECT_TRUE(test.report.findings.empty());
  EXPECT_EQ(test.offsets(0), range(0, 50));
  EXPECT_EQ(test.log->latest_epoch(), LeaderEpoch{2});
  EXPECT_EQ(test.log->epoch_end_offset(LeaderEpoch{0})->end, Offset{20});
  EXPECT_EQ(test.append_durably(make_batch(5000), 2)->base, Offset{50});
  EXPECT_EQ(test.offsets(49), range(49, 51));
}

TEST(Log, AfterAKillOnlyWhatFollowsTheRecoveryPointIsChecked) {
  LogFixture test;
  test.must_open();
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(test.append_durably(make_batch(1000 + i, 1, 200)));
  const Offset point = test.log->recovery_point();
  EXPECT_EQ(point, Offset{50});
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(test.append_durably(make_batch(2000 + i, 1, 200)));
  const std::uint64_t size = test.log->size_bytes();
  test.kill_and_reopen({.recovery_point = point});
  EXPECT_GT(test.report.bytes_checked, 0U);
  EXPECT_LT(test.report.bytes_checked, size / 4);
  EXPECT_TRUE(test.report.findings.empty());
  EXPECT_EQ(test.offsets(0), range(0, 55));
}

TEST(Log, ATornTailIsCutAtEveryByte) {
  LogFixture original;
  original.must_open();
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(original.append_durably(make_batch(1000 + i, 2, 40)));
  const ByteVector whole = *original.disk().content(original.log_path());
  const std::size_t batch = whole.size() / 6;
  for (std::size_t size = whole.size() - batch; size <= whole.size(); ++size) {
    LogFixture test;
    test.must_open();
    for (int i = 0; i < 6; ++i) ASSERT_TRUE(test.append_durably(make_batch(1000 + i, 2, 40)));
    auto file = test.disk().open(test.log_path(), env::OpenMode::ReadWrite);
    ASSERT_TRUE((*file)->truncate(size));
    test.kill_and_reopen({.recovery_point = Offset{4}});
    const bool is_whole = size == whole.size();
    EXPECT_EQ(test.log->log_end(), Offset{is_whole ? 12 : 10}) << size;
    const bool at_boundary = is_whole || size == whole.size() - batch;
    ASSERT_EQ(test.report.findings.size(), at_boundary ? 0U : 1U) << size;
    if (!at_boundary) {
      EXPECT_EQ(test.report.findings[0].kind, logs::Finding::Kind::TornTail);
      EXPECT_FALSE(test.report.findings[0].may_lose_promised);
    }
    EXPECT_EQ(test.append_durably(make_batch(5000))->base,
              test.log->log_end().value == 13 ? Offset{12} : Offset{10});
  }
}

TEST(Log, DamageBeforeOtherBatchesIsReportedAndKept) {
  LogFixture test;
  test.must_open();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(test.append_durably(make_batch(1000 + i, 1, 100)));
  const ByteVector whole = *test.disk().content(test.log_path());
  const std::size_t batch = whole.size() / 10;
  test.disk().corrupt(test.log_path(), batch * 4 + 70, std::byte{1});
  test.kill_and_reopen();
  EXPECT_EQ(test.log->log_end(), Offset{4});
  EXPECT_EQ(test.offsets(0), range(0, 4));
  ASSERT_EQ(test.report.findings.size(), 1U);
  const logs::Finding& finding = test.report.findings[0];
  EXPECT_EQ(finding.kind, logs::Finding::Kind::Damage);
  EXPECT_TRUE(finding.may_lose_promised);
  EXPECT_EQ(finding.offset, Offset{4});
  EXPECT_EQ(finding.position, batch * 4);
  EXPECT_EQ(test.disk().content(finding.kept_in)->size(), batch * 6);
  EXPECT_THAT(to_text(finding), HasSubstr("00000000000000000000.log: DAMAGED at position"));
}

TEST(Log, SegmentsBehindADamageAreKeptAside) {
  LogFixture test;
  test.must_open();
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(test.append_durably(make_batch(1000 + i, 1, 200)));
  const std::size_t segments = test.log->segment_count();
  test.disk().corrupt(test.log_path(), 100, std::byte{1});
  test.kill_and_reopen();
  EXPECT_EQ(test.log->log_end(), Offset{0});
  EXPECT_EQ(test.log->segment_count(), 1U);
  EXPECT_EQ(test.report.findings.size(), segments);
  for (const logs::Finding& finding : test.report.findings) {
    EXPECT_TRUE(finding.may_lose_promised);
    EXPECT_TRUE(test.disk().exists(finding.kept_in));
  }
}

TEST(Log, AnEndBelowTheRecoveryPointIsReported) {
  LogFixture test;
  test.must_open();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(test.append_durably(make_batch(1000 + i)));
  test.kill_and_reopen({.recovery_point = Offset{9}});
  ASSERT_EQ(test.report.findings.size(), 1U);
  EXPECT_EQ(test.report.findings[0].kind, logs::Finding::Kind::Missing);
  EXPECT_EQ(test.report.findings[0].offset, Offset{5});
}

TEST(Log, IndexesThatAreLostOrDamagedAreBuiltAnew) {
  struct Case {
    const char* why;
    bool time;
    bool clean;
    int damage;  // 0 remove, 1 odd size, 2 flipped bits, 3 zeros behind.
  };
  const Case cases[] = {
      {"offset index gone", false, true, 0},
      {"time index gone", true, true, 0},
      {"offset index gone, killed", false, false, 0},
      {"time index gone, killed", true, false, 0},
      {"odd size", false, true, 1},
      {"odd size of the time index", true, true, 1},
      {"odd size, killed", false, false, 1},
      {"flipped, killed", false, false, 2},
      {"flipped time, killed", true, false, 2},
      {"zeros as Kafka leaves", false, false, 3},
      {"zeros as Kafka leaves", true, false, 3},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.why);
    LogFixture test;
    test.options.segment_bytes = 1 << 20;
    test.must_open();
    for (int i = 0; i < 40; ++i) ASSERT_TRUE(test.append_durably(make_batch(1000 + i, 1, 200)));
    ASSERT_TRUE(test.world.run(test.log->close()));
    const std::string path = c.time ? test.time_index_path() : test.index_path();
    const ByteVector sound = *test.disk().content(path);
    ASSERT_GT(sound.size(), 100U);
    test.stop();
    if (c.damage == 0) ASSERT_TRUE(test.disk().remove(path));
    if (c.damage == 1)
      ASSERT_TRUE((*test.disk().open(path, env::OpenMode::ReadWrite))->truncate(13));
    if (c.damage == 2) test.disk().corrupt(path, 40, std::byte{0xff});
    if (c.damage == 3) {
      auto file = *test.disk().open(path, env::OpenMode::ReadWrite);
      ASSERT_TRUE(file->truncate(sound.size() + 1200));
    }
    test.start();
    test.must_open({.clean = c.clean, .recovery_point = Offset{40}});
    EXPECT_EQ(test.offsets(17), range(17, 40));
    EXPECT_EQ((*test.world.run(test.log->find_by_time(Timestamp{1025})))->offset, Offset{25});
    test.close_cleanly_and_reopen();
    EXPECT_TRUE(*test.disk().content(path) == sound);
  }
}

TEST(Log, LooksUpByTimeAsALinearSearchWould) {
  LogFixture test;
  test.must_open();
  std::vector<std::int64_t> times;
  std::uint64_t state = 12345;
  for (int i = 0; i < 300; ++i) {
    state = state * 6364136223846793005U + 1;
    const std::int64_t time = 1000 + i * 3 + static_cast<std::int64_t>(state >> 33) % 60;
    times.push_back(time);
    ASSERT_TRUE(test.append(make_batch(time, 1, 40)));
  }
  const auto brute = [&](std::int64_t at) -> std::optional<std::int64_t> {
    for (std::size_t i = 0; i < times.size(); ++i) {
      if (times[i] >= at) return static_cast<std::int64_t>(i);
    }
    return {};
  };
  const auto check_all = [&] {
    for (std::int64_t at = 900; at < 2100; at += 7) {
      const auto found = test.world.run(test.log->find_by_time(Timestamp{at}));
      ASSERT_TRUE(found) << found.error().detail;
      const auto expected = brute(at);
      ASSERT_EQ(found->has_value(), expected.has_value()) << at;
      if (expected) EXPECT_EQ((*found)->offset.value, *expected) << at;
    }
    const auto max = std::ranges::max_element(times);
    const auto found = test.world.run(test.log->find_max_time());
    EXPECT_EQ((**found).offset.value, max - times.begin());
    EXPECT_EQ((**found).timestamp.value, *max);
  };
  check_all();
  test.close_cleanly_and_reopen();
  check_all();
  test.kill_and_reopen();
  check_all();
}

TEST(Log, TruncationCutsAndAppendsGoOnThere) {
  LogFixture test;
  test.must_open();
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(test.append(make_batch(1000 + i, 1, 200), i / 10));
  for (const std::int64_t end : {55, 31, 30, 12, 0}) {
    ASSERT_TRUE(test.world.run(test.log->truncate_to(Offset{end})));
    EXPECT_EQ(test.offsets(0), range(0, end));
    EXPECT_EQ(test.log->log_end(), Offset{end});
    EXPECT_EQ(test.log->latest_epoch().value, end == 0 ? -1 : (end - 1) / 10);
    if (end == 0) continue;
    EXPECT_EQ((**test.world.run(test.log->find_max_time())).offset, Offset{end - 1});
    EXPECT_EQ(test.append_durably(make_batch(9000 - end, 1, 200), 7)->base, Offset{end});
    EXPECT_EQ((**test.world.run(test.log->find_max_time())).offset, Offset{end});
    test.kill_and_reopen();
    EXPECT_EQ(test.offsets(0), range(0, end + 1));
  }
}

TEST(Log, DeleteRecordsMovesTheStart) {
  LogFixture test;
  test.must_open();
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(test.append(make_batch(1000 + i, 1, 200), i / 30));
  const std::size_t before = test.log->segment_count();
  const auto removed = test.world.run(test.log->advance_log_start(Offset{35}));
  ASSERT_TRUE(removed);
  EXPECT_EQ(removed->log_start, Offset{35});
  EXPECT_EQ(removed->segments, static_cast<int>(before - test.log->segment_count()));
  EXPECT_GT(removed->segments, 0);
  EXPECT_FALSE(test.disk().exists(test.log_path(0)));
  EXPECT_EQ(test.read(34).error().code, ErrorCode::OffsetOutOfRange);
  EXPECT_EQ(test.offsets(35), range(35, 60));
  EXPECT_EQ((**test.world.run(test.log->find_by_time(Timestamp{0}))).offset, Offset{35});
  EXPECT_EQ(test.log->epoch_of(Offset{35}), LeaderEpoch{1});
  EXPECT_EQ(test.text_of("/data/orders-0/leader-epoch-checkpoint"), "0\n1\n1 35\n");
  EXPECT_EQ(test.world.run(test.log->advance_log_start(Offset{61})).error().code,
            ErrorCode::OffsetOutOfRange);
  test.close_cleanly_and_reopen();
  EXPECT_EQ(test.log->log_start(), Offset{35});
  ASSERT_TRUE(test.world.run(test.log->advance_log_start(Offset{60})));
  EXPECT_EQ(test.offsets(60), range(0, 0));
  EXPECT_EQ(test.append(make_batch(1))->base, Offset{60});
}

TEST(Log, ALogStartAboveAllThatIsLeftStartsTheLogThere) {
  LogFixture test;
  test.must_open();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(test.append_durably(make_batch(1000 + i)));
  test.kill_and_reopen({.recovery_point = Offset{10}, .log_start = Offset{25}});
  EXPECT_EQ(test.log->log_start(), Offset{25});
  EXPECT_EQ(test.append_durably(make_batch(1))->base, Offset{25});
  test.kill_and_reopen({.recovery_point = Offset{26}, .log_start = Offset{25}});
  EXPECT_EQ(test.offsets(25), range(25, 26));
}

TEST(Log, RetentionByTimeAndBySize) {
  LogFixture test;
  test.options.retention_ms = 1000;
  test.must_open();
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(test.append_durably(make_batch(1000 + 10 * i, 1, 200)));
  const Offset end = test.log->log_end();
  EXPECT_EQ(test.world.run(test.log->apply_retention(Timestamp{1500}, end))->segments, 0);
  EXPECT_EQ(test.world.run(test.log->apply_retention(Timestamp{2200}, Offset{5}))->segments, 0)
      << "nothing above the high watermark";
  const auto some = test.world.run(test.log->apply_retention(Timestamp{2300}, end));
  EXPECT_GT(some->segments, 0);
  EXPECT_GT(test.log->log_end(), test.log->log_start());
  const Offset start = test.log->log_start();
  EXPECT_EQ(test.offsets(start.value), range(start.value, 60));

  LogOptions by_size = test.options;
  by_size.retention_ms = -1;
  by_size.retention_bytes = 5000;
  test.log->set_options(std::make_shared<LogOptions>(by_size));
  ASSERT_TRUE(test.world.run(test.log->apply_retention(Timestamp{2300}, end)));
  EXPECT_GE(test.log->size_bytes(), 5000U);
  EXPECT_LT(test.log->size_bytes(), 9000U);

  test.log->set_options(std::make_shared<LogOptions>(test.options));
  ASSERT_TRUE(test.world.run(test.log->apply_retention(Timestamp{99999}, end)));
  EXPECT_EQ(test.log->log_start(), Offset{60}) << "the active segment too, once it is old";
  EXPECT_EQ(test.log->size_bytes(), 0U);
  test.close_cleanly_and_reopen();
  EXPECT_EQ(test.append_durably(make_batch(1))->base, Offset{60});
}

TEST(Log, SegmentsRollByAge) {
  LogFixture test;
  test.options.segment_ms = Millis(500);
  test.must_open();
  for (const std::int64_t time : {1000, 1400, 1500, 1501, 1600, 2100}) {
    ASSERT_TRUE(test.append(make_batch(time)));
  }
  EXPECT_EQ(test.log->segment_count(), 3U);
}

TEST(Log, AFullDiskRefusesAndGoesOnOnceThereIsSpace) {
  LogFixture test;
  test.must_open();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(test.append_durably(make_batch(1000 + i, 1, 100)));
  test.disk().fail_next(sim::DiskCall::Write, sim::Fault::NoSpace, ".log");
  const auto refused = test.append(make_batch(2000, 1, 100));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::KafkaStorageError);
  EXPECT_FALSE(test.log->offline());
  EXPECT_EQ(test.append_durably(make_batch(3000, 1, 100))->base, Offset{5});
  EXPECT_EQ(test.offsets(0), range(0, 6));

  test.disk().set_capacity(0);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(test.append(make_batch(4000, 1, 100)));
  test.disk().heal();
  EXPECT_EQ(test.append_durably(make_batch(5000, 1, 100))->base, Offset{6});
  test.kill_and_reopen({.recovery_point = Offset{6}});
  EXPECT_TRUE(test.report.findings.empty());
  EXPECT_EQ(test.offsets(0), range(0, 7));
}

TEST(Log, AnIndexThatCannotBeWrittenRefusesTheAppend) {
  LogFixture test;
  test.must_open();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(test.append(make_batch(1000 + i, 1, 200)));
  int refused = 0;
  for (int i = 0; i < 10; ++i) {
    test.disk().fail_next(sim::DiskCall::Write, sim::Fault::NoSpace, i % 2 ? "index" : "timeindex");
    refused += test.append(make_batch(2000 + i, 1, 200)) ? 0 : 1;
    test.disk().heal();
  }
  EXPECT_GT(refused, 0);
  const std::int64_t end = test.log->log_end().value;
  EXPECT_EQ(test.offsets(0), range(0, end));
  test.kill_and_reopen();
  EXPECT_EQ(test.offsets(0), range(0, end));
}

// Whoever is told that it was refused sends it anew, and then it is there twice.
TEST(Log, WhatWasWrittenAndCannotBeCutAwayIsNotSaidToBeRefused) {
  LogFixture test;
  test.options.index_interval_bytes = 1;
  test.must_open();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(test.append_durably(make_batch(1000 + i, 1, 200)));
  test.disk().fail_next(sim::DiskCall::Write, sim::Fault::InputOutput, ".index");
  test.disk().fail_next(sim::DiskCall::Truncate, sim::Fault::InputOutput, ".log");
  const auto in_doubt = test.append(make_batch(2000, 1, 200));
  ASSERT_FALSE(in_doubt);
  EXPECT_EQ(in_doubt.error().code, ErrorCode::NotEnoughReplicasAfterAppend);
  EXPECT_TRUE(test.log->offline());
  EXPECT_EQ(test.append(make_batch(3000)).error().code, ErrorCode::KafkaStorageError);
  test.kill_and_reopen();
  EXPECT_EQ(test.offsets(0), range(0, 4)) << "it is there";
}

TEST(Log, AFailedSyncTakesTheLogOfflineForGood) {
  LogFixture test;
  test.must_open();
  ASSERT_TRUE(test.append_durably(make_batch(1000)));
  test.disk().fail_next(sim::DiskCall::Sync, sim::Fault::InputOutput, ".log");
  const auto lost = test.append_durably(make_batch(2000));
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, ErrorCode::KafkaStorageError);
  EXPECT_EQ(test.log->durable_end(), Offset{1});
  EXPECT_EQ(test.append(make_batch(3000)).error().code, ErrorCode::KafkaStorageError);
  EXPECT_FALSE(test.world.run(test.log->truncate_to(Offset{0})));
  ASSERT_TRUE(test.log->offline());
  EXPECT_THAT(test.log->offline()->detail, HasSubstr("/data/orders-0 takes no more writes"));
  EXPECT_TRUE(test.read(0)) << "what was served is still served";
}

TEST(Log, ARestartAfterAFailedSyncGoesByTheDiskNotByMemory) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    LogFixture test(seed);
    test.must_open();
    ASSERT_TRUE(test.append_durably(make_batch(1000, 1, 300)));
    test.disk().fail_next(sim::DiskCall::Sync, sim::Fault::InputOutput, ".log");
    ASSERT_FALSE(test.append_durably(make_batch(2000, 3, 500)));
    // What the failed sync let go of can be read until the power fails, and no sync brings it back.
    test.kill_and_reopen({.recovery_point = Offset{1}});
    const auto next = test.append_durably(make_batch(3000, 1, 300));
    ASSERT_TRUE(next);
    test.crash();
    test.must_open({.recovery_point = Offset{1}});
    ASSERT_EQ(test.log->log_end().value, next->last.value + 1) << "lost an acknowledged record";
    EXPECT_EQ(test.offsets(0), range(0, test.log->log_end().value));
  }
}

TEST(Log, AReadOnlyDiskIsAClearError) {
  LogFixture test;
  test.must_open();
  ASSERT_TRUE(test.append_durably(make_batch(1000)));
  test.disk().set_read_only(true);
  EXPECT_EQ(test.append(make_batch(2000)).error().code, ErrorCode::KafkaStorageError);
  test.disk().heal();
  LogFixture fresh;
  fresh.must_open();
  fresh.disk().set_read_only(true);
  EXPECT_EQ(fresh.append(make_batch(1)).error().code, ErrorCode::KafkaStorageError);
  fresh.disk().heal();
  EXPECT_EQ(fresh.append_durably(make_batch(1))->base, Offset{0});
}

TEST(Log, PageCacheDurabilityAcknowledgesBeforeTheSync) {
  LogFixture test;
  test.options.durability = Durability::PageCache;
  test.options.flush_messages = 10;
  test.must_open();
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(test.append(make_batch(1000 + i)));
    EXPECT_EQ(test.log->durable_end(), Offset{i + 1});
  }
  test.world.run_until_idle();
  const std::uint64_t syncs = test.syncer->syncs();
  ASSERT_TRUE(test.append(make_batch(2000)));
  test.world.run_until_idle();
  EXPECT_EQ(test.syncer->syncs(), syncs);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(test.append(make_batch(3000 + i)));
  test.world.run_until_idle();
  EXPECT_GT(test.syncer->syncs(), syncs);
  EXPECT_GE(test.log->recovery_point(), Offset{10});
}

TEST(Log, AppendsThatWaitTogetherShareASync) {
  LogFixture test;
  test.must_open();
  ASSERT_TRUE(test.append_durably(make_batch(1)));
  test.world.run_until_idle();
  const std::uint64_t before = test.syncer->syncs();
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(test.append(make_batch(1000 + i)));
  ASSERT_TRUE(test.world.run(test.log->wait_durable(Offset{51})));
  EXPECT_LT(test.syncer->syncs() - before, 50U);
}

TEST(Log, AFolderOfAnotherTopicIsRefused) {
  LogFixture test;
  test.must_open();
  ASSERT_TRUE(test.append_durably(make_batch(1)));
  ASSERT_TRUE(test.world.run(test.log->close()));
  test.stop();
  test.start();
  const auto other =
      test.world.run(Log::open(test.shard(), *test.syncer, *test.cache, LogFixture::kFolder,
                               topic_id(8), std::make_shared<LogOptions>(), OpenFacts{}));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::InconsistentTopicId);
  EXPECT_THAT(other.error().detail, HasSubstr(to_text(topic_id(7).value)));
}

TEST(Log, LeftOversGoAndUnfinishedCompactionsAreRefused) {
  LogFixture test;
  test.must_open();
  ASSERT_TRUE(test.append_durably(make_batch(1)));
  const std::string folder = LogFixture::kFolder;
  for (const char* name : {"00000000000000000000.log.deleted", "00000000000000000000.index.cleaned",
                           "00000000000000000042.timeindex", "leader-epoch-checkpoint.tmp"}) {
    ASSERT_TRUE(test.disk().open(folder + "/" + name, env::OpenMode::CreateNew));
  }
  test.kill_and_reopen();
  EXPECT_EQ(test.disk().list(folder)->size(), 5U);
  ASSERT_TRUE(
      test.disk().open(folder + "/00000000000000000000.log.swap", env::OpenMode::CreateNew));
  test.stop();
  test.start();
  EXPECT_THAT(test.open().error().detail, HasSubstr("start Apache Kafka on this folder once"));
}

TEST(Log, RemovalRenamesTheFolder) {
  LogFixture test;
  test.must_open();
  ASSERT_TRUE(test.append(make_batch(1)));
  const auto path = test.world.run(test.log->remove(topic_id(9).value));
  ASSERT_TRUE(path);
  EXPECT_EQ(*path, "/data/orders-0.00000000000000000000000000000009-delete");
  EXPECT_FALSE(test.disk().exists(LogFixture::kFolder));
  EXPECT_TRUE(test.disk().exists(*path));
  EXPECT_FALSE(test.append(make_batch(2)));
}

TEST(Log, ScansHeadersAndBatches) {
  LogFixture test;
  test.must_open();
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(test.append(make_batch(1000 + i, 2, 200)));
  for (const ScanDetail detail : {ScanDetail::Headers, ScanDetail::Batches}) {
    std::vector<std::int64_t> bases;
    const auto scanned = test.world.run(
        test.log->scan(Offset{7}, Offset{80}, detail, [&](Bytes bytes) -> Result<void> {
          bases.push_back((*wire::peek_batch(bytes))->base_offset.value);
          EXPECT_EQ(bytes.size() == wire::kBatchOverhead, detail == ScanDetail::Headers);
          return {};
        }));
    ASSERT_TRUE(scanned) << scanned.error().detail;
    ASSERT_EQ(bases.size(), 37U);
    EXPECT_EQ(bases.front(), 6);
    EXPECT_EQ(bases.back(), 78);
  }
  const auto refused = test.world.run(
      test.log->scan(Offset{0}, Offset{80}, ScanDetail::Headers,
                     [](Bytes) -> Result<void> { return fail(ErrorCode::CorruptMessage); }));
  EXPECT_EQ(refused.error().code, ErrorCode::CorruptMessage);
}

// Every kind of batch over several segments, for tests/formats/dump_log.py to show to Apache
// Kafka's dump tool: with THALWEG_EXPORT naming a folder the log is copied there.
// A transaction of one batch, and its end.
void abort_one(LogFixture& test, int number) {
  const ProducerId producer{number + 1};
  const Offset first = test.log->log_end();
  wire::BatchBuilder batch({.producer_id = producer,
                            .producer_epoch = ProducerEpoch{0},
                            .base_sequence = 0,
                            .transactional = true});
  batch.add(Timestamp{1700000000000 + number}, as_bytes("key"), as_bytes("aborted"));
  ASSERT_TRUE(test.append(batch.finish(), number / 100));
  wire::BatchBuilder marker({.producer_id = producer,
                             .producer_epoch = ProducerEpoch{0},
                             .transactional = true,
                             .control = true});
  marker.add(Timestamp{1700000000000 + number}, as_bytes(std::string_view("\0\0\0\0", 4)),
             as_bytes(std::string_view("\0\0\0\0\0\1", 6)));
  ByteVector bytes = marker.finish();
  const Offset last = test.log->log_end();
  ASSERT_TRUE(test.world.run(
      test.log->append(bytes, LeaderEpoch{number / 100}, Timestamp{1000},
                       logs::AbortedTxn{producer, first, last, Offset{last.value + 1}})));
}

TEST(Log, WritesEveryCodecAndLeavesSoundIndexes) {
  LogFixture test;
  test.options.segment_bytes = 20000;
  test.must_open();
  using wire::Codec;
  const Codec codecs[] = {Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd};
  for (int i = 0; i < 400; ++i) {
    const Timestamp began{1700000000000 + std::int64_t{10} * i - std::int64_t{30} * (i % 7)};
    wire::BatchBuilder builder({.compression = {.codec = codecs[i % 5]}});
    for (int r = 0; r <= i % 4; ++r) {
      const std::string value(static_cast<std::size_t>(i * 7 % 300), static_cast<char>('a' + r));
      builder.add(Timestamp{began.value + r}, as_bytes("key"), as_bytes(value));
    }
    ASSERT_TRUE(test.append(builder.finish(), i / 100));
    if (i % 20 == 0) abort_one(test, i);
  }
  const Offset end = test.log->log_end();
  EXPECT_GT(test.log->segment_count(), 2U);
  ASSERT_TRUE(test.world.run(test.log->close()));
  const char* to = std::getenv("THALWEG_EXPORT");
  const auto entries = test.disk().list(LogFixture::kFolder);
  for (const env::DirEntry& entry : *entries) {
    const auto content = test.disk().content(std::string(LogFixture::kFolder) + "/" + entry.name);
    ASSERT_TRUE(content);
    if (!to) continue;
    std::ofstream(std::string(to) + "/" + entry.name, std::ios::binary) << as_text(*content);
  }
  test.stop();
  test.start();
  test.must_open({.recovery_point = {}});
  EXPECT_TRUE(test.report.findings.empty());
  EXPECT_EQ(test.log->log_end(), end);
  const auto aborted = test.world.run(test.log->aborted_within(Offset{0}, end));
  ASSERT_TRUE(aborted);
  EXPECT_EQ(aborted->size(), 20U);
}

}  // namespace
}  // namespace store
