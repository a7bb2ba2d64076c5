#include "group/consumer.h"

#include "base/probe.h"

namespace group {

std::string_view to_text(ConsumerState state) {
  switch (state) {
    case ConsumerState::Empty:
      return "Empty";
    case ConsumerState::Assigning:
      return "Assigning";
    case ConsumerState::Reconciling:
      return "Reconciling";
    case ConsumerState::Stable:
      return "Stable";
  }
  return "Unknown";
}

const ConsumerMember* Consumer::find(const MemberId& member) const {
  const auto at = members.find(member);
  return at == members.end() ? nullptr : &at->second;
}

const Assigned& Consumer::target_of(const MemberId& member) const {
  static const Assigned kNothing;
  const auto at = target.find(member);
  return at == target.end() ? kNothing : at->second;
}

bool Consumer::is_settled(const ConsumerMember& member) const {
  return member.holding.state == MemberState::Stable && member.holding.epoch == target_epoch;
}

ConsumerState Consumer::state() const {
  if (members.empty()) return ConsumerState::Empty;
  if (epoch.epoch > target_epoch) return ConsumerState::Assigning;
  return settled == members.size() ? ConsumerState::Stable : ConsumerState::Reconciling;
}

bool Consumer::is_blank() const {
  return epoch == GroupEpoch{} && target_epoch == Epoch{} && members.empty() && target.empty() &&
         regexes.empty();
}

std::set<TopicName> subscriptions(const Consumer& group) {
  std::set<TopicName> topics;
  for (const auto& [topic, subscribers] : group.subscribers) topics.insert(topic);
  for (const auto& [regex, users] : group.regex_users) {
    const auto resolved = group.regexes.find(regex);
    if (resolved == group.regexes.end()) continue;
    topics.insert(resolved->second.topics.begin(), resolved->second.topics.end());
  }
  return topics;
}

namespace {

std::optional<ErrorCode> refuse_epoch(const ConsumerMember& member, Epoch epoch) {
  if (epoch == member.holding.epoch) return {};
  return member.facts.classic ? ErrorCode::IllegalGeneration : ErrorCode::StaleMemberEpoch;
}

}  // namespace

std::optional<ErrorCode> refuse_commit(const Consumer& group, const Identity& who, Epoch epoch,
                                       bool knows_epochs) {
  // Not from a member: an administrator, or a consumer that assigns itself.
  if (epoch < kJoining && group.members.empty()) return {};
  const ConsumerMember* member = group.find(who.member);
  if (!member) return ErrorCode::UnknownMemberId;
  if (!knows_epochs && !member->facts.classic) return ErrorCode::UnsupportedVersion;
  if (probe::planted<"a commit of any member epoch">()) return {};
  return refuse_epoch(*member, epoch);
}

std::optional<ErrorCode> refuse_fetch(const Consumer& group, const MemberId& member, Epoch epoch) {
  if (epoch < kJoining && member.value.empty()) return {};
  const ConsumerMember* found = group.find(member);
  if (!found) return ErrorCode::UnknownMemberId;
  return refuse_epoch(*found, epoch);
}

std::vector<Record> farewell(const Consumer& group) {
  std::vector<Record> records;
  const auto forget = [&](ConsumerChange change) {
    records.emplace_back(ConsumerRecord{group.id, std::move(change)});
  };
  for (const auto& [member, target] : group.target) forget(TargetSet{.member = member});
  for (const auto& [regex, resolved] : group.regexes) forget(RegexSet{.regex = regex});
  forget(TopicMetadataDropped{});  // A log of Kafka 4.0 may have a value for it.
  forget(TargetEpochSet{});
  forget(GroupEpochSet{});
  return records;
}

}  // namespace group
