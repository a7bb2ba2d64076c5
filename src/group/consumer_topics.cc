// What a consumer group subscribes to: topics by name, and those that match regular expressions.
#include <algorithm>

#include "group/consumer_turn.h"
#include "group/metadata.h"

namespace group {
namespace {

Resolved resolve(const TopicRegex& regex, const World& world) {
  Resolved resolved{.at = world.now};
  world.image.topics.for_each([&](const TopicName& name, const cluster::TopicPtr&) {
    if (regex.matches(name)) resolved.topics.insert(name);
  });
  return resolved;
}

// Looks at what a regular expression matches again, of these topics or of all.
void renew(Turn& turn, const std::string& text, const std::set<TopicName>* names) {
  const TopicRegex* regex = turn.compiled(text);
  if (!regex) return;  // It keeps what it had.
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
  if (!names) turn.note_resolved();
}

// Goes on to the next epoch if the topics are not what the group took them for.
void bump_if_changed(Turn& turn, const std::string& cause) {
  const Consumer& group = turn.group();
  if (group.members.empty()) return;
  if (metadata_hash(subscriptions(group), turn.world.image) == group.epoch.metadata_hash) return;
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
  const Epoch next = next_of(group.epoch.epoch);
  turn.put_epoch(GroupEpoch{next, metadata_hash(subscriptions(group), turn.world.image)});
  turn.tell(HappeningKind::Rebalancing, {}, cause);
}

void renew_regexes(Turn& turn) {
  const Consumer& group = turn.group();
  std::vector<std::string> unused;
  for (const auto& [text, resolved] : group.regexes) {
    if (!group.regex_users.contains(text)) unused.push_back(text);
  }
  for (std::string& text : unused) {
    turn.forget_compiled(text);
    turn.put(RegexSet{.regex = std::move(text)});
  }

  std::vector<std::string> fresh;
  for (const auto& [text, users] : group.regex_users) {
    if (!group.regexes.contains(text)) fresh.push_back(text);
  }
  for (std::string& text : fresh) {
    const TopicRegex* regex = turn.compiled(text);
    if (regex) turn.put(RegexSet{std::move(text), resolve(*regex, turn.world)});
  }
  if (!group.passing.resolved_at) turn.note_resolved();
}

void renew_regexes_if_due(Turn& turn) {
  const Consumer& group = turn.group();
  if (group.regexes.empty()) return;
  const auto& last = group.passing.resolved_at;
  const Millis passed{last ? turn.world.now.value - last->value : -1};
  if (passed >= Millis{0} && passed < turn.world.limits.consumer.regex_refresh) return;
  renew_all(turn, nullptr);
  bump_if_changed(turn, "regular expressions match other topics");
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
