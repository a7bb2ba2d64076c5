// A classic group under test: requests in short form, and what came of them in words, so that tests
// read as tables. Checks on the way that every request is answered once.
#pragma once
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "group/classic.h"

namespace group {

struct Player {
  std::string id = {};  // Empty: it has none yet.
  std::string instance = {};
  std::vector<std::string> protocols = {"range"};
  std::string type = "consumer";
  std::string topics = {};  // Its metadata, the same for all protocols.
  int session_ms = 10'000;
  int rebalance_ms = 60'000;
  bool must_know_its_id = false;
  bool can_skip = true;
};

// What a sync may say beside its member and generation.
struct SyncOptions {
  std::string instance = {};
  std::optional<std::string> type = {};
  std::optional<std::string> protocol = {};
};

class Stage {
 public:
  Stage() { group.id = GroupId{"audit"}; }

  Classic group;
  Limits limits;
  Timestamp now{1'000'000};

  Token join(const Player& player, const std::string& fresh = "fresh") {
    Join join{.token = next_token(),
              .who = identity(player.id, player.instance),
              .fresh_id = MemberId{fresh},
              .client_id = "cart",
              .client_host = "/10.0.0.1",
              .session_timeout = Millis{player.session_ms},
              .rebalance_timeout = Millis{player.rebalance_ms},
              .protocol_type = player.type,
              .must_know_its_id = player.must_know_its_id,
              .can_skip_assignment = player.can_skip};
    for (const std::string& name : player.protocols) {
      join.protocols.push_back({name, to_vector(as_bytes(player.topics))});
    }
    take(join);
    return join.token;
  }

  Token sync(const std::string& id, int generation,
             const std::map<std::string, std::string>& assignments = {},
             const SyncOptions& options = {}) {
    Sync sync{.token = next_token(),
              .who = identity(id, options.instance),
              .generation = Generation{generation},
              .protocol_type = options.type,
              .protocol = options.protocol};
    for (const auto& [member, work] : assignments) {
      sync.assignments.push_back({MemberId{member}, to_vector(as_bytes(work))});
    }
    take(sync);
    return sync.token;
  }

  std::string heartbeat(const std::string& id, int generation, const std::string& instance = "") {
    const Heartbeat beat{next_token(), identity(id, instance), Generation{generation}};
    take(beat);
    return answer(beat.token);
  }

  std::string leave(const std::vector<std::pair<std::string, std::string>>& members) {
    Leave leave{.token = next_token(), .members = {}};
    for (const auto& [id, instance] : members) leave.members.push_back(identity(id, instance));
    take(leave);
    return answer(leave.token);
  }

  void fire(TimerKind kind, const std::string& member = "") {
    const TimerKey key{kind, MemberId{member}};
    EXPECT_TRUE(timers.erase(key)) << "a timer fired that was not armed";
    take(TimerFired{key});
  }
  bool armed(TimerKind kind, const std::string& member = "") const {
    return timers.contains({kind, MemberId{member}});
  }
  Millis left(TimerKind kind, const std::string& member = "") const {
    return timers.at({kind, MemberId{member}});
  }

  // "waits", or what it was answered.
  std::string answer(Token token) const {
    const auto at = answers.find(token);
    return at == answers.end() ? "waits" : to_text(at->second);
  }
  const JoinReply& join_reply(Token token) const { return std::get<JoinReply>(answers.at(token)); }

  // These members, stable in a first generation led by the first of them, each with work
  // "w-<id>".
  void settle(const std::vector<std::string>& names) {
    for (const std::string& name : names) join({}, name);
    fire(TimerKind::JoinPhase);
    if (names.size() > 1) fire(TimerKind::JoinPhase);
    hand_out();
  }
  void hand_out() {
    std::map<std::string, std::string> work;
    for (const auto& [id, member] : group.members) work[id.value] = "w-" + id.value;
    const int generation = group.generation.value;
    for (const auto& [id, bytes] : work) {
      sync(id, generation, group.is_leader(MemberId{id}) ? work : decltype(work){});
    }
  }
  void take(const Event& event) {
    if (const Token token = token_of(event); token != Token{}) asked.insert(token);
    note(step(group, event, limits, now));
  }

  // As after a kill -9: the group comes back in its last stored generation.
  void restart() {
    group = restore(group.id, std::get<GroupStored>(records.back()).generation);
    timers.clear();
    asked.clear();
    note(resume(group, limits, now));
  }

  std::map<TimerKey, Millis> timers;
  std::set<Token> asked;  // And not answered yet.
  std::map<Token, Answer> answers;
  std::vector<Record> records;
  std::vector<Happening> happened;

 private:
  void note(Effects effects) {
    for (const TimerChange& change : effects.timers) {
      if (change.after) {
        timers[change.key] = *change.after;
      } else {
        timers.erase(change.key);
      }
    }
    for (Reply& reply : effects.replies) {
      EXPECT_TRUE(asked.erase(reply.to)) << "answered twice, or never asked";
      answers.emplace(reply.to, std::move(reply.answer));
    }
    for (Record& record : effects.records) records.push_back(std::move(record));
    for (Happening& one : effects.happened) happened.push_back(std::move(one));
    check_invariants();
  }

  static Identity identity(const std::string& id, const std::string& instance) {
    Identity who{.member = MemberId{id}};
    if (!instance.empty()) who.instance = InstanceId{instance};
    return who;
  }
  static Token token_of(const Event& event) {
    return std::visit(overloaded{[](const TimerFired&) { return Token{}; },
                                 [](const TopicsChanged&) { return Token{}; },
                                 [](const auto& request) { return request.token; }},
                      event);
  }
  Token next_token() { return Token{++last_token_}; }

  static std::string code(ErrorCode error) {
    return "error " + std::to_string(static_cast<int>(error));
  }
  static std::string to_text(const Answer& answer) {
    return std::visit(
        overloaded{
            [](const JoinReply& r) {
              if (r.error != ErrorCode::None) {
                return code(r.error) + (r.member.value.empty() ? "" : " as " + r.member.value);
              }
              std::string text = r.member.value + " @" + std::to_string(r.generation.value) +
                                 " led by " + r.leader.value + " in " + r.protocol.value_or("-");
              if (r.skip_assignment) text += ", need not assign";
              for (const JoinedMember& m : r.members) text += "; " + m.id.value;
              return text;
            },
            [](const SyncReply& r) {
              return r.error == ErrorCode::None ? "does " + std::string(as_text(r.assignment))
                                                : code(r.error);
            },
            [](const HeartbeatReply& r) {
              return r.error == ErrorCode::None ? std::string("fine") : code(r.error);
            },
            [](const LeaveReply& r) {
              std::string text;
              for (const auto& left : r.members) {
                text += (text.empty() ? "" : "; ") +
                        (left.error == ErrorCode::None ? std::string("left") : code(left.error));
              }
              return text;
            },
            [](const ConsumerReply& r) { return code(r.error); },
            [](const ShareReply& r) { return code(r.error); },
        },
        answer);
  }

  void check_invariants() const {
    std::size_t joining = 0;
    std::map<InstanceId, MemberId> instances;
    for (const auto& [id, member] : group.members) {
      ASSERT_EQ(id, member.id);
      joining += member.joining ? 1U : 0U;
      if (member.instance) instances.emplace(*member.instance, id);
      ASSERT_FALSE(group.reserved.contains(id));
    }
    ASSERT_EQ(group.joining, joining);
    ASSERT_EQ(group.instances, instances);
    ASSERT_EQ(group.leader.has_value(), !group.members.empty());
    if (group.leader) ASSERT_TRUE(group.members.contains(*group.leader));
    for (const MemberId& id : group.unsynced) ASSERT_TRUE(group.members.contains(id));
    if (group.state == State::Empty) ASSERT_TRUE(group.members.empty());
    for (const auto& [name, count] : group.support) ASSERT_GT(count, 0U) << name;
    check_that_nobody_is_forgotten();
  }

  // Whoever waits is waited for by a timer.
  void check_that_nobody_is_forgotten() const {
    if (group.state == State::PreparingRebalance) ASSERT_TRUE(armed(TimerKind::JoinPhase));
    if (group.state == State::CompletingRebalance) ASSERT_TRUE(armed(TimerKind::SyncPhase));
    for (const auto& [id, member] : group.members) {
      const bool waits = member.joining || member.syncing;
      if (!waits) ASSERT_TRUE(armed(TimerKind::Session, id.value)) << id.value;
    }
    for (const MemberId& id : group.reserved) ASSERT_TRUE(armed(TimerKind::Session, id.value));
  }

  std::uint64_t last_token_ = 0;
};

}  // namespace group
