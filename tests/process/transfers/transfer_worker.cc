// Writes transactions, or reads what is committed, and writes each act down before and after it
// (told.h says how), until standard input ends. tests/process/chaos.py kills and stops it. Beside
// it TransferWorker.java does the same with Java's client.
//
// Usage: transfer_worker write HOST:PORT HISTORY PARTITIONS SEED NAME GROUP TIMEOUT_MS
//      | transfer_worker read HOST:PORT HISTORY PARTITIONS SEED
//      | transfer_worker content HOST:PORT HISTORY PARTITIONS
#include <fcntl.h>
#include <librdkafka/rdkafkacpp.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace {

const std::string kTopic = "transfers";
constexpr int kPatienceMs = 6'000;
std::atomic<bool> stopping = false;

using Settings = std::map<std::string, std::string>;
using Failure = std::unique_ptr<RdKafka::Error>;  // None: it was done.

[[noreturn]] void fail(const std::string& what, const std::string& why) {
  std::cerr << what << ": " << why << '\n';
  std::exit(1);
}

// One write a line: what has been noted outlives this process, wherever it is killed.
class History {
 public:
  explicit History(const char* path) : file_(open(path, O_WRONLY | O_CREAT | O_APPEND, 0644)) {
    if (file_ < 0) fail(path, "cannot be written");
  }
  template <class... Words>
  void note(const std::string& kind, const Words&... words) {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    std::string line = std::to_string(now.tv_sec * 1'000'000'000LL + now.tv_nsec) + ' ' + kind;
    ((line += ' ' + to_text(words)), ...);
    line += '\n';
    if (write(file_, line.data(), line.size()) < 0) fail("the history", "cannot be written");
  }

 private:
  static const std::string& to_text(const std::string& word) { return word; }
  static std::string to_text(std::int64_t number) { return std::to_string(number); }
  int file_;
};

class Dice {
 public:
  explicit Dice(const char* seed) : generator_(std::strtoull(seed, nullptr, 10)) {}
  int below(int bound) { return static_cast<int>(generator_() % static_cast<unsigned>(bound)); }
  void pause(int most_ms) {
    std::this_thread::sleep_for(std::chrono::milliseconds(below(most_ms)));
  }

 private:
  std::mt19937_64 generator_;
};

std::unique_ptr<RdKafka::Conf> configure(const Settings& settings) {
  std::unique_ptr<RdKafka::Conf> conf(RdKafka::Conf::create(RdKafka::Conf::CONF_GLOBAL));
  std::string why;
  for (const auto& [name, value] : settings) {
    if (conf->set(name, value, why) != RdKafka::Conf::CONF_OK) fail(name, why);
  }
  return conf;
}

std::unique_ptr<RdKafka::KafkaConsumer> make_consumer(const Settings& settings) {
  std::string why;
  std::unique_ptr<RdKafka::KafkaConsumer> consumer(
      RdKafka::KafkaConsumer::create(configure(settings).get(), why));
  if (!consumer) fail("consumer", why);
  return consumer;
}

class Writer {
 public:
  Writer(char** arguments, History& history)
      : partitions_(std::atoi(arguments[4])),
        name_(arguments[6]),
        group_(arguments[7]),
        settings_{{"bootstrap.servers", arguments[2]},
                  {"transactional.id", group_},
                  {"transaction.timeout.ms", arguments[8]},
                  {"socket.timeout.ms", "3000"},
                  {"linger.ms", "2"},
                  {"retry.backoff.ms", "50"},
                  {"reconnect.backoff.max.ms", "300"}},
        // Tells of the group, which takes a consumer.
        member_(make_consumer({{"bootstrap.servers", arguments[2]},
                               {"group.id", group_},
                               {"isolation.level", "read_committed"},
                               {"socket.timeout.ms", "3000"},
                               {"reconnect.backoff.max.ms", "300"}})),
        history_(history),
        dice_(arguments[5]) {}

  // A producer that is lost, to a rival or a mishap, is let go. Another takes the id, which shuts
  // out whoever had it, and only then asks how far the group has come.
  void work() {
    while (!stopping) {
      std::string why;
      producer_.reset(RdKafka::Producer::create(configure(settings_).get(), why));
      if (!producer_) fail("producer", why);
      const Outcome init = insist([this] { return producer_->init_transactions(kPatienceMs); });
      if (init == Outcome::Done && ask_how_far()) {
        history_.note("init", name_, committed_);
        while (!stopping && transact()) dice_.pause(10);
      }
      producer_.reset();
      dice_.pause(1'000);
    }
  }

 private:
  static constexpr int kTried = 3;

  enum class Outcome { Done, Abort, GiveUp };

  // What timed out may be asked again, and nothing else.
  template <class Ask>
  Outcome insist(Ask ask) {
    for (int tried = 1;; ++tried) {
      const Failure failure(ask());
      if (!failure) return Outcome::Done;
      if (failure->is_retriable() && tried < kTried) continue;
      history_.note("failed", name_, std::max(number_, 0), failure->name());
      return failure->txn_requires_abort() ? Outcome::Abort : Outcome::GiveUp;
    }
  }

  // When no transaction is under way that might say otherwise.
  bool ask_how_far() {
    const std::unique_ptr<RdKafka::TopicPartition> place(
        RdKafka::TopicPartition::create(kTopic, 0));
    std::vector<RdKafka::TopicPartition*> asked{place.get()};
    if (member_->committed(asked, kPatienceMs) != RdKafka::ERR_NO_ERROR) return false;
    if (place->err() != RdKafka::ERR_NO_ERROR) return false;
    committed_ = std::max<std::int64_t>(place->offset(), 0);  // Less: nobody ever said.
    return true;
  }

  // False if the producer is to be let go.
  bool transact() {
    position_ = committed_;
    history_.note("begin", name_, ++number_);
    Outcome outcome = insist([this] { return producer_->begin_transaction(); });
    if (outcome == Outcome::Done) outcome = write();
    if (outcome == Outcome::Done) {
      if (dice_.below(12) == 0) return false;
      outcome = dice_.below(4) == 0 ? Outcome::Abort : commit();
    }
    if (outcome == Outcome::Abort) outcome = abort();
    return outcome == Outcome::Done;
  }

  Outcome commit() {
    history_.note("commit", name_, number_);
    const Outcome ended = insist([this] { return producer_->commit_transaction(kPatienceMs); });
    if (ended != Outcome::Done) return ended;
    history_.note("committed", name_, number_);
    committed_ = position_;
    return ended;
  }

  Outcome abort() {
    history_.note("abort", name_, number_);
    const Outcome ended = insist([this] { return producer_->abort_transaction(kPatienceMs); });
    if (ended == Outcome::Done) history_.note("aborted", name_, number_);
    return ended;
  }

  Outcome write() {
    const int batches = 1 + dice_.below(3);
    for (int batch = 0; batch < batches; ++batch) {
      const int partition = dice_.below(partitions_);
      const int records = 1 + dice_.below(3);
      for (int record = 0; record < records; ++record) {
        if (!send(partition)) return Outcome::Abort;
      }
      if (dice_.below(2) == 0) producer_->flush(kPatienceMs);
      if (dice_.below(20) == 0) dice_.pause(800);
    }
    const std::unique_ptr<RdKafka::TopicPartition> offset(
        RdKafka::TopicPartition::create(kTopic, 0, position_));
    const std::unique_ptr<RdKafka::ConsumerGroupMetadata> group(member_->groupMetadata());
    return insist([&] {
      return producer_->send_offsets_to_transaction({offset.get()}, group.get(), kPatienceMs);
    });
  }

  // What cannot be delivered later makes the commit fail; what is refused here would not.
  bool send(int partition) {
    std::string value = name_ + "/" + std::to_string(number_) + "/" + std::to_string(values_++);
    history_.note("write", name_, number_, group_, position_++, partition, value);
    const std::string padding(static_cast<std::size_t>(dice_.below(1'000)), 'x');
    const RdKafka::ErrorCode code =
        producer_->produce(kTopic, partition, RdKafka::Producer::RK_MSG_COPY, value.data(),
                           value.size(), padding.data(), padding.size(), 0, nullptr);
    producer_->poll(0);
    return code == RdKafka::ERR_NO_ERROR;
  }

  int partitions_;
  std::string name_;
  std::string group_;  // And the transactional id.
  Settings settings_;
  std::unique_ptr<RdKafka::KafkaConsumer> member_;
  std::unique_ptr<RdKafka::Producer> producer_;
  History& history_;
  Dice dice_;
  int number_ = -1;
  int values_ = 0;
  std::int64_t committed_ = 0;  // Up to here the group has read,
  std::int64_t position_ = 0;   // and to here with the transaction that is open.
};

class Reader {
 public:
  Reader(char** arguments, History& history)
      : partitions_(std::atoi(arguments[4])),
        positions_(static_cast<std::size_t>(partitions_)),
        consumer_(make_consumer({{"bootstrap.servers", arguments[2]},
                                 {"group.id", "readers"},
                                 {"isolation.level", "read_committed"},
                                 {"enable.auto.commit", "false"},
                                 {"auto.offset.reset", "error"},
                                 {"enable.partition.eof", "true"},
                                 {"fetch.wait.max.ms", "200"},
                                 {"socket.timeout.ms", "3000"},
                                 {"reconnect.backoff.max.ms", "300"}})),
        history_(history) {
    std::vector<RdKafka::TopicPartition*> all;
    for (int i = 0; i < partitions_; ++i) {
      all.push_back(RdKafka::TopicPartition::create(kTopic, i, 0));
    }
    if (const auto code = consumer_->assign(all)) fail("assign", RdKafka::err2str(code));
    RdKafka::TopicPartition::destroy(all);
  }

  // Reads on, and now and then again what it has read.
  void read(Dice dice) {
    while (!stopping) {
      const std::vector<std::int64_t> from = positions_;
      int wait_ms = 200;
      while (next("read", wait_ms)->err() == RdKafka::ERR_NO_ERROR) wait_ms = 0;
      for (std::size_t i = 0; i < from.size(); ++i) {
        if (positions_[i] == from[i]) continue;
        history_.note("polled", static_cast<std::int64_t>(i), from[i], positions_[i]);
      }
      if (dice.below(50) == 0) go_back(dice);
    }
  }

  // Everything that is committed, after the run.
  void read_all() {
    std::set<int> ended;
    while (std::ssize(ended) < partitions_) {
      const auto message = next("content", 200);
      if (message->err() == RdKafka::ERR__PARTITION_EOF) ended.insert(message->partition());
    }
    history_.note("complete");
  }

 private:
  void go_back(Dice& dice) {
    const int partition = dice.below(partitions_);
    std::int64_t& position = positions_[static_cast<std::size_t>(partition)];
    position -=
        dice.below(10) == 0 ? position : std::min<std::int64_t>(position, dice.below(1'000));
    const std::unique_ptr<RdKafka::TopicPartition> to(
        RdKafka::TopicPartition::create(kTopic, partition, position));
    // Refused while librdkafka looks for the partition's leader.
    while (!stopping && consumer_->seek(*to, kPatienceMs) != RdKafka::ERR_NO_ERROR) dice.pause(100);
  }

  // Notes the record, if it is one.
  std::unique_ptr<RdKafka::Message> next(const char* kind, int wait_ms) {
    std::unique_ptr<RdKafka::Message> message(consumer_->consume(wait_ms));
    if (message->err() == RdKafka::ERR__AUTO_OFFSET_RESET) fail("consume", message->errstr());
    if (message->err() == RdKafka::ERR_NO_ERROR) {
      history_.note(kind, message->partition(), message->offset(),
                    std::string(static_cast<const char*>(message->payload()), message->len()));
      positions_[static_cast<std::size_t>(message->partition())] = message->offset() + 1;
    }
    // Behind the markers, too.
    if (message->err() == RdKafka::ERR__PARTITION_EOF) {
      positions_[static_cast<std::size_t>(message->partition())] = message->offset();
    }
    return message;
  }

  int partitions_;
  std::vector<std::int64_t> positions_;
  std::unique_ptr<RdKafka::KafkaConsumer> consumer_;
  History& history_;
};

// Returns when nobody holds the other end of standard input any more.
void wait_for_end() {
  char nothing[64];
  while (read(STDIN_FILENO, nothing, sizeof nothing) > 0) {
  }
  stopping = true;
}

}  // namespace

int main(int count, char** arguments) {
  const std::string role = count > 1 ? arguments[1] : "";
  if (count != (role == "write" ? 9 : role == "read" ? 6 : role == "content" ? 5 : 0)) {
    fail("usage", "see the head of transfer_worker.cc");
  }
  std::thread(wait_for_end).detach();
  History history(arguments[3]);
  if (role == "write") Writer(arguments, history).work();
  if (role == "read") Reader(arguments, history).read(Dice(arguments[5]));
  if (role == "content") Reader(arguments, history).read_all();
  return 0;
}
