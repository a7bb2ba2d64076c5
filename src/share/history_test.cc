// Properties of a share partition over random histories: members that acquire, acknowledge in every
// way, vanish and fall silent; writes that are slow or fail; restarts that read the state back.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "share/share_partition.h"

namespace share {
namespace {

const Key kKey{GroupId{"workers"}, {}, {}};
constexpr std::int64_t kLogEnd = 120;

class History {
 public:
  explicit History(std::uint32_t seed) : random_(seed) {
    limits_ = {.most_deliveries = 3, .most_locks = 25, .lock = Millis{500}};
    write(*decide_initialize(state_, kKey, {0, Offset{0}}, Timestamp{0}));
    partition_ = restore(*state_.find(kKey));
    for (std::int64_t at = 0; at < kLogEnd;) {
      const std::int64_t last = at + static_cast<std::int64_t>(pick(6));
      batches_.push_back({Offset{at}, Offset{last}});
      at = last + 1 + (pick(10) == 0 ? 2 : 0);  // Compaction leaves gaps.
    }
  }

  void run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFatalFailure(); ++i) {
      now_ = now_ + Millis(pick(100));
      one();
      check();
    }
  }

  // Somebody who means well finishes all that is left.
  void finish_all() {
    if (open_) settle(true);
    for (int i = 0; i < 10'000 && partition_.start <= batches_.back().last; ++i) {
      now_ = now_ + Millis(600);
      const Change expired = decide_expiry(partition_, limits_, now_);
      if (!expired.empty()) start(expired), settle(true);
      take(MemberId{"last"}, 1000);
      accept_all(MemberId{"last"});
    }
    ASSERT_GT(partition_.start, batches_.back().last) << "a record is never delivered again";
    ASSERT_FALSE(testing::Test::HasFatalFailure());
  }
  int restarts() const { return restarts_; }
  int acknowledged() const { return acknowledged_; }

 private:
  std::size_t pick(std::size_t below) { return random_() % below; }
  MemberId somebody() { return MemberId{std::string(1, static_cast<char>('a' + pick(4)))}; }

  void one() {
    switch (pick(9)) {
      case 0:
      case 1:
      case 2:
        return take(somebody(), 1 + static_cast<std::int64_t>(pick(12)));
      case 3:
      case 4:
      case 5:
        return acknowledge(somebody());
      case 6:
        if (open_) return settle(pick(6) != 0);
        return start(pick(2) == 0 ? decide_release(partition_, somebody(), limits_)
                                  : decide_expiry(partition_, limits_, now_));
      case 7:
        if (pick(8) == 0) restart();
        return;
      default:
        if (pick(20) == 0) {
          log_start_ = std::max(log_start_, after(partition_.start));
          forget_below(partition_, log_start_);
        }
        if (open_) settle(true);
    }
  }

  void take(const MemberId& member, std::int64_t most) {
    std::vector<Range> at_hand;
    const Offset from = next_offset(partition_);
    for (const Range& batch : batches_) {
      if (batch.last >= from) at_hand.push_back(batch);
    }
    if (!at_hand.empty()) skip_gaps(partition_, from, at_hand, after(at_hand.back().last));
    const auto ranges = decide_acquire(
        partition_, {.member = member, .batches = at_hand, .most_records = most}, limits_);
    for (const AcquiredRange& acquired : ranges) {
      for (auto at = acquired.range.first; at <= acquired.range.last; at = after(at)) {
        ASSERT_FALSE(owner_.contains(at)) << "given to two: " << at.value;
        ASSERT_FALSE(done_.contains(at)) << "given out though it was done with: " << at.value;
        ASSERT_LE(acquired.delivery_count, limits_.most_deliveries);
        owner_[at] = member;
      }
    }
    acquire(partition_, member, ranges, now_ + limits_.lock);
  }

  void accept_all(const MemberId& member) {
    for (const auto& [at, owner] : std::map(owner_)) {
      if (owner != member || at < partition_.start) continue;
      const auto change = decide_acknowledge(partition_, member, {{{at, at}, {1}}}, false, limits_);
      ASSERT_TRUE(change);
      start(*change);
      settle(true);
    }
  }

  void acknowledge(const MemberId& member) {
    if (open_) return;
    const Offset first{partition_.start.value + static_cast<std::int64_t>(pick(20))};
    const Offset last{first.value + static_cast<std::int64_t>(pick(8))};
    std::vector<std::int8_t> types;
    for (auto at = first; at <= last; at = after(at)) {
      types.push_back(static_cast<std::int8_t>(pick(5)));
    }
    const auto change =
        decide_acknowledge(partition_, member, {{{first, last}, types}}, true, limits_);
    bool all_mine = true;
    for (auto at = first; at <= last; at = after(at)) {
      const auto owner = owner_.find(at);
      all_mine = all_mine && owner != owner_.end() && owner->second == member;
    }
    ASSERT_EQ(change.has_value(), all_mine);
    if (change) start(*change);
  }

  void start(const Change& change) {
    if (open_ || change.empty()) return;
    writing_ = to_write(partition_, change);
    begin(partition_, change, now_ + limits_.lock);
    open_ = change;
  }

  void settle(bool durable) {
    const Change change = *std::exchange(open_, std::nullopt);
    if (!durable) return undo(partition_, change);
    write(*decide_write(state_, kKey, writing_, 5, Timestamp{0}));
    finish(partition_, change);
    for (const StateBatch& batch : change.settled) {
      for (auto at = batch.range.first; at <= batch.range.last; at = after(at)) {
        owner_.erase(at);
        if (!is_done(batch.state)) continue;
        ASSERT_TRUE(done_.emplace(at, true).second) << "done with twice: " << at.value;
        ++acknowledged_;
      }
    }
  }

  void write(const Record& record) {
    share::apply(state_, record);
    log_.push_back(encode(record));
  }

  // Everything in memory is lost: the log is read, and who had records has them no more. A write
  // that was under way may be in the log or not.
  void restart() {
    if (open_) settle(pick(2) == 0);
    State state;
    for (const Encoded& encoded : log_) {
      const std::optional<Bytes> value =
          encoded.value ? std::optional<Bytes>(*encoded.value) : std::nullopt;
      const auto record = decode(encoded.key, value);
      ASSERT_TRUE(record && *record);
      share::apply(state, **record);
    }
    ASSERT_EQ(state, state_);
    SharePartition loaded = restore(*state.find(kKey));
    forget_below(loaded, log_start_);
    // What the log has no records for is not written down: it is found out again.
    skip_gaps(loaded, loaded.start, batches_, after(batches_.back().last));
    skip_gaps(partition_, partition_.start, batches_, after(batches_.back().last));
    ASSERT_EQ(loaded.start, partition_.start);
    ASSERT_EQ(durable(loaded), durable(partition_));
    ASSERT_EQ(loaded.complete, partition_.complete);
    partition_ = std::move(loaded);
    owner_.clear();
    ++restarts_;
  }

  // What a restart may not lose: where things stand but for deliveries under way.
  static std::map<Offset, Delivery> durable(const SharePartition& partition) {
    std::map<Offset, Delivery> all;
    partition.runs.each([&](Range range, const Fate& fate) {
      Delivery delivery{fate.delivery_count, fate.state};
      if (fate.state == RecordState::Acquired) {
        delivery = {static_cast<std::int16_t>(fate.delivery_count - 1), RecordState::Available};
      }
      if (delivery == Delivery{}) return;
      for (auto at = range.first; at <= range.last; at = after(at)) all[at] = delivery;
    });
    return all;
  }

  void check() {
    std::erase_if(owner_, [this](const auto& held) { return held.first < partition_.start; });
    std::int64_t complete = 0;
    partition_.runs.each([&](Range range, const Fate& fate) {
      ASSERT_GE(range.first, partition_.start);
      ASSERT_LE(range.first, range.last);
      if (is_done(fate.state)) complete += length(range);
      if (range.first == partition_.start) ASSERT_FALSE(is_done(fate.state));
    });
    ASSERT_EQ(complete, partition_.complete);
  }

  std::mt19937 random_;
  Limits limits_;
  std::vector<Range> batches_;
  Offset log_start_{0};
  Instant now_{};
  State state_;
  std::vector<Encoded> log_;
  SharePartition partition_;
  std::optional<Change> open_;  // Being written.
  Write writing_;
  std::map<Offset, MemberId> owner_;
  std::map<Offset, bool> done_;
  int restarts_ = 0;
  int acknowledged_ = 0;
};

TEST(ShareHistory, NothingIsGivenToTwoDoneTwiceOrLost) {
  int restarts = 0;
  int acknowledged = 0;
  for (std::uint32_t seed = 0; seed < 400 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    History history(seed);
    history.run(400);
    history.finish_all();
    restarts += history.restarts();
    acknowledged += history.acknowledged();
  }
  EXPECT_GT(restarts, 400);
  EXPECT_GT(acknowledged, 20'000);
}

}  // namespace
}  // namespace share
