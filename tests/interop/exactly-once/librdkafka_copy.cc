// Copies a topic to another in transactions with librdkafka, until it is killed; every third is
// aborted and done again. Usage: librdkafka_copy HOST:PORT NAME FROM TO
#include <librdkafka/rdkafkacpp.h>

#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace {

constexpr int kPatienceMs = 30'000;
using Settings = std::map<std::string, std::string>;
using Partitions = std::vector<RdKafka::TopicPartition*>;

[[noreturn]] void fail(const std::string& what, const std::string& why) {
  std::cerr << what << ": " << why << '\n';
  std::exit(1);
}

void expect(RdKafka::ErrorCode code, const char* what) {
  if (code) fail(what, RdKafka::err2str(code));
}

void expect(RdKafka::Error* error, const char* what) {
  const std::unique_ptr<RdKafka::Error> held(error);
  if (held) fail(what, held->str());
}

std::unique_ptr<RdKafka::Conf> configure(const Settings& settings) {
  std::unique_ptr<RdKafka::Conf> conf(RdKafka::Conf::create(RdKafka::Conf::CONF_GLOBAL));
  std::string why;
  for (const auto& [name, value] : settings) {
    if (conf->set(name, value, why) != RdKafka::Conf::CONF_OK) fail(name, why);
  }
  return conf;
}

class Copy {
 public:
  Copy(const std::string& bootstrap, const std::string& name) {
    std::string why;
    consumer_.reset(RdKafka::KafkaConsumer::create(configure({{"bootstrap.servers", bootstrap},
                                                              {"group.id", name},
                                                              {"group.instance.id", name},
                                                              {"isolation.level", "read_committed"},
                                                              {"enable.auto.commit", "false"},
                                                              {"auto.offset.reset", "earliest"},
                                                              {"fetch.wait.max.ms", "50"},
                                                              {"session.timeout.ms", "6000"},
                                                              {"heartbeat.interval.ms", "500"}})
                                                       .get(),
                                                   why));
    if (!consumer_) fail("consumer", why);
    producer_.reset(RdKafka::Producer::create(
        configure({{"bootstrap.servers", bootstrap}, {"transactional.id", name}}).get(), why));
    if (!producer_) fail("producer", why);
    expect(producer_->init_transactions(kPatienceMs), "init_transactions");
  }

  void run(const std::string& from, const std::string& to) {
    expect(consumer_->subscribe({from}), "subscribe");
    for (int turn = 1;;) {
      if (const auto messages = read(); !messages.empty()) transact(messages, to, turn++ % 3 != 0);
    }
  }

 private:
  using Messages = std::vector<std::unique_ptr<RdKafka::Message>>;

  Messages read() {
    Messages messages;
    while (messages.size() < 20) {
      std::unique_ptr<RdKafka::Message> message(consumer_->consume(messages.empty() ? 100 : 0));
      if (message->err() == RdKafka::ERR__TIMED_OUT) break;
      expect(message->err(), "consume");
      messages.push_back(std::move(message));
    }
    return messages;
  }

  void transact(const Messages& messages, const std::string& to, bool commit) {
    expect(producer_->begin_transaction(), "begin_transaction");
    for (const auto& message : messages) {
      expect(producer_->produce(to, message->partition(), RdKafka::Producer::RK_MSG_COPY,
                                message->payload(), message->len(), nullptr, 0, 0, nullptr),
             "produce");
    }
    Partitions positions;
    expect(consumer_->assignment(positions), "assignment");
    expect(consumer_->position(positions), "position");
    const std::unique_ptr<RdKafka::ConsumerGroupMetadata> member(consumer_->groupMetadata());
    expect(producer_->send_offsets_to_transaction(positions, member.get(), kPatienceMs),
           "send_offsets_to_transaction");
    if (commit) {
      expect(producer_->commit_transaction(kPatienceMs), "commit_transaction");
    } else {
      expect(producer_->flush(kPatienceMs), "flush");
      expect(producer_->abort_transaction(kPatienceMs), "abort_transaction");
      rewind(positions);
    }
    RdKafka::TopicPartition::destroy(positions);
  }

  // Goes back to what is committed.
  void rewind(Partitions& positions) {
    expect(consumer_->committed(positions, kPatienceMs), "committed");
    for (auto* partition : positions) {
      if (partition->offset() < 0) partition->set_offset(RdKafka::Topic::OFFSET_BEGINNING);
      expect(consumer_->seek(*partition, kPatienceMs), "seek");
    }
  }

  std::unique_ptr<RdKafka::KafkaConsumer> consumer_;
  std::unique_ptr<RdKafka::Producer> producer_;
};

}  // namespace

int main(int, char** argv) { Copy(argv[1], argv[2]).run(argv[3], argv[4]); }
