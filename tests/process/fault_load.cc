// Real clients under load, for tests that break the broker meanwhile: idempotent producers with
// acks=all, and the consumers of one group, all on librdkafka.
//
//   fault_load HOST:PORT TOPIC PRODUCERS CONSUMERS RECORDS_PER_SECOND
//
// Says on standard output what the broker has promised, a line each, and ends when standard input
// does, with what was still on its way:
//
//   ack PARTITION OFFSET KEY SEQUENCE     a record was acknowledged
//   failed KEY SEQUENCE WHY               a record was given up
//   left COUNT                            so many records were sent, and nothing was heard of them
//   read PARTITION OFFSET KEY SEQUENCE    a consumer of the group was given a record
//   done                                  nothing is on its way any more
//
// Each producer writes to keys of its own and counts up the sequence of each, so order and
// repetition can be told from the log alone. A value is "SEQUENCE KEY" and filler made from both.
#include <librdkafka/rdkafkacpp.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using Settings = std::map<std::string, std::string>;
using Clock = std::chrono::steady_clock;

constexpr int kKeysPerProducer = 8;
constexpr int kFlushMs = 30'000;

std::atomic<bool> stopping = false;

std::unique_ptr<RdKafka::Conf> configure(const Settings& settings) {
  std::unique_ptr<RdKafka::Conf> conf(RdKafka::Conf::create(RdKafka::Conf::CONF_GLOBAL));
  std::string error;
  for (const auto& [name, value] : settings) {
    if (conf->set(name, value, error) != RdKafka::Conf::CONF_OK) {
      std::fprintf(stderr, "%s\n", error.c_str());
      std::exit(2);
    }
  }
  return conf;
}

std::string value_of(const std::string& key, std::uint64_t sequence) {
  std::string value = std::to_string(sequence) + " " + key + " ";
  // Of many sizes, so that batches end anywhere within a sector.
  const std::size_t size = 40 + (sequence * 37 + key.size() * 11) % 400;
  while (value.size() < size) value += static_cast<char>('a' + (value.size() + sequence) % 26);
  return value;
}

class Deliveries : public RdKafka::DeliveryReportCb {
 public:
  void dr_cb(RdKafka::Message& message) override {
    const auto sequence = reinterpret_cast<std::uintptr_t>(message.msg_opaque());
    if (message.err() == RdKafka::ERR_NO_ERROR) {
      std::printf("ack %d %lld %s %llu\n", message.partition(),
                  static_cast<long long>(message.offset()), message.key()->c_str(),
                  static_cast<unsigned long long>(sequence));
    } else {
      std::printf("failed %s %llu %s\n", message.key()->c_str(),
                  static_cast<unsigned long long>(sequence), message.errstr().c_str());
    }
  }
};

void produce(const std::string& bootstrap, const std::string& topic, int number, int per_second) {
  Deliveries deliveries;
  const auto conf = configure({{"bootstrap.servers", bootstrap},
                               {"enable.idempotence", "true"},
                               {"linger.ms", "3"},
                               {"batch.num.messages", "20"},
                               {"message.timeout.ms", "120000"},
                               {"reconnect.backoff.max.ms", "300"},
                               {"retry.backoff.ms", "50"}});
  std::string error;
  conf->set("dr_cb", &deliveries, error);
  const std::unique_ptr<RdKafka::Producer> producer(RdKafka::Producer::create(conf.get(), error));
  const auto began = Clock::now();
  std::uint64_t sent = 0;
  while (!stopping) {
    producer->poll(5);
    const auto due = std::chrono::duration<double>(Clock::now() - began).count() * per_second;
    for (; static_cast<double>(sent) < due; ++sent) {
      const std::string key =
          "p" + std::to_string(number) + "k" + std::to_string(sent % kKeysPerProducer);
      const std::uint64_t sequence = sent / kKeysPerProducer;
      std::string value = value_of(key, sequence);
      const RdKafka::ErrorCode code =
          producer->produce(topic, RdKafka::Topic::PARTITION_UA, RdKafka::Producer::RK_MSG_COPY,
                            value.data(), value.size(), key.data(), key.size(), 0,
                            reinterpret_cast<void*>(static_cast<std::uintptr_t>(sequence)));
      if (code != RdKafka::ERR_NO_ERROR) break;  // The queue is full: the broker is away.
    }
  }
  producer->flush(kFlushMs);
  if (const int left = producer->outq_len(); left > 0) std::printf("left %d\n", left);
}

void consume(const std::string& bootstrap, const std::string& topic) {
  const auto conf = configure({{"bootstrap.servers", bootstrap},
                               {"group.id", "fault-readers"},
                               {"session.timeout.ms", "2000"},
                               {"heartbeat.interval.ms", "400"},
                               {"auto.commit.interval.ms", "200"},
                               {"auto.offset.reset", "earliest"},
                               {"reconnect.backoff.max.ms", "300"}});
  std::string error;
  const std::unique_ptr<RdKafka::KafkaConsumer> consumer(
      RdKafka::KafkaConsumer::create(conf.get(), error));
  consumer->subscribe({topic});
  while (!stopping) {
    const std::unique_ptr<RdKafka::Message> message(consumer->consume(100));
    if (message->err() != RdKafka::ERR_NO_ERROR) continue;
    const std::string value(static_cast<const char*>(message->payload()), message->len());
    const std::uint64_t sequence = std::strtoull(value.c_str(), nullptr, 10);
    const bool whole = message->key() && value == value_of(*message->key(), sequence);
    std::printf("read %d %lld %s %llu\n", message->partition(),
                static_cast<long long>(message->offset()), whole ? message->key()->c_str() : "?",
                static_cast<unsigned long long>(sequence));
  }
  consumer->close();
}

// Returns when nobody holds the other end of standard input any more.
void wait_for_end() {
  char nothing[64];
  while (read(STDIN_FILENO, nothing, sizeof nothing) > 0) {
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 6) {
    std::fprintf(stderr, "usage: fault_load HOST:PORT TOPIC PRODUCERS CONSUMERS PER_SECOND\n");
    return 2;
  }
  const std::string bootstrap = arguments[1];
  const std::string topic = arguments[2];
  const int producers = std::atoi(arguments[3]);
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  std::vector<std::thread> threads;
  for (int i = 0; i < producers; ++i) {
    threads.emplace_back(produce, bootstrap, topic, i, std::atoi(arguments[5]) / producers);
  }
  for (int i = 0; i < std::atoi(arguments[4]); ++i) threads.emplace_back(consume, bootstrap, topic);
  wait_for_end();
  stopping = true;
  for (std::thread& thread : threads) thread.join();
  std::printf("done\n");
  return 0;
}
