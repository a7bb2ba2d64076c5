// Members of groups by librdkafka, for the suites of this folder; cast.py says what is asked and
// told.
#include <fcntl.h>
#include <librdkafka/rdkafkacpp.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kCommitEvery = std::chrono::milliseconds(200);

int events;

// Lines reach the file in one write, so that those of several programs do not mix.
void tell(const std::string& lines) {
  if (write(events, lines.data(), lines.size()) < 0) std::cerr << "the events cannot be written\n";
}

using Settings = std::map<std::string, std::string>;

const Settings kSettings{{"assignor", "partition.assignment.strategy"},
                         {"instance", "group.instance.id"},
                         {"protocol", "group.protocol"},
                         {"rack", "client.rack"},
                         {"session", "session.timeout.ms"}};

// The rest of a `start` line.
struct Wanted {
  std::string name, group, topic;
  Settings words;
};

Wanted read_wanted(std::istringstream& line) {
  Wanted wanted;
  line >> wanted.name >> wanted.group >> wanted.topic;
  for (std::string word; line >> word;) {
    const auto equals = word.find('=');
    wanted.words[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return wanted;
}

class Member : public RdKafka::RebalanceCb {
 public:
  Member(const std::string& bootstrap, const Wanted& wanted)
      : name_(wanted.name), topic_(wanted.topic) {
    Settings settings{{"bootstrap.servers", bootstrap},
                      {"group.id", wanted.group},
                      {"client.id", name_},
                      {"fetch.wait.max.ms", "100"},
                      {"enable.auto.commit", "false"},
                      {"auto.offset.reset", "earliest"},
                      {"heartbeat.interval.ms", "200"},
                      {"log_level", "0"}};
    for (const auto& [word, value] : wanted.words) settings[kSettings.at(word)] = value;
    const std::unique_ptr<RdKafka::Conf> conf(RdKafka::Conf::create(RdKafka::Conf::CONF_GLOBAL));
    std::string why;
    for (const auto& [name, value] : settings) {
      if (name == "group.protocol") continue;  // This version has the classic one only.
      if (conf->set(name, value, why) != RdKafka::Conf::CONF_OK) fail(why);
    }
    conf->set("rebalance_cb", static_cast<RdKafka::RebalanceCb*>(this), why);
    consumer_.reset(RdKafka::KafkaConsumer::create(conf.get(), why));
    if (!consumer_) fail(why);
    if (consumer_) thread_ = std::thread([this] { live(); });
  }

  void stop() { stopping_ = true; }
  void join() {
    if (thread_.joinable()) thread_.join();
  }

  void rebalance_cb(RdKafka::KafkaConsumer* consumer, RdKafka::ErrorCode what,
                    std::vector<RdKafka::TopicPartition*>& partitions) override {
    const bool comes = what == RdKafka::ERR__ASSIGN_PARTITIONS;
    const bool cooperative = consumer->rebalance_protocol() == "COOPERATIVE";
    if (!comes && !consumer->assignment_lost()) commit();
    for (const auto* partition : partitions) {
      comes ? void(owned_.insert(partition->partition()))
            : void(owned_.erase(partition->partition()));
    }
    // What is given up is told before anyone else can have it.
    if (!comes) tell_owned();
    if (cooperative) {
      delete (comes ? consumer->incremental_assign(partitions)
                    : consumer->incremental_unassign(partitions));
    } else {
      comes ? consumer->assign(partitions) : consumer->unassign();
    }
    if (comes) tell_owned();
  }

 private:
  void fail(const std::string& why) { tell(name_ + " failed " + why + "\n"); }

  void live() {
    if (const auto code = consumer_->subscribe({topic_}); code) fail(RdKafka::err2str(code));
    auto committed = Clock::now();
    while (!stopping_) {
      const std::unique_ptr<RdKafka::Message> message(consumer_->consume(50));
      if (message->err() == RdKafka::ERR_NO_ERROR) {
        tell(name_ + " read " + std::to_string(message->partition()) + " " +
             std::to_string(message->offset()) + "\n");
      } else if (message->err() != RdKafka::ERR__TIMED_OUT) {
        fail(message->errstr());
      }
      if (Clock::now() - committed > kCommitEvery) {
        commit();
        committed = Clock::now();
      }
    }
    consumer_->close();
    tell(name_ + " left\n");
  }

  // In a rebalance that is under way the callback comes back to it.
  void commit() {
    const auto code = consumer_->commitSync();
    if (code && code != RdKafka::ERR__NO_OFFSET && code != RdKafka::ERR_REBALANCE_IN_PROGRESS) {
      std::cerr << name_ << ": " << RdKafka::err2str(code) << '\n';
    }
  }

  void tell_owned() {
    std::string line = name_ + " owns";
    for (const auto partition : owned_) line += " " + std::to_string(partition);
    tell(line + "\n");
  }

  const std::string name_, topic_;
  std::unique_ptr<RdKafka::KafkaConsumer> consumer_;
  std::set<int32_t> owned_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace

int main(int, char** argv) {
  events = open(argv[2], O_WRONLY | O_APPEND);
  std::map<std::string, std::unique_ptr<Member>> members;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string verb;
    words >> verb;
    const Wanted wanted = read_wanted(words);
    if (verb == "start") {
      members[wanted.name] = std::make_unique<Member>(argv[1], wanted);
    } else {
      members.at(wanted.name)->stop();
    }
  }
  for (const auto& [name, member] : members) member->stop();
  for (const auto& [name, member] : members) member->join();
}
