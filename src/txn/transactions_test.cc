#include "txn/transactions.h"

#include <gtest/gtest.h>

#include <random>

#include "testing/gives.h"

namespace txn {
namespace {

const TransactionalId kId{"transfers"};
constexpr Timestamp kNow{1'000'000};
constexpr Millis kTimeout{60'000};
constexpr std::int16_t kLastGiven = 32766;

TopicPartition part(std::int32_t index) { return {TopicName{"orders"}, PartitionIndex{index}}; }

std::string to_text(const ProducerIdentity& producer) {
  return std::to_string(producer.id.value) + "/" + std::to_string(producer.epoch.value);
}

std::string to_text(const Transaction& transaction) {
  std::string text(name_of(transaction.status));
  text += " " + to_text(transaction.producer);
  for (const TopicPartition& at : transaction.partitions) {
    text += " " + std::to_string(at.partition.value);
  }
  return text;
}

// One coordinator as the broker drives it: gives fresh ids where asked, and writes down what was
// decided.
class Driver {
 public:
  // What came of a wish: whom it was granted to, an error's number, or "again".
  std::string init(std::optional<ProducerIdentity> known = {}) {
    const auto decided =
        decide([&](auto fresh) { return decide_init(find(), {kTimeout, known}, fresh, now); });
    return take(decided);
  }
  std::string add(const ProducerIdentity& who, std::int32_t partition,
                  Protocol protocol = Protocol::Second) {
    return take(decide_add(find(), {who, {part(partition)}, protocol}, now));
  }
  std::string end(const ProducerIdentity& who, bool commit, Protocol protocol = Protocol::Second) {
    const End wish{who, commit, protocol};
    return take(decide([&](auto fresh) { return decide_end(find(), wish, fresh, now); }));
  }
  // The markers are written.
  void complete() {
    if (find() && find()->is_ending()) put(decide_complete(*find(), now));
  }
  void time_out() {
    const Millis open_for{now.value - find()->started.value};
    if (auto next = decide_timeout(*find(), open_for, now)) put(std::move(*next));
  }

  const Transaction* find() const { return state.find(kId); }
  std::string standing() const { return find() ? to_text(*find()) : "nothing"; }
  void put(Transaction next) {
    log.emplace_back(Stored{kId, std::move(next)});
    txn::apply(state, log.back());
  }

  Transactions state;
  std::vector<Record> log;
  Timestamp now = kNow;
  std::int64_t ids = 100;

 private:
  template <class Decide>
  Result<Decision> decide(Decide decide) {
    Result<Decision> decided = decide(std::optional<ProducerId>{});
    if (decided && decided->wants_producer_id) decided = decide(ProducerId{ids++});
    return decided;
  }

  std::string take(const Result<Decision>& decided) {
    if (!decided) return std::string(::name_of(decided.error().code));
    if (decided->next) put(*decided->next);
    const bool is_granted = decided->granted.id != kNoProducerId;
    return is_granted ? to_text(decided->granted) : "again";
  }
};

ProducerIdentity producer(std::int64_t id, std::int16_t epoch) {
  return {ProducerId{id}, ProducerEpoch{epoch}};
}

TEST(Transactions, GivesEachTransactionAnEpochOfItsOwnInTheSecondProtocol) {
  Driver driver;
  EXPECT_EQ(driver.init(), "100/0");
  EXPECT_EQ(driver.add(producer(100, 0), 1), "100/0");
  EXPECT_EQ(driver.add(producer(100, 0), 2), "100/0");
  EXPECT_EQ(driver.standing(), "Ongoing 100/0 1 2");
  EXPECT_EQ(driver.end(producer(100, 0), true), "100/1");
  EXPECT_EQ(driver.standing(), "PrepareCommit 100/1 1 2") << "markers are of the new epoch";
  driver.complete();
  EXPECT_EQ(driver.standing(), "CompleteCommit 100/1");
  EXPECT_EQ(driver.add(producer(100, 1), 3), "100/1");
  EXPECT_EQ(driver.end(producer(100, 1), false), "100/2");
  EXPECT_EQ(driver.standing(), "PrepareAbort 100/2 3");
}

TEST(Transactions, KeepsTheEpochInTheFirstProtocol) {
  Driver driver;
  driver.init();
  const ProducerIdentity who = producer(100, 0);
  EXPECT_EQ(driver.add(who, 1, Protocol::First), "100/0");
  EXPECT_EQ(driver.end(who, true, Protocol::First), "100/0");
  EXPECT_EQ(driver.end(who, true, Protocol::First), "ConcurrentTransactions");
  EXPECT_EQ(driver.end(who, false, Protocol::First), "InvalidTxnState");
  driver.complete();
  EXPECT_EQ(driver.end(who, true, Protocol::First), "100/0") << "asked twice";
  EXPECT_EQ(driver.end(who, false, Protocol::First), "InvalidTxnState");
}

TEST(Transactions, AnswersAnEndThatIsRepeated) {
  Driver driver;
  driver.init();
  const ProducerIdentity before = producer(100, 0);
  driver.add(before, 1);
  driver.end(before, true);
  EXPECT_EQ(driver.end(before, true), "ConcurrentTransactions") << "while markers are written";
  EXPECT_EQ(driver.end(before, false), "InvalidTxnState");
  driver.complete();
  EXPECT_EQ(driver.end(before, true), "100/1");
  EXPECT_EQ(driver.end(before, false), "InvalidTxnState");
  EXPECT_EQ(driver.standing(), "CompleteCommit 100/1");
}

TEST(Transactions, AbortsWhatNothingJoinedYet) {
  Driver driver;
  driver.init();
  EXPECT_EQ(driver.end(producer(100, 0), true), "InvalidTxnState");
  EXPECT_EQ(driver.end(producer(100, 0), false), "100/1");
  EXPECT_EQ(driver.standing(), "CompleteAbort 100/1");
  EXPECT_EQ(driver.end(producer(100, 0), false), "100/1") << "repeated";
  EXPECT_EQ(driver.end(producer(100, 1), false), "100/2") << "the next one";
  EXPECT_EQ(driver.end(producer(100, 2), true), "InvalidTxnState");
}

TEST(Transactions, ShutsOutWhoeverHadTheIdBefore) {
  Driver driver;
  driver.init();
  driver.add(producer(100, 0), 1);
  EXPECT_EQ(driver.init(), "again") << "what is under way is aborted first";
  EXPECT_EQ(driver.standing(), "PrepareAbort 100/1 1");
  EXPECT_EQ(driver.init(), "ConcurrentTransactions");
  EXPECT_EQ(driver.add(producer(100, 0), 2), "ProducerFenced");
  driver.complete();
  EXPECT_EQ(driver.init(), "100/2");
  EXPECT_EQ(driver.add(producer(100, 0), 2), "ProducerFenced");
  EXPECT_EQ(driver.add(producer(100, 1), 2), "ProducerFenced");
  EXPECT_EQ(driver.end(producer(100, 0), true), "ProducerFenced");
  EXPECT_EQ(driver.add(producer(7, 2), 2), "InvalidProducerIdMapping");
  EXPECT_EQ(driver.end(producer(7, 2), true), "InvalidProducerIdMapping");
  EXPECT_EQ(driver.standing(), "Empty 100/2");
}

TEST(Transactions, KnowsNothingOfIdsThatNeverBegan) {
  Driver driver;
  EXPECT_EQ(driver.add(producer(100, 0), 2), "InvalidProducerIdMapping");
  EXPECT_EQ(driver.end(producer(100, 0), true), "InvalidProducerIdMapping");
  EXPECT_EQ(driver.standing(), "nothing");
}

TEST(Transactions, LetsAProducerGoOnAfterAFailure) {
  struct Row {
    const char* why;
    ProducerIdentity known;
    const char* outcome;
  };
  // Each row begins with the producer at epoch 3, after one that went on from epoch 2.
  const Row rows[] = {
      {"the next epoch", producer(100, 3), "100/4"},
      {"it asks again, for the answer was lost", producer(100, 2), "100/3"},
      {"one that is too old", producer(100, 1), "ProducerFenced"},
      {"one that nobody was given", producer(100, 9), "ProducerFenced"},
      {"another's id", producer(55, 3), "ProducerFenced"},
  };
  for (const Row& row : rows) {
    Driver driver;
    for (int i = 0; i < 3; ++i) driver.init();
    ASSERT_EQ(driver.init(producer(100, 2)), "100/3");
    EXPECT_EQ(driver.init(row.known), row.outcome) << row.why;
  }
  Driver rival;
  rival.init();
  rival.init(producer(100, 0));
  ASSERT_EQ(rival.init(), "100/2") << "somebody else begins";
  EXPECT_EQ(rival.init(producer(100, 0)), "ProducerFenced");
  EXPECT_EQ(rival.init(producer(100, 1)), "ProducerFenced");
}

Driver with_epoch(std::int16_t epoch) {
  Driver driver;
  driver.put({.producer = producer(99, epoch), .timeout = kTimeout, .updated = kNow});
  return driver;
}

TEST(Transactions, TakesANewIdWhenTheEpochsRunOut) {
  Driver at_init = with_epoch(kLastGiven);
  EXPECT_EQ(at_init.init(), "100/0");
  EXPECT_EQ(at_init.add(producer(99, kLastGiven), 1), "InvalidProducerIdMapping");

  Driver going_on = with_epoch(kLastGiven);
  EXPECT_EQ(going_on.init(producer(99, kLastGiven)), "100/0");
  EXPECT_EQ(going_on.init(producer(99, kLastGiven)), "100/0") << "the answer was lost";

  Driver at_end = with_epoch(kLastGiven);
  at_end.add(producer(99, kLastGiven), 1);
  EXPECT_EQ(at_end.end(producer(99, kLastGiven), true), "100/0");
  EXPECT_EQ(at_end.standing(), "PrepareCommit 99/32767 1") << "markers are still of the old id";
  at_end.complete();
  EXPECT_EQ(at_end.standing(), "CompleteCommit 100/0");
  EXPECT_EQ(at_end.end(producer(99, kLastGiven), true), "100/0") << "repeated";
  EXPECT_EQ(at_end.end(producer(99, kLastGiven), false), "InvalidTxnState");
  EXPECT_EQ(at_end.add(producer(100, 0), 1), "100/0");

  Driver empty = with_epoch(kLastGiven);
  EXPECT_EQ(empty.end(producer(99, kLastGiven), false), "100/0");

  Driver fenced = with_epoch(kLastGiven);
  fenced.add(producer(99, kLastGiven), 1);
  EXPECT_EQ(fenced.init(), "again");
  EXPECT_EQ(fenced.standing(), "PrepareAbort 99/32767 1") << "one epoch is kept for this";
  fenced.complete();
  EXPECT_EQ(fenced.end(producer(99, kLastGiven), false), "ProducerFenced") << "and never given";
  EXPECT_EQ(fenced.add(producer(99, 32767), 1), "ProducerFenced");
  EXPECT_EQ(fenced.init(), "100/0");
}

TEST(Transactions, TellsWhichPartitionsAreIn) {
  Driver driver;
  driver.init();
  const ProducerIdentity who = producer(100, 0);
  const auto code = [&](const ProducerIdentity& asks, std::int32_t partition) {
    const auto checked = check_part(driver.find(), asks, part(partition));
    return checked ? ErrorCode::None : checked.error().code;
  };
  EXPECT_EQ(code(who, 1), ErrorCode::TransactionAbortable) << "before any joined";
  driver.add(who, 1, Protocol::First);
  EXPECT_EQ(code(who, 1), ErrorCode::None);
  EXPECT_EQ(code(who, 2), ErrorCode::TransactionAbortable);
  EXPECT_EQ(code(producer(100, 1), 1), ErrorCode::ProducerFenced);
  EXPECT_EQ(code(producer(101, 0), 1), ErrorCode::InvalidProducerIdMapping);
  driver.end(who, true, Protocol::First);
  EXPECT_EQ(code(who, 1), ErrorCode::ConcurrentTransactions);
  driver.complete();
  EXPECT_EQ(code(who, 1), ErrorCode::TransactionAbortable) << "the one before does not count";
}

TEST(Transactions, AbortsWhatTakesTooLong) {
  Driver driver;
  driver.init();
  driver.time_out();
  EXPECT_EQ(driver.standing(), "Empty 100/0") << "nothing is under way";
  driver.add(producer(100, 0), 1);
  driver.now = Timestamp{kNow.value + kTimeout.count() - 1};
  driver.add(producer(100, 0), 2);
  driver.time_out();
  EXPECT_EQ(driver.standing(), "Ongoing 100/0 1 2");
  driver.now = Timestamp{kNow.value + kTimeout.count()};
  driver.time_out();
  EXPECT_EQ(driver.standing(), "PrepareAbort 100/1 1 2") << "counted from its beginning";
  driver.complete();
  EXPECT_EQ(driver.end(producer(100, 0), true), "InvalidTxnState");
  EXPECT_EQ(driver.end(producer(100, 0), false), "100/1") << "it may go on once it knows";
}

TEST(Transactions, LeavesWhatSomebodyElseEndsToThem) {
  Transaction current{.producer = producer(100, 0),
                      .timeout = kTwoPhases,
                      .status = Status::Ongoing,
                      .started = kNow};
  EXPECT_FALSE(decide_timeout(current, kTwoPhases, kNow));
  EXPECT_FALSE(decide_timeout(current, 10 * kTwoPhases, kNow));
  current.timeout -= Millis{1};
  EXPECT_TRUE(decide_timeout(current, kTwoPhases, kNow));
}

TEST(Transactions, ForgetsIdsThatAreIdle) {
  Driver driver;
  driver.init();
  const Millis idle{1000};
  EXPECT_FALSE(is_expired(*driver.find(), idle, Timestamp{kNow.value + 999}));
  EXPECT_TRUE(is_expired(*driver.find(), idle, Timestamp{kNow.value + 1000}));
  driver.add(producer(100, 0), 1);
  EXPECT_FALSE(is_expired(*driver.find(), idle, Timestamp{kNow.value + 1000})) << "under way";
  driver.end(producer(100, 0), true);
  EXPECT_FALSE(is_expired(*driver.find(), idle, Timestamp{kNow.value + 1000})) << "ending";
  driver.complete();
  EXPECT_TRUE(is_expired(*driver.find(), idle, Timestamp{kNow.value + 1000}));
}

Result<std::optional<Record>> reread(const Record& record) {
  const wire::CoordinatorRecord bytes = encode(record);
  return decode(bytes.key, bytes.value ? std::optional<Bytes>(*bytes.value) : std::nullopt);
}

// What the log cannot tell.
Transactions forgetful(Transactions transactions) {
  for (auto& [id, transaction] : transactions.by_id) transaction.last_epoch = ProducerEpoch{-1};
  return transactions;
}

// Random wishes of producers that know, or once knew, what they are doing.
class History {
 public:
  explicit History(std::uint64_t seed) : random_(seed) {
    if (pick(4) == 0) driver = with_epoch(kLastGiven - 3);
  }

  void step() {
    driver.now = Timestamp{driver.now.value + pick(20'000)};
    const Protocol protocol = pick(3) == 0 ? Protocol::First : Protocol::Second;
    const std::int16_t before = epoch();
    const std::int64_t id = driver.find() ? driver.find()->producer.id.value : -1;
    switch (pick(6)) {
      case 0:
        note(driver.init(pick(2) == 0 ? std::optional(anybody()) : std::nullopt));
        break;
      case 1:
      case 2:
        driver.add(anybody(), pick(4), protocol);
        break;
      case 3:
        note(driver.end(anybody(), pick(2) == 0, protocol));
        break;
      case 4:
        driver.complete();
        break;
      default:
        if (driver.find()) driver.time_out();
    }
    if (driver.find() && driver.find()->producer.id.value == id) {
      EXPECT_GE(epoch(), before) << "epochs never go back";
    }
  }

  Driver driver;

 private:
  int pick(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }
  std::int16_t epoch() const {
    return driver.find() ? driver.find()->producer.epoch.value : std::int16_t{-1};
  }
  // One that was granted something at some time, mostly the last.
  ProducerIdentity anybody() {
    if (granted_.empty()) return producer(100, 0);
    return pick(4) == 0 ? granted_[random_() % granted_.size()] : granted_.back();
  }
  void note(const std::string& outcome) {
    const std::size_t slash = outcome.find('/');
    if (slash == std::string::npos) return;
    granted_.push_back(producer(std::stoll(outcome.substr(0, slash)),
                                static_cast<std::int16_t>(std::stoi(outcome.substr(slash + 1)))));
  }

  std::mt19937_64 random_;
  std::vector<ProducerIdentity> granted_;
};

TEST(Transactions, ReplayEqualsLive) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    History history(seed);
    for (int i = 0; i < 200; ++i) history.step();
    Transactions replayed;
    for (const Record& record : history.driver.log) {
      const auto read = reread(record);
      ASSERT_TRUE(read && *read) << seed;
      txn::apply(replayed, **read);
    }
    ASSERT_EQ(replayed, forgetful(history.driver.state)) << seed;
  }
}

// Whoever was shut out by a new beginning has no part in anything from then on.
TEST(Transactions, NothingMovesForWhoWasShutOut) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    History history(seed);
    Driver& driver = history.driver;
    for (int i = 0; i < 50; ++i) history.step();
    driver.complete();
    if (!driver.find()) continue;
    const ProducerIdentity old = driver.find()->producer;
    while (driver.init() == "again") driver.complete();
    const std::string before = driver.standing();
    driver.add(old, 1);
    driver.add(old, 1, Protocol::First);
    driver.end(old, true);
    driver.end(old, false);
    driver.end(old, false, Protocol::First);
    ASSERT_EQ(driver.standing(), before) << seed;
  }
}

TEST(TransactionRecords, AreForgottenByATombstone) {
  Transactions transactions;
  txn::apply(transactions, Stored{kId, {.producer = producer(1, 0)}});
  const auto removed = reread(Removed{kId});
  ASSERT_TRUE(removed && *removed);
  txn::apply(transactions, **removed);
  EXPECT_EQ(transactions, Transactions{});
}

TEST(TransactionRecords, AreRefusedWhereTheyMakeNoSense) {
  const wire::CoordinatorRecord sound = encode(Stored{kId, {.producer = producer(1, 0)}});
  const Bytes value = *sound.value;
  for (std::size_t size = 0; size < value.size(); ++size) {
    EXPECT_FALSE(decode(sound.key, value.first(size))) << size;
  }
  for (std::size_t size = 0; size < sound.key.size(); ++size) {
    EXPECT_FALSE(decode(Bytes(sound.key).first(size), value)) << size;
  }
  for (const Transaction& bad :
       {Transaction{.producer = producer(-1, 0)}, Transaction{.producer = producer(1, -2)},
        Transaction{.producer = producer(1, 0), .timeout = Millis{-1}},
        Transaction{.producer = producer(1, 0), .status = static_cast<Status>(8)}}) {
    EXPECT_FALSE(reread(Stored{kId, bad})) << to_text(bad.producer);
  }
  ByteVector unknown = sound.key;
  unknown[1] = std::byte{9};
  const auto skipped = decode(unknown, value);
  EXPECT_TRUE(skipped && !*skipped) << "a kind of key that is not known is passed over";
}

}  // namespace
}  // namespace txn
