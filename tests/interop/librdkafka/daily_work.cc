// A day's work with librdkafka, the C and C++ client under most others. Usage: daily_work HOST:PORT
// PREFIX
//
// The admin calls, the error cases and the table of acknowledgements and codecs are in the Python
// suite, which stands on a newer librdkafka. Here it is Debian's, in its C++ interface.
#include <librdkafka/rdkafkacpp.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using Settings = std::map<std::string, std::string>;
constexpr int kPatienceMs = 30'000;

struct Message {
  std::int32_t partition = 0;
  std::optional<std::string> key = {};
  std::optional<std::string> value = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::int64_t offset = -1;
  bool operator==(const Message&) const = default;
};

void expect(bool holds, const std::string& why) {
  if (!holds) throw std::runtime_error(why);
}

void expect(RdKafka::ErrorCode code, const std::string& what) {
  expect(code == RdKafka::ERR_NO_ERROR, what + ": " + RdKafka::err2str(code));
}

std::unique_ptr<RdKafka::Conf> configure(const Settings& settings) {
  std::unique_ptr<RdKafka::Conf> conf(RdKafka::Conf::create(RdKafka::Conf::CONF_GLOBAL));
  std::string error;
  for (const auto& [name, value] : settings) {
    expect(conf->set(name, value, error) == RdKafka::Conf::CONF_OK, error);
  }
  return conf;
}

// Remembers how each delivery ended.
class Deliveries : public RdKafka::DeliveryReportCb {
 public:
  void dr_cb(RdKafka::Message& message) override {
    ++count;
    if (message.err() != RdKafka::ERR_NO_ERROR) error = message.err();
  }
  std::size_t count = 0;
  RdKafka::ErrorCode error = RdKafka::ERR_NO_ERROR;
};

class Work {
 public:
  Work(std::string bootstrap, std::string prefix)
      : bootstrap_(std::move(bootstrap)), prefix_(std::move(prefix)) {}

  bool everything();

 private:
  void feature(const std::string& name, const std::function<void()>& work);
  Settings with(Settings more) const;
  std::string value(std::size_t size);
  std::vector<Message> messages(std::size_t count, std::size_t size);
  void send(const std::string& topic, const std::vector<Message>& sent, const Settings& more);
  std::vector<Message> read(RdKafka::KafkaConsumer& consumer, std::size_t count) const;
  std::vector<Message> read_all(const std::string& topic, std::size_t count) const;
  void send_and_read_back(const std::string& name, std::vector<Message> sent, const Settings& more);
  void group_resumes();
  void seek_by_time();
  void metadata();
  void too_large();
  void unknown_topic();
  void out_of_range();
  void transactions();
  void zombie_producer();

  std::string bootstrap_;
  std::string prefix_;
  std::uint32_t dice_ = 7;
  bool failed_ = false;
};

void Work::feature(const std::string& name, const std::function<void()>& work) {
  try {
    work();
    std::printf("ok %s\n", name.c_str());
  } catch (const std::exception& error) {
    failed_ = true;
    std::printf("FAIL %s %s\n", name.c_str(), error.what());
  }
  std::fflush(stdout);
}

Settings Work::with(Settings more) const {
  more.emplace("bootstrap.servers", bootstrap_);
  more.emplace("topic.metadata.refresh.fast.interval.ms",
               "20");  // A new topic is waited for often.
  return more;
}

std::string Work::value(std::size_t size) {
  std::string made(size, 'a');
  for (char& c : made) {
    dice_ = dice_ * 1664525U + 1013904223U;
    c = static_cast<char>('a' + (dice_ >> 28));
  }
  return made;
}

std::vector<Message> Work::messages(std::size_t count, std::size_t size) {
  std::vector<Message> made(count);
  for (std::size_t i = 0; i < count; ++i)
    made[i] = {.key = "key-" + std::to_string(i), .value = value(size)};
  return made;
}

// Topics come into being by being written to: Debian's C++ interface has no call to create them.
void Work::send(const std::string& topic, const std::vector<Message>& sent, const Settings& more) {
  Deliveries deliveries;
  auto conf = configure(with(more));
  std::string error;
  expect(conf->set("dr_cb", &deliveries, error) == RdKafka::Conf::CONF_OK, error);
  std::unique_ptr<RdKafka::Producer> producer(RdKafka::Producer::create(conf.get(), error));
  expect(producer != nullptr, error);
  const auto bytes = [](const std::optional<std::string>& text) {
    return text ? const_cast<char*>(text->data()) : nullptr;
  };
  for (const Message& message : sent) {
    RdKafka::Headers* headers = message.headers.empty() ? nullptr : RdKafka::Headers::create();
    for (const auto& [name, text] : message.headers) headers->add(name, text);
    expect(producer->produce(topic, message.partition, RdKafka::Producer::RK_MSG_COPY,
                             bytes(message.value), message.value ? message.value->size() : 0,
                             bytes(message.key), message.key ? message.key->size() : 0, 0, headers,
                             nullptr),
           "produce");
    producer->poll(0);
  }
  producer->flush(kPatienceMs);
  expect(deliveries.error, "delivery");
  expect(deliveries.count == sent.size(),
         "only " + std::to_string(deliveries.count) + " were delivered");
}

Message copy_of(RdKafka::Message& message) {
  Message copy{.partition = message.partition(), .offset = message.offset()};
  if (message.key_pointer()) copy.key = std::string(*message.key());
  if (message.payload())
    copy.value = std::string(static_cast<char*>(message.payload()), message.len());
  if (RdKafka::Headers* headers = message.headers()) {
    for (const auto& header : headers->get_all()) {
      copy.headers.emplace_back(header.key(),
                                std::string(header.value_string(), header.value_size()));
    }
  }
  return copy;
}

std::vector<Message> Work::read(RdKafka::KafkaConsumer& consumer, std::size_t count) const {
  std::vector<Message> got;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kPatienceMs);
  while (got.size() < count && std::chrono::steady_clock::now() < deadline) {
    std::unique_ptr<RdKafka::Message> message(consumer.consume(200));
    if (message->err() == RdKafka::ERR__TIMED_OUT) continue;
    expect(message->err(), "consume");
    got.push_back(copy_of(*message));
  }
  expect(got.size() == count,
         "read " + std::to_string(got.size()) + " instead of " + std::to_string(count));
  return got;
}

std::unique_ptr<RdKafka::KafkaConsumer> consumer(const Settings& settings) {
  std::string error;
  auto conf = configure(settings);
  std::unique_ptr<RdKafka::KafkaConsumer> made(RdKafka::KafkaConsumer::create(conf.get(), error));
  expect(made != nullptr, error);
  return made;
}

std::vector<Message> Work::read_all(const std::string& topic, std::size_t count) const {
  auto reader = consumer(with({{"group.id", prefix_ + "-none"}}));
  std::unique_ptr<RdKafka::TopicPartition> partition(
      RdKafka::TopicPartition::create(topic, 0, RdKafka::Topic::OFFSET_BEGINNING));
  expect(reader->assign({partition.get()}), "assign");
  std::vector<Message> got = read(*reader, count);
  reader->close();
  return got;
}

void Work::send_and_read_back(const std::string& name, std::vector<Message> sent,
                              const Settings& more) {
  const std::string topic = prefix_ + "-" + name;
  send(topic, sent, more);
  for (std::size_t i = 0; i < sent.size(); ++i) sent[i].offset = static_cast<std::int64_t>(i);
  const std::vector<Message> got = read_all(topic, sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    expect(got[i] == sent[i], "record " + std::to_string(i) + " came back changed");
  }
}

void Work::group_resumes() {
  const std::string topic = prefix_ + "-group";
  send(topic, messages(100, 50), {});
  std::set<std::int64_t> seen;
  for (int life = 0; life < 2; ++life) {
    auto reader = consumer(with({{"group.id", prefix_ + "-group"},
                                 {"auto.offset.reset", "earliest"},
                                 {"enable.auto.commit", "false"},
                                 {"queued.min.messages", "1"}}));
    expect(reader->subscribe({topic}), "subscribe");
    for (const Message& message : read(*reader, 50)) seen.insert(message.offset);
    expect(reader->commitSync(), "commit");
    reader->close();
  }
  expect(seen.size() == 100,
         "both lives together read " + std::to_string(seen.size()) + " different records");
}

void Work::seek_by_time() {
  const std::string topic = prefix_ + "-times";
  std::string error;
  auto conf = configure(with({}));
  std::unique_ptr<RdKafka::Producer> producer(RdKafka::Producer::create(conf.get(), error));
  const std::int64_t start = 1'700'000'000'000;
  for (int i = 0; i < 100; ++i) {
    std::string text = value(50);
    expect(producer->produce(topic, 0, RdKafka::Producer::RK_MSG_COPY, text.data(), text.size(),
                             nullptr, 0, start + i * 1000, nullptr),
           "produce");
  }
  expect(producer->flush(kPatienceMs), "flush");
  std::unique_ptr<RdKafka::TopicPartition> partition(
      RdKafka::TopicPartition::create(topic, 0, start + 41'500));
  std::vector<RdKafka::TopicPartition*> wanted{partition.get()};
  expect(producer->offsetsForTimes(wanted, kPatienceMs), "offsets for times");
  expect(partition->offset() == 42,
         "the first record from then on is 42, not " + std::to_string(partition->offset()));
  std::int64_t low = 0;
  std::int64_t high = 0;
  expect(producer->query_watermark_offsets(topic, 0, &low, &high, kPatienceMs), "watermarks");
  expect(low == 0 && high == 100,
         "the watermarks are " + std::to_string(low) + " and " + std::to_string(high));
}

void Work::metadata() {
  std::string error;
  auto conf = configure(with({}));
  std::unique_ptr<RdKafka::Producer> producer(RdKafka::Producer::create(conf.get(), error));
  expect(producer->clusterid(kPatienceMs).size() == 22, "cluster id " + producer->clusterid(0));
  expect(producer->controllerid(kPatienceMs) >= 0, "no controller");
  RdKafka::Metadata* answer = nullptr;
  expect(producer->metadata(true, nullptr, &answer, kPatienceMs), "metadata");
  const std::unique_ptr<RdKafka::Metadata> all(answer);
  expect(all->brokers()->size() == 1, "not one broker");
  for (const RdKafka::TopicMetadata* topic : *all->topics()) {
    if (topic->topic() != prefix_ + "-headers") continue;
    return expect(topic->partitions()->front()->leader() >= 0, "the topic has no leader");
  }
  expect(false, "a topic that was written to is not listed");
}

void Work::too_large() {
  const Settings generous{{"message.max.bytes", "5000000"}};
  try {
    send(prefix_ + "-sizes", messages(1, 2'000'000), generous);
  } catch (const std::runtime_error& error) {
    return expect(std::string(error.what()).contains("too large"), error.what());
  }
  expect(false, "a record over the limit was accepted");
}

// What the first poll that is not in vain comes to.
RdKafka::ErrorCode first_error(RdKafka::KafkaConsumer& reader) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kPatienceMs);
  RdKafka::ErrorCode error = RdKafka::ERR__TIMED_OUT;
  while (error == RdKafka::ERR__TIMED_OUT && std::chrono::steady_clock::now() < deadline) {
    error = std::unique_ptr<RdKafka::Message>(reader.consume(200))->err();
  }
  reader.close();
  return error;
}

void Work::unknown_topic() {
  auto reader =
      consumer(with({{"group.id", prefix_ + "-none"}, {"allow.auto.create.topics", "false"}}));
  expect(reader->subscribe({prefix_ + "-nowhere"}), "subscribe");
  const auto error = first_error(*reader);
  expect(error == RdKafka::ERR_UNKNOWN_TOPIC_OR_PART, "it gave " + RdKafka::err2str(error));
}

void Work::out_of_range() {
  auto reader = consumer(with({{"group.id", prefix_ + "-none"}, {"auto.offset.reset", "error"}}));
  std::unique_ptr<RdKafka::TopicPartition> partition(
      RdKafka::TopicPartition::create(prefix_ + "-headers", 0, 1000));
  expect(reader->assign({partition.get()}), "assign");
  const auto error = first_error(*reader);
  expect(error == RdKafka::ERR__AUTO_OFFSET_RESET, "it gave " + RdKafka::err2str(error));
}

void expect(RdKafka::Error* error) {
  const std::unique_ptr<RdKafka::Error> held(error);
  expect(!held, held ? held->str() : "");
}

void Work::transactions() {
  const std::string topic = prefix_ + "-transactions";
  std::string error;
  auto conf = configure(with({{"transactional.id", prefix_}}));
  std::unique_ptr<RdKafka::Producer> producer(RdKafka::Producer::create(conf.get(), error));
  expect(producer != nullptr, error);
  expect(producer->init_transactions(3'000));
  for (std::string text : {"aborted", "committed"}) {
    expect(producer->begin_transaction());
    expect(producer->produce(topic, 0, RdKafka::Producer::RK_MSG_COPY, text.data(), text.size(),
                             nullptr, 0, 0, nullptr),
           "produce");
    expect(producer->flush(kPatienceMs), "flush");  // What was not sent cannot be aborted.
    expect(text == "aborted" ? producer->abort_transaction(kPatienceMs)
                             : producer->commit_transaction(kPatienceMs));
  }
  expect(read_all(topic, 1).front().value == "committed", "what was aborted is read");
}

void Work::zombie_producer() {
  const std::string topic = prefix_ + "-zombie";
  const auto begin = [&] {
    std::string error;
    auto conf = configure(with({{"transactional.id", prefix_ + "-zombie"}}));
    std::unique_ptr<RdKafka::Producer> producer(RdKafka::Producer::create(conf.get(), error));
    expect(producer != nullptr, error);
    expect(producer->init_transactions(kPatienceMs));
    expect(producer->begin_transaction());
    return producer;
  };
  const auto send = [&](RdKafka::Producer& producer, std::string text) {
    expect(producer.produce(topic, 0, RdKafka::Producer::RK_MSG_COPY, text.data(), text.size(),
                            nullptr, 0, 0, nullptr),
           "produce");
    expect(producer.flush(kPatienceMs), "flush");
  };
  const auto zombie = begin();
  send(*zombie, "zombie");
  const auto successor = begin();
  send(*successor, "successor");
  const std::unique_ptr<RdKafka::Error> refused(zombie->commit_transaction(kPatienceMs));
  expect(refused != nullptr, "a fenced producer committed");
  expect(refused->is_fatal() && refused->code() == RdKafka::ERR__FENCED,
         "it gave " + refused->str());
  expect(successor->commit_transaction(kPatienceMs));
  expect(read_all(topic, 1).front().value == "successor", "the zombie's record is read");
}

bool Work::everything() {
  for (const char* acks : {"0", "1", "all"}) {
    for (const char* codec : {"none", "gzip", "snappy", "lz4", "zstd"}) {
      const std::string name = std::string(acks) + "-" + codec;
      const Settings settings{{"acks", acks}, {"compression.type", codec}, {"linger.ms", "20"}};
      feature("produce-" + name,
              [&] { send_and_read_back("acks-" + name, messages(100, 300), settings); });
    }
  }
  feature("idempotent-produce", [&] {
    send_and_read_back("idempotent", messages(2000, 200),
                       {{"enable.idempotence", "true"}, {"batch.num.messages", "50"}});
  });
  feature("headers", [&] {
    std::vector<Message> sent = messages(2, 10);
    sent[0].headers = {{"trace", "4f2a"}, {"trace", "again"}, {"empty", ""}};
    sent[1].headers = {{"é", value(5000)}};
    send_and_read_back("headers", sent, {});
  });
  feature("null-key-and-value", [&] {
    send_and_read_back("nulls", {{.value = "value"}, {.key = "key"}, {}, {.key = "", .value = ""}},
                       {});
  });
  feature("record-sizes", [&] {
    std::vector<Message> sent;
    for (std::size_t size : {1, 127, 128, 16'383, 16'384, 100'000, 500'000, 1'048'000}) {
      sent.push_back({.value = value(size)});
    }
    send_and_read_back("sizes", sent, {{"message.max.bytes", "2000000"}});
  });
  feature("seek-by-time", [&] { seek_by_time(); });
  feature("group-resume", [&] { group_resumes(); });
  feature("transactions", [&] { transactions(); });
  feature("zombie-producer-is-fenced", [&] { zombie_producer(); });
  feature("list-topics", [&] { metadata(); });
  feature("describe-topic", [&] { metadata(); });
  feature("auto-create", [&] { send_and_read_back("by-itself", messages(1, 10), {}); });
  feature("unknown-topic", [&] { unknown_topic(); });
  feature("out-of-range", [&] { out_of_range(); });
  feature("too-large", [&] { too_large(); });
  return !failed_;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const bool well = Work(argv[1], argv[2]).everything();
  std::printf("done\n");
  return well ? 0 : 1;
}
