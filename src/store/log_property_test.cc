// Random appends, reads, cuts, retention, restarts and crashes against a model. What the log said
// is durable survives everything; what it serves is what was appended, in order, without holes.
#include <algorithm>
#include <cstdlib>
#include <random>

#include "store/log_fixture.h"

namespace store {
namespace {

struct ModelBatch {
  std::int64_t base = 0;
  std::int64_t end = 0;
  ByteVector bytes = {};  // As they were given back by the log, that is with offset and epoch.
  std::vector<std::int64_t> times = {};
};

class LogRun {
 public:
  explicit LogRun(std::uint64_t seed) : test_(seed), random_(seed) {
    test_.options.segment_bytes = static_cast<std::uint32_t>(500 + pick(4000));
    test_.options.index_interval_bytes = static_cast<std::uint32_t>(pick(400));
    test_.options.retention_ms = 400;
    if (pick(4) == 0) test_.options.durability = Durability::PageCache;
    test_.must_open();
  }

  void go(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFatalFailure(); ++i) step();
    compare();
  }

 private:
  std::int64_t pick(std::int64_t bound) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(bound));
  }
  Log& log() { return *test_.log; }
  std::int64_t end() const { return model_.empty() ? empty_at_ : model_.back().end; }

  void step() {
    switch (pick(20)) {
      case 0:
        return truncate();
      case 1:
        return advance();
      case 2:
        return retain();
      case 3:
        return restart();
      case 4:
        return kill();
      case 5:
        return crash();
      case 6:
        return compare();
      case 7:
        return compare_times();
      case 8:
        return checkpoint();
      case 9:
        return refuse();
      default:
        return append();
    }
  }

  void append() {
    ModelBatch batch{.base = end()};
    std::vector<TestRecord> records;
    for (std::int64_t i = 0, count = 1 + pick(4); i < count; ++i) {
      now_ += pick(20);
      batch.times.push_back(std::max<std::int64_t>(0, now_ - pick(50)));
      records.push_back(
          {Timestamp{batch.times.back()}, std::string(static_cast<std::size_t>(pick(200)), 'x')});
    }
    if (pick(30) == 0) ++epoch_;
    ByteVector bytes = make_batch(records);
    const auto appended =
        test_.world.run(log().append(bytes, LeaderEpoch{epoch_}, Timestamp{now_}));
    ASSERT_TRUE(appended) << appended.error().detail;
    ASSERT_EQ(appended->base.value, batch.base);
    batch.end = appended->last.value + 1;
    batch.bytes = std::move(bytes);
    model_.push_back(std::move(batch));
    if (pick(3) == 0) ASSERT_TRUE(test_.world.run(log().wait_durable(log().log_end())));
  }

  void refuse() {
    test_.disk().fail_next(sim::DiskCall::Write, sim::Fault::NoSpace, LogFixture::kFolder);
    ByteVector bytes = make_batch(now_, 2, 100);
    const auto refused = test_.world.run(log().append(bytes, LeaderEpoch{epoch_}, Timestamp{now_}));
    test_.disk().heal();
    EXPECT_FALSE(refused);
    EXPECT_EQ(log().log_end().value, end());
    EXPECT_FALSE(log().offline());
  }

  void truncate() {
    if (model_.empty()) return;
    const std::size_t keep = model_.size() - static_cast<std::size_t>(pick(std::min<std::int64_t>(
                                                 4, static_cast<std::int64_t>(model_.size()) + 1)));
    empty_at_ = model_.front().base;
    model_.resize(keep);
    const auto cut = test_.world.run(log().truncate_to(Offset{end()}));
    ASSERT_TRUE(cut) << cut.error().detail;
    point_ = std::min(point_, log().recovery_point());
    start_ = std::min(start_, log().log_start());
  }

  void advance() {
    const std::int64_t start = log().log_start().value;
    const std::int64_t most = log().recovery_point().value - start;  // The high watermark.
    if (most < 0) return;
    const Offset to{start + pick(std::min<std::int64_t>(10, most + 1))};
    ASSERT_TRUE(test_.world.run(log().advance_log_start(to)));
    EXPECT_EQ(log().log_start(), to);
  }

  void retain() {
    const auto removed =
        test_.world.run(log().apply_retention(Timestamp{now_}, log().durable_end()));
    ASSERT_TRUE(removed) << removed.error().detail;
  }

  void checkpoint() {
    point_ = log().recovery_point();
    start_ = log().log_start();
  }

  void restart() {
    test_.close_cleanly_and_reopen();
    expect_in_order();
    checkpoint();
    ASSERT_EQ(log().log_end().value, end());
  }

  void kill() {
    test_.kill_and_reopen({.recovery_point = point_, .log_start = start_});
    expect_in_order();
    ASSERT_EQ(log().log_end().value, end());
    checkpoint();
  }

  // A refused write may have left its temporary file, and nothing else.
  void expect_in_order() {
    for (const logs::Finding& finding : test_.report.findings) {
      EXPECT_EQ(finding.kind, logs::Finding::Kind::LeftOver) << to_text(finding);
    }
  }

  void crash() {
    const Offset promised = log().recovery_point();
    test_.crash();
    test_.must_open({.recovery_point = point_, .log_start = start_});
    if (testing::Test::HasFatalFailure()) return;
    ASSERT_GE(log().log_end(), promised);
    ASSERT_LE(log().log_end().value, end());
    ASSERT_GE(log().log_start(), start_);
    while (!model_.empty() && model_.back().end > log().log_end().value) {
      empty_at_ = model_.back().base;
      model_.pop_back();
    }
    ASSERT_EQ(log().log_end().value, end()) << "a batch is there as a whole or not at all";
    checkpoint();
    compare();
  }

  static std::string bases(Bytes run) {
    std::string text;
    wire::BatchIterator batches(run);
    for (auto batch = batches.next(); batch && *batch; batch = batches.next()) {
      text += std::to_string((*batch)->header.base_offset.value) + "/" +
              std::to_string((*batch)->header.leader_epoch.value) + " ";
    }
    return text + std::to_string(run.size());
  }

  void compare() {
    const std::int64_t start = log().log_start().value;
    const std::int64_t from = start + pick(end() - start + 1);
    ByteVector expected;
    for (const ModelBatch& batch : model_) {
      if (batch.end <= from) continue;
      expected.insert(expected.end(), batch.bytes.begin(), batch.bytes.end());
    }
    const auto whole = test_.read(from);
    ASSERT_TRUE(whole) << whole.error().detail;
    ASSERT_TRUE(*whole == expected)
        << "from " << from << ": " << bases(*whole) << "\nexpected " << bases(expected);
    const auto max = static_cast<std::size_t>(1 + pick(3000));
    const std::int64_t upper = from + pick(end() - from + 1);
    const auto part = test_.world.run(log().read(Offset{from}, max, Offset{upper}));
    ASSERT_TRUE(part);
    std::size_t size = 0;
    std::int64_t next = from;
    for (const ModelBatch& batch : model_) {
      if (batch.end <= from) continue;
      if (batch.end > upper || (size > 0 && size + batch.bytes.size() > max)) break;
      size += batch.bytes.size();
      next = batch.end;
      if (size >= max) break;
    }
    ASSERT_EQ(part->size, size) << from << " to " << upper << " max " << max;
    ASSERT_EQ(part->next.value, next);
  }

  void compare_times() {
    const std::int64_t at = std::max<std::int64_t>(0, now_ - pick(600));
    std::optional<std::int64_t> expected;
    std::int64_t newest = -1;
    for (const ModelBatch& batch : model_) {
      for (std::size_t i = 0; i < batch.times.size(); ++i) {
        const std::int64_t offset = batch.base + static_cast<std::int64_t>(i);
        if (offset < log().log_start().value) continue;
        if (!expected && batch.times[i] >= at) expected = offset;
        newest = std::max(newest, batch.times[i]);
      }
    }
    const auto found = test_.world.run(log().find_by_time(Timestamp{at}));
    ASSERT_TRUE(found) << found.error().detail;
    ASSERT_EQ(*found ? std::optional((*found)->offset.value) : std::nullopt, expected) << at;
  }

  LogFixture test_;
  std::mt19937_64 random_;
  std::vector<ModelBatch> model_;  // What was appended and not cut; also below the start.
  std::int64_t empty_at_ = 0;
  std::int64_t now_ = 1000;
  std::int32_t epoch_ = 0;
  Offset point_;
  Offset start_;
};

TEST(LogProperty, ServesWhatWasAppendedAndKeepsWhatWasPromised) {
  const char* only = std::getenv("SEED");
  const std::uint64_t first = only ? std::stoull(only) : 1;
  const std::uint64_t last = only ? first : 150;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    SCOPED_TRACE("SEED=" + std::to_string(seed));
    LogRun(seed).go(150);
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace store
