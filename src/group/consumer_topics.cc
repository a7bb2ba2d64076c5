// What a consumer group subscribes to: topics by name, and those that match regular expressions.
#include <algorithm>
#include <array>

#include "group/consumer_turn.h"
#include "group/regex.h"

namespace group {
namespace {

// FNV-1a: stays the same from one process to the next, unlike std::hash.
class Hash {
 public:
  void add(Bytes bytes) {
    for (const std::byte b : bytes) value_ = (value_ ^ std::to_integer<std::uint64_t>(b)) * kPrime;
  }
  void add(std::uint64_t number) {
    std::array<std::byte, sizeof number> bytes;
    store_big(bytes.data(), static_cast<std::int64_t>(number));
    add(Bytes(bytes));
  }
  void add(std::string_view text) {
    add(text.size());
    add(as_bytes(text));
  }
  std::int64_t value() const { return static_cast<std::int64_t>(value_); }

 private:
  static constexpr std::uint64_t kPrime = 1099511628211U;
  std::uint64_t value_ = 14695981039346656037U;
};

void add_topic(Hash& hash, const cluster::Topic& topic, const cluster::Image& image) {
  hash.add(Bytes(topic.id.value.bytes));
  hash.add(topic.name.value);
  hash.add(topic.partitions.size());
  for (const cluster::Partition& partition : topic.partitions) {
    for (const BrokerId replica : partition.replicas) {
      const cluster::Broker* broker = image.find(replica);
      if (broker && broker->rack) hash.add(*broker->rack);
    }
  }
}

// Of the topics that are subscribed to and there; 0 where there are none.
std::int64_t metadata_hash(const Consumer& group, const cluster::Image& image) {
  Hash hash;
  bool any = false;
  for (const TopicName& name : subscriptions(group)) {
    const cluster::Topic* topic = image.find(name);
    if (!topic) continue;
    add_topic(hash, *topic, image);
    any = true;
  }
  return any ? hash.value() : 0;
}

Resolved resolve(const TopicRegex& regex, const World& world) {
  Resolved resolved{.at = world.now};
  world.image.topics.for_each([&](const TopicName& name, const cluster::TopicPtr&) {
    if (regex.matches(name)) resolved.topics.insert(name);
  });
  return resolved;
}

// Looks at what a regular expression matches again, of these topics or of all.
void renew(Turn& turn, const std::string& text, const std::set<TopicName>* names) {
  const auto regex = TopicRegex::compile(text);
  if (!regex) return;  // An old log's, of rules that were others. It keeps what it had.
  const Resolved& before = turn.group().regexes.at(text);
  Resolved now{.topics = before.topics, .at = turn.world.now};
  if (names) {
    for (const TopicName& name : *names) {
      now.topics.erase(name);
      if (turn.world.image.find(name) && regex->matches(name)) now.topics.insert(name);
    }
  } else {
    now = resolve(*regex, turn.world);
  }
  if (now.topics != before.topics) turn.put(RegexSet{text, std::move(now)});
}

void renew_all(Turn& turn, const std::set<TopicName>* names) {
  std::vector<std::string> texts;
  for (const auto& [text, resolved] : turn.group().regexes) texts.push_back(text);
  for (const std::string& text : texts) renew(turn, text, names);
}

// Goes on to the next epoch if the topics are not what the group took them for.
void bump_if_changed(Turn& turn, const std::string& cause) {
  const Consumer& group = turn.group();
  if (group.members.empty()) return;
  if (metadata_hash(group, turn.world.image) == group.epoch.metadata_hash) return;
  turn.tell(HappeningKind::TopicsChanged, {}, cause);
  bump_epoch(turn, cause);
}

bool subscribes_to_any(const Consumer& group, const std::set<TopicName>& names) {
  return std::ranges::any_of(
      names, [&](const TopicName& name) { return group.subscribers.contains(name); });
}

}  // namespace

std::set<TopicId> topics_of(const Consumer& group, const MemberFacts& facts,
                            const cluster::Image& image) {
  std::set<TopicId> ids;
  const auto add = [&](const std::set<TopicName>& names) {
    for (const TopicName& name : names) {
      if (const cluster::Topic* topic = image.find(name)) ids.insert(topic->id);
    }
  };
  add(facts.topics);
  if (!facts.regex) return ids;
  const auto resolved = group.regexes.find(*facts.regex);
  if (resolved != group.regexes.end()) add(resolved->second.topics);
  return ids;
}

void bump_epoch(Turn& turn, const std::string& cause) {
  const Consumer& group = turn.group();
  const Epoch next{group.epoch.epoch.value + 1};
  turn.put(GroupEpochSet{GroupEpoch{next, metadata_hash(group, turn.world.image)}});
  turn.tell(HappeningKind::Rebalancing, {}, cause);
}

void renew_regexes(Turn& turn) {
  const Consumer& group = turn.group();
  std::vector<std::string> unused;
  for (const auto& [text, resolved] : group.regexes) {
    if (!group.regex_users.contains(text)) unused.push_back(text);
  }
  for (std::string& text : unused) turn.put(RegexSet{.regex = std::move(text)});

  std::vector<std::string> fresh;
  for (const auto& [text, users] : group.regex_users) {
    if (!group.regexes.contains(text)) fresh.push_back(text);
  }
  for (std::string& text : fresh) {
    const auto regex = TopicRegex::compile(text);
    if (regex) turn.put(RegexSet{std::move(text), resolve(*regex, turn.world)});
  }
}

void on(Turn& turn, const TopicsChanged& changed) {
  const Consumer& group = turn.group();
  if (group.regexes.empty() && !subscribes_to_any(group, changed.names)) return;
  renew_all(turn, &changed.names);
  bump_if_changed(turn, "topics came, grew or went");
  assign_if_due(turn);
}

void look_at_topics_again(Turn& turn) {
  renew_all(turn, nullptr);
  renew_regexes(turn);
  bump_if_changed(turn, "topics came, grew or went while the coordinator was away");
  assign_if_due(turn);
}

}  // namespace group
