#include "broker/transaction_coordinator.h"

#include <gtest/gtest.h>

#include "broker/memory_log_test_support.h"
#include "sim/world.h"

namespace broker {
namespace {

const TransactionalId kId{"transfers"};
TopicPartition part(std::int32_t index) { return {TopicName{"orders"}, PartitionIndex{index}}; }

std::string to_text(const txn::Marker& marker) {
  return (marker.outcome == txn::Outcome::Commit ? "commit " : "abort ") +
         std::to_string(marker.producer.value) + "/" + std::to_string(marker.epoch.value);
}

// Partitions that note the markers they get, late and unwilling as they are told to be.
class Reach final : public TransactionReach {
 public:
  explicit Reach(env::Shard& shard) : shard_(shard) {}

  env::Task<Result<ProducerId>> new_producer_id() override {
    co_await shard_.yield();
    if (no_ids) co_return fail(ErrorCode::CoordinatorNotAvailable, "the controller is away");
    co_return ProducerId{next_id++};
  }
  env::Task<Result<void>> mark(TopicPartition partition, txn::Marker marker) override {
    ++attempts;
    co_await shard_.sleep(delay);
    if (refuses != ErrorCode::None) co_return fail(refuses, "so");
    marks[partition.partition.value].push_back(to_text(marker));
    co_return Result<void>{};
  }

  std::map<int, std::vector<std::string>> marks;
  Duration delay = 5ms;
  ErrorCode refuses = ErrorCode::None;
  bool no_ids = false;
  int attempts = 0;
  std::int64_t next_id = 100;

 private:
  env::Shard& shard_;
};

class Transactions : public testing::Test {
 protected:
  Transactions() { open(); }
  void TearDown() override { shut(); }

  void open() {
    coordinator_.emplace(shard_, settings_, reach_, metrics_);
    coordinator_->set_partitions(1);
    coordinator_->open(PartitionIndex{0}, LeaderEpoch{3}, log_);
    world_.run_for(20ms);
  }
  void shut() {
    if (!coordinator_) return;
    world_.run(coordinator_->shutdown());
    coordinator_.reset();
  }
  // As after kill -9.
  void restart() {
    shut();
    open();
  }

  static std::string to_text(const Result<txn::ProducerIdentity>& granted) {
    if (!granted) return std::string(name_of(granted.error().code));
    return std::to_string(granted->id.value) + "/" + std::to_string(granted->epoch.value);
  }
  using Asked = std::shared_ptr<std::string>;  // Empty until there is an answer.
  Asked ask(env::Task<Result<txn::ProducerIdentity>> task) {
    auto answer = std::make_shared<std::string>();
    env::spawn(std::move(task), [answer](const Result<txn::ProducerIdentity>& granted) {
      *answer = to_text(granted);
    });
    return answer;
  }
  Asked init(Millis timeout = Millis{60'000}) {
    return ask(coordinator_->init(kId, {.timeout = timeout}));
  }
  Asked add(std::int16_t epoch, std::int32_t partition) {
    return ask(coordinator_->add(kId, {who(epoch), {part(partition)}, txn::Protocol::Second}));
  }
  Asked end(std::int16_t epoch, bool commit) {
    return ask(coordinator_->end(kId, {who(epoch), commit, txn::Protocol::Second}));
  }
  std::string now(Asked asked, Duration wait = 100ms) {
    world_.run_for(wait);
    return *asked;
  }
  static txn::ProducerIdentity who(std::int16_t epoch) {
    return {ProducerId{100}, ProducerEpoch{epoch}};
  }
  std::string status() {
    const auto described = world_.run(coordinator_->describe(kId));
    return described ? std::string(txn::name_of(described->status)) : "unknown";
  }

  sim::World world_{1};
  env::Shard& shard_ = world_.add_machine("10.0.0.2").shard();
  TransactionCoordinator::Settings settings_;
  Reach reach_{shard_};
  std::shared_ptr<MemoryLog> log_ = std::make_shared<MemoryLog>(shard_);
  observe::Metrics metrics_;
  std::optional<TransactionCoordinator> coordinator_;
};

TEST_F(Transactions, EndInEveryPartitionThatTheyTouched) {
  EXPECT_EQ(now(init()), "100/0");
  EXPECT_EQ(now(add(0, 1)), "100/0");
  EXPECT_EQ(now(add(0, 2)), "100/0");
  EXPECT_EQ(now(end(0, true)), "100/1");
  EXPECT_EQ(status(), "CompleteCommit");
  EXPECT_EQ(reach_.marks[1], std::vector<std::string>{"commit 100/1"});
  EXPECT_EQ(reach_.marks[2], std::vector<std::string>{"commit 100/1"});
}

TEST_F(Transactions, AreAnsweredOnceTheirRecordIsDurable) {
  now(init());
  now(add(0, 1));
  log_->delay = 50ms;
  const Asked asked = end(0, true);
  EXPECT_EQ(now(asked, 45ms), "");
  EXPECT_EQ(reach_.attempts, 0) << "no marker before the decision is durable";
  EXPECT_EQ(now(asked, 10ms), "100/1");
}

TEST_F(Transactions, LetTheNextOneWaitUntilTheyHaveEnded) {
  now(init());
  now(add(0, 1));
  reach_.delay = 200ms;
  ASSERT_EQ(now(end(0, true), 20ms), "100/1");
  const Asked next = add(1, 7);
  EXPECT_EQ(now(next, 100ms), "") << "its markers are under way";
  EXPECT_EQ(now(next, 100ms), "100/1");
  EXPECT_EQ(status(), "Ongoing");
}

TEST_F(Transactions, LetNobodyWaitForEver) {
  now(init());
  now(add(0, 1));
  reach_.delay = 1h;
  now(end(0, true));
  EXPECT_EQ(now(add(1, 7), 2s), "ConcurrentTransactions");
  EXPECT_EQ(now(init(), 2s), "ConcurrentTransactions");
  EXPECT_EQ(now(end(0, true), 2s), "ConcurrentTransactions") << "asked again";
}

TEST_F(Transactions, AreAbortedWhenANewProducerBegins) {
  now(init());
  now(add(0, 1));
  EXPECT_EQ(now(init()), "100/2") << "in one go";
  EXPECT_EQ(reach_.marks[1], std::vector<std::string>{"abort 100/1"});
  EXPECT_EQ(now(end(0, true)), "ProducerFenced");
  EXPECT_EQ(now(add(0, 1)), "ProducerFenced");
}

TEST_F(Transactions, GoOnEndingAfterARestart) {
  now(init());
  now(add(0, 1));
  now(add(0, 2));
  reach_.refuses = ErrorCode::NotLeaderOrFollower;
  now(end(0, true));
  EXPECT_EQ(status(), "PrepareCommit");
  restart();
  EXPECT_EQ(status(), "PrepareCommit");
  reach_.refuses = ErrorCode::None;
  world_.run_for(2s);
  EXPECT_EQ(status(), "CompleteCommit");
  EXPECT_EQ(reach_.marks[2], std::vector<std::string>{"commit 100/1"});
}

TEST_F(Transactions, ForgetWhatWasNotDurable) {
  now(init());
  now(add(0, 1));
  log_->failing = true;
  EXPECT_EQ(now(end(0, true)), "NotCoordinator");
  EXPECT_EQ(reach_.attempts, 0);
  log_->failing = false;
  world_.run_for(100ms);
  EXPECT_EQ(status(), "Ongoing");
  EXPECT_EQ(now(end(0, false)), "100/1") << "it was not decided yet";
}

TEST_F(Transactions, TryTheirMarkersAgain) {
  struct Row {
    ErrorCode refused;
    bool goes_on;
    const char* why;
  };
  const Row rows[] = {
      {ErrorCode::NotLeaderOrFollower, true, "it may lead again"},
      {ErrorCode::KafkaStorageError, true, "the disk may be mended"},
      {ErrorCode::UnknownTopicOrPartition, false,
       "the topic is gone, and with it what was written"},
      {ErrorCode::InvalidProducerEpoch, false, "a newer transaction has been there"},
  };
  std::int16_t epoch = 0;
  now(init());
  for (const Row& row : rows) {
    now(add(epoch, 1));
    reach_.refuses = row.refused;
    reach_.attempts = 0;
    now(end(epoch, true), 500ms);
    EXPECT_EQ(reach_.attempts > 1, row.goes_on) << row.why;
    EXPECT_EQ(status(), row.goes_on ? "PrepareCommit" : "CompleteCommit") << row.why;
    reach_.refuses = ErrorCode::None;
    world_.run_for(2s);
    EXPECT_EQ(status(), "CompleteCommit") << row.why;
    ++epoch;
  }
}

TEST_F(Transactions, AreLeftToANewerCoordinator) {
  now(init());
  now(add(0, 1));
  reach_.refuses = ErrorCode::TransactionCoordinatorFenced;
  now(end(0, true), 3s);
  EXPECT_EQ(reach_.attempts, 1);
  EXPECT_EQ(status(), "PrepareCommit");
}

TEST_F(Transactions, AreAbortedWhenTheyTakeTooLong) {
  now(init(Millis{30'000}));
  now(add(0, 1));
  world_.run_for(25s);
  EXPECT_EQ(status(), "Ongoing");
  world_.run_for(20s);
  EXPECT_EQ(status(), "CompleteAbort");
  EXPECT_EQ(reach_.marks[1], std::vector<std::string>{"abort 100/1"});
  EXPECT_EQ(now(end(0, true)), "InvalidTxnState");
}

TEST_F(Transactions, AreForgottenWhenIdle) {
  settings_.limits.id_expiration = Millis{5'000'000};
  restart();
  now(init());
  world_.run_for(2h);
  EXPECT_EQ(status(), "unknown");
  restart();
  EXPECT_EQ(status(), "unknown") << "a tombstone says so";
}

TEST_F(Transactions, RefuseWhatMakesNoSense) {
  EXPECT_EQ(now(init(Millis{0})), "InvalidTransactionTimeout");
  EXPECT_EQ(now(init(Millis{900'001})), "InvalidTransactionTimeout");
  EXPECT_EQ(now(ask(coordinator_->init(TransactionalId{""}, {.timeout = Millis{1000}}))),
            "InvalidRequest");
  EXPECT_EQ(now(add(0, 1)), "InvalidProducerIdMapping");
  reach_.no_ids = true;
  EXPECT_EQ(now(init()), "CoordinatorNotAvailable");
  reach_.no_ids = false;
  EXPECT_EQ(now(init()), "100/0");
}

TEST_F(Transactions, SayWhatIsIn) {
  now(init());
  now(add(0, 1));
  const auto code = [this](std::int16_t epoch, std::int32_t partition) {
    const Result<void> checked =
        world_.run(coordinator_->check_part(kId, who(epoch), part(partition)));
    return checked ? ErrorCode::None : checked.error().code;
  };
  EXPECT_EQ(code(0, 1), ErrorCode::None);
  EXPECT_EQ(code(0, 2), ErrorCode::TransactionAbortable);
  EXPECT_EQ(code(1, 1), ErrorCode::ProducerFenced);
  const Result<void> joined =
      world_.run(coordinator_->join(kId, who(0), part(2), txn::Protocol::Second));
  EXPECT_TRUE(joined.has_value());
  EXPECT_EQ(code(0, 2), ErrorCode::None);
}

TEST_F(Transactions, EndNothingAtAShutdown) {
  now(init());
  now(add(0, 1));
  reach_.delay = 300ms;
  const Asked ending = end(0, true);
  world_.run_for(20ms);
  const Asked waiting = add(1, 2);
  shut();
  EXPECT_EQ(*ending, "100/1");
  EXPECT_EQ(*waiting, "NotCoordinator");
}

}  // namespace
}  // namespace broker
