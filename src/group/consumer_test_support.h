// A consumer group under test: heartbeats in short form, and what came of them in words, so that
// tests read as tables. Checks after every event that the log tells the same group, and that no
// partition has two holders.
#pragma once
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "group/groups.h"

namespace group {

inline TopicId topic_id(int number) {
  TopicId id;
  id.value.bytes[15] = static_cast<std::byte>(number);
  return id;
}

struct Beat {
  std::string id = {};
  int epoch = 0;
  std::optional<std::vector<std::string>> topics = {};
  std::optional<std::string> regex = {};
  std::optional<std::string> owned = {};  // "1:0,1;2:5", topic ids and partitions.
  std::string instance = {};
  std::string assignor = {};
  std::string rack = {};
  std::optional<int> rebalance_ms = {};
  bool may_ask_for_id = false;
};

inline std::string to_text(const Assigned& assigned) {
  std::string text;
  for (const auto& [topic, partitions] : assigned) {
    text +=
        (text.empty() ? "" : ";") + std::to_string(static_cast<int>(topic.value.bytes[15])) + ":";
    for (std::size_t i = 0; i < partitions.size(); ++i) {
      text += (i ? "," : "") + std::to_string(partitions[i].value);
    }
  }
  return text;
}

inline Assigned to_assigned(const std::string& text) {
  Assigned assigned;
  int number = 0;
  TopicId topic;
  std::vector<PartitionIndex> partitions;
  const auto take = [&](char mark) {
    if (mark == ':') {
      topic = topic_id(number);
    } else {
      partitions.emplace_back(number);
    }
    if (mark == ';') add(assigned, topic, std::exchange(partitions, {}));
    number = 0;
  };
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      number = number * 10 + (c - '0');
    } else {
      take(c);
    }
  }
  if (!text.empty()) take(';');
  return assigned;
}

class ConsumerStage {
 public:
  ConsumerStage() { limits.consumer.rest_per_member = Millis{0}; }

  Groups groups;
  Limits limits;
  Timestamp now{1'000'000};
  std::shared_ptr<cluster::Image> image = std::make_shared<cluster::Image>();
  const GroupId id{"audit"};

  const Consumer* group() const {
    const Group* found = groups.find(id);
    return found ? found->as<Consumer>() : nullptr;
  }

  // Tells the group of a topic that came or changed; of none partitions, that went.
  void set_topic(const std::string& name, int number, int partitions, bool tell = true) {
    const TopicName topic{name};
    if (partitions > 0) {
      auto made = std::make_shared<cluster::Topic>();
      made->name = topic;
      made->id = topic_id(number);
      made->partitions.resize(static_cast<std::size_t>(partitions));
      image->topics.put(topic, made);
      image->topics_by_id.put(made->id, made);
    } else {
      image->topics.erase(topic);
      image->topics_by_id.erase(topic_id(number));
    }
    if (tell) take(TopicsChanged{{topic}});
  }

  ConsumerReply send(const Beat& beat) {
    ConsumerHeartbeat event{
        .token = next_token(), .who = {.member = MemberId{beat.id}}, .epoch = Epoch{beat.epoch}};
    if (beat.may_ask_for_id) event.fresh_id = MemberId{"fresh"};
    if (!beat.instance.empty()) event.who.instance = InstanceId{beat.instance};
    event.client_id = "cart";
    event.client_host = "/10.0.0.1";
    if (!beat.rack.empty()) event.rack = beat.rack;
    if (beat.rebalance_ms) event.rebalance_timeout = Millis{*beat.rebalance_ms};
    if (beat.topics) {
      event.topics.emplace();
      for (const std::string& topic : *beat.topics) event.topics->insert(TopicName{topic});
    }
    event.regex = beat.regex;
    if (!beat.assignor.empty()) event.assignor = beat.assignor;
    if (beat.owned) event.owned = to_assigned(*beat.owned);
    take(event);
    return reply_.value();
  }
  ConsumerReply join(const std::string& member, const std::vector<std::string>& topics = {"orders"},
                     const std::string& instance = "") {
    return send({.id = member,
                 .topics = topics,
                 .owned = "",
                 .instance = instance,
                 .rebalance_ms = 60'000});
  }
  ConsumerReply join_by(const std::string& member, const std::string& regex) {
    return send({.id = member, .regex = regex, .owned = "", .rebalance_ms = 60'000});
  }

  void fire(TimerKind kind, const std::string& member = "") {
    const TimerKey key{kind, MemberId{member}};
    EXPECT_TRUE(timers.erase(key)) << "a timer fired that was not armed";
    take(TimerFired{key});
  }
  bool armed(TimerKind kind, const std::string& member = "") const {
    return timers.contains({kind, MemberId{member}});
  }

  void take(const Event& event) {
    reply_.reset();
    note(step(groups, id, event, {.image = *image, .limits = limits, .now = now}));
    groups.drop_if_blank(id);
    check_invariants();
  }

  // As after a kill -9: the group comes back from its records.
  void restart() {
    groups = replayed();
    timers.clear();
    const auto at = groups.by_id.find(id);
    if (at == groups.by_id.end()) return;
    note(resume(at->second, {.image = *image, .limits = limits, .now = now}));
    check_invariants();
  }

  Groups replayed() const {
    Groups loaded;
    for (const Record& record : records) load(loaded, record);
    return loaded;
  }

  std::map<TimerKey, Millis> timers;
  std::vector<Record> records;
  std::vector<Happening> happened;
  std::map<Token, Answer> answers;
  Token next_token() { return Token{++last_token_}; }

 private:
  void note(Effects effects) {
    for (const TimerChange& change : effects.timers) {
      if (change.after) {
        timers[change.key] = *change.after;
      } else {
        timers.erase(change.key);
      }
    }
    for (const Reply& reply : effects.replies) {
      ASSERT_TRUE(answers.emplace(reply.to, reply.answer).second) << "answered twice";
      if (const auto* consumer = std::get_if<ConsumerReply>(&reply.answer)) reply_ = *consumer;
    }
    // Through the bytes of the log.
    for (const Record& record : effects.records) {
      const Encoded encoded = encode(record);
      const auto read =
          decode(encoded.key, encoded.value ? std::optional<Bytes>(*encoded.value) : std::nullopt);
      ASSERT_TRUE(read && *read);
      ASSERT_EQ(**read, record);
      records.push_back(record);
    }
    for (Happening& happening : effects.happened) happened.push_back(std::move(happening));
  }

  void check_invariants() const {
    const Groups loaded = replayed();
    const Group* again = loaded.find(id);
    const Consumer* live = group();
    if (!live) return;
    ASSERT_TRUE(again && again->as<Consumer>());
    ASSERT_EQ(*again->as<Consumer>(), *live);

    std::map<std::pair<TopicId, PartitionIndex>, MemberId> holders;
    for (const auto& [member, details] : live->members) {
      for (const Assigned* held : {&details.holding.assigned, &details.holding.revoking}) {
        for (const auto& [topic, partitions] : *held) {
          for (const PartitionIndex partition : partitions) {
            ASSERT_TRUE(holders.emplace(std::pair{topic, partition}, member).second)
                << "two members hold partition " << partition.value;
            ASSERT_TRUE(live->holders.find(topic, partition));
            ASSERT_EQ(*live->holders.find(topic, partition), member);
          }
        }
      }
      ASSERT_TRUE(timers.contains({TimerKind::Session, member})) << member.value;
      if (details.holding.state == MemberState::UnrevokedPartitions && !details.facts.classic) {
        ASSERT_TRUE(timers.contains({TimerKind::Revocation, member})) << member.value;
      }
    }
    if (!live->members.empty() && live->epoch.epoch > live->target_epoch) {
      ASSERT_TRUE(timers.contains({TimerKind::Assignment})) << "nobody will share out the work";
    }
  }

  std::uint64_t last_token_ = 0;
  std::optional<ConsumerReply> reply_;
};

}  // namespace group
