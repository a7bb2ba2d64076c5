// Properties of a classic group over random histories: members that come, go, die, fall silent,
// send nonsense, and come back, with timers firing whenever.
#include <random>

#include "group/group_test_support.h"
#include "group/groups.h"

namespace group {
namespace {

class History {
 public:
  explicit History(std::uint32_t seed) : random_(seed) {
    stage_.limits.most_members = 6;
    stage_.limits.most_reserved = 3;
  }

  void run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFatalFailure(); ++i) {
      stage_.now.value += static_cast<std::int64_t>(pick(1000));
      one();
      check_replay();
      note_assignments();
    }
  }

  // Nobody does anything any more: time alone must end every wait.
  void fall_silent() {
    for (int i = 0; i < 1000 && !stage_.timers.empty(); ++i) fire_any();
    EXPECT_TRUE(stage_.timers.empty());
    EXPECT_TRUE(stage_.asked.empty()) << "a request was never answered";
    EXPECT_EQ(stage_.group.state, State::Empty);
    check_replay();
  }
  int generations() const { return stage_.group.generation.value; }

 private:
  std::size_t pick(std::size_t below) { return random_() % below; }

  std::string some_member() {
    const auto& members = stage_.group.members;
    if (members.empty() || pick(12) == 0) return "nobody";
    auto at = members.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(pick(members.size())));
    return at->first.value;
  }
  std::string instance_of(const std::string& id) {
    const Member* member = stage_.group.find(MemberId{id});
    return member && member->instance ? member->instance->value : "";
  }
  int some_generation() { return stage_.group.generation.value - (pick(10) == 0 ? 1 : 0); }
  std::string fresh() { return "m" + std::to_string(++names_); }

  Player some_player() {
    Player player;
    if (pick(3) == 0) player.protocols = {"sticky", "range"};
    player.topics = pick(5) == 0 ? "more" : "";
    player.can_skip = pick(2) == 0;
    player.must_know_its_id = pick(2) == 0;
    return player;
  }

  // Half of what happens is what members do that mean well, or else nothing would ever be stable.
  void one() {
    if (pick(2) == 0) {
      as_it_should_be();
    } else {
      anything();
    }
  }

  void as_it_should_be() {
    const Classic& group = stage_.group;
    if (group.gathering) {
      stage_.fire(TimerKind::JoinPhase);
    } else if (group.state == State::CompletingRebalance) {
      sync(group.leader->value);
    } else if (group.state == State::PreparingRebalance) {
      for (const auto& [id, member] : group.members) {
        if (member.joining) continue;
        Player player;
        player.id = id.value;
        player.instance = instance_of(player.id);
        player.protocols = {"range", "sticky"};
        stage_.join(player, fresh());
        return;
      }
    }
  }

  void anything() {
    switch (pick(12)) {
      case 0:
      case 1: {
        Player player = some_player();
        if (pick(3) == 0) player.instance = "till-" + std::to_string(pick(3));
        stage_.join(player, fresh());
        return;
      }
      case 2:
        if (stage_.group.reserved.empty()) return;
        {
          Player player = some_player();
          player.id = stage_.group.reserved.begin()->value;
          stage_.join(player, fresh());
        }
        return;
      case 3:
      case 4:
      case 5: {
        Player player = some_player();
        player.id = some_member();
        player.instance = instance_of(player.id);
        stage_.join(player, fresh());
        return;
      }
      case 6:
      case 7:
      case 8:
        return sync(some_member());
      case 9:
        stage_.heartbeat(some_member(), some_generation());
        return;
      case 10: {
        const std::string id = some_member();
        stage_.leave({{id, instance_of(id)}});
        return;
      }
      default:
        return fire_any();
    }
  }

  // Each member's work names the generation and the member, so that it is seen who got what.
  void sync(const std::string& id) {
    const int generation = some_generation();
    std::map<std::string, std::string> work;
    if (stage_.group.is_leader(MemberId{id})) {
      for (const auto& [member, details] : stage_.group.members) {
        work[member.value] = std::to_string(generation) + "/" + member.value;
      }
    }
    const Token token = stage_.sync(id, generation, work, {.instance = instance_of(id)});
    syncs_.emplace(token, generation);
  }

  void fire_any() {
    if (stage_.timers.empty()) return;
    auto at = stage_.timers.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(pick(stage_.timers.size())));
    const TimerKey key = at->first;
    stage_.fire(key.kind, key.member.value);
  }

  // What a restart would make of the log: a group at rest is just as it was.
  void check_replay() {
    Groups groups;
    for (const Record& record : stage_.records) load(groups, record);
    const Group* loaded = groups.find(stage_.group.id);
    const Classic& live = stage_.group;
    if (live.state == State::Stable ||
        (live.state == State::Empty && live.generation > Generation{0})) {
      ASSERT_TRUE(loaded);
      ASSERT_EQ(stored(*loaded->as<Classic>()), stored(live));
      ASSERT_EQ(loaded->as<Classic>()->state, live.state);
    } else if (loaded) {
      ASSERT_LE(loaded->as<Classic>()->generation, live.generation);
    }
  }

  // A sync that went well brings work of the generation that was asked for.
  void note_assignments() {
    for (auto at = syncs_.begin(); at != syncs_.end();) {
      const auto answer = stage_.answers.find(at->first);
      if (answer == stage_.answers.end()) {
        ++at;
        continue;
      }
      const auto& reply = std::get<SyncReply>(answer->second);
      if (reply.error == ErrorCode::None && !reply.assignment.empty()) {
        const std::string work(as_text(reply.assignment));
        ASSERT_EQ(work.substr(0, work.find('/')), std::to_string(at->second));
      }
      at = syncs_.erase(at);
    }
  }

  std::mt19937 random_;
  Stage stage_;
  int names_ = 0;
  std::map<Token, int> syncs_;
};

TEST(History, KeepsItsInvariantsAndAnswersEveryone) {
  int generations = 0;
  for (std::uint32_t seed = 0; seed < 300 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    History history(seed);
    history.run(250);
    history.fall_silent();
    generations += history.generations();
  }
  EXPECT_GT(generations, 3000) << "the histories are too quiet to prove much";
}

// A thousand members join, sync and leave in a time that grows with their number, not its square:
// what the group says in a step is bounded by what happened.
TEST(History, AThousandMembersCauseAsManyEffectsAndNoMore) {
  Classic group{.id = GroupId{"audit"}};
  std::size_t effects = 0;
  std::uint64_t token = 0;
  const auto take = [&](const Event& event) {
    const Effects out = step(group, event, {}, Timestamp{0});
    effects += out.timers.size() + out.replies.size() + out.records.size();
  };
  constexpr int kMembers = 1000;
  for (int i = 0; i < kMembers; ++i) {
    take(Join{.token = Token{++token},
              .who = {},
              .fresh_id = MemberId{std::to_string(i)},
              .session_timeout = Millis{10'000},
              .rebalance_timeout = Millis{1'000},
              .protocol_type = "consumer",
              .protocols = {{"range", {}}}});
  }
  take(TimerFired{{TimerKind::JoinPhase}});
  ASSERT_EQ(group.state, State::CompletingRebalance);
  for (int i = kMembers - 1; i >= 0; --i) {
    take(Sync{.token = Token{++token},
              .who = {MemberId{std::to_string(i)}},
              .generation = Generation{1}});
  }
  ASSERT_EQ(group.state, State::Stable);
  for (int i = 0; i < kMembers; ++i) {
    take(Leave{.token = Token{++token}, .members = {{MemberId{std::to_string(i)}}}});
  }
  EXPECT_EQ(group.state, State::Empty);
  EXPECT_LT(effects, 20U * kMembers);
}

}  // namespace
}  // namespace group
