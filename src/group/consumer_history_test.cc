// Properties of a consumer group over random histories: members that come, go, die, fall silent,
// lose answers and requests, change their minds, and come back; topics that come, grow and go;
// restarts. The stage checks after every event that no partition has two holders and that the log
// tells the same group; here members are simulated as a client behaves, and what each really owns
// is watched.
#include <algorithm>
#include <random>

#include "group/consumer_test_support.h"

namespace group {
namespace {

// A member as its client has it.
struct Client {
  std::string id;
  std::string instance = {};
  int epoch = 0;
  Assigned owned = {};
  std::vector<std::string> topics = {};
  std::string regex = {};
  bool tells_all = true;  // After a lost answer it tells everything again.
};

class History {
 public:
  explicit History(std::uint32_t seed) : random_(seed) {
    stage_.limits.consumer.most_members = 5;
    stage_.limits.consumer.rest_per_member = Millis{pick(2) == 0 ? 0 : 500};
    for (int number = 1; number <= 3; ++number) change_topic(number);
  }

  void run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFatalFailure(); ++i) {
      stage_.now.value += static_cast<std::int64_t>(pick(700));
      one();
      check_owners();
    }
  }

  // Faults have stopped. Every partition that somebody wants is owned after a few rounds.
  void come_to_rest() {
    constexpr int kRounds = 8;
    faults_ = false;
    end_sessions_of_the_dead();
    for (int round = 0; round < kRounds; ++round) {
      stage_.now.value += 5'000;
      if (stage_.armed(TimerKind::Assignment)) stage_.fire(TimerKind::Assignment);
      for (const Client& client : std::vector(clients_)) beat(client.id);
      check_owners();
    }
    if (clients_.empty() || !stage_.group()) return;
    EXPECT_EQ(stage_.group()->state(), ConsumerState::Stable);
    EXPECT_EQ(owned_count(), wanted_count()) << "a partition that nobody owns";
  }
  int epochs() const { return stage_.group() ? stage_.group()->epoch.epoch.value : 0; }

 private:
  std::size_t pick(std::size_t below) { return random_() % below; }
  static std::string name_of(int number) { return "topic-" + std::to_string(number); }

  void change_topic(int number) {
    std::int32_t& partitions = partitions_[number];
    partitions = pick(4) == 0 ? 0 : partitions + 1 + static_cast<std::int32_t>(pick(3));
    // A topic that is made anew has another id.
    if (partitions == 0) {
      if (ids_.contains(number)) stage_.set_topic(name_of(number), ids_[number], 0);
      ids_.erase(number);
      return;
    }
    if (!ids_.contains(number)) ids_[number] = ++last_topic_;
    stage_.set_topic(name_of(number), ids_[number], partitions);
  }

  void choose_topics(Client& client) {
    client.topics.clear();
    client.regex = pick(3) == 0 ? (pick(2) == 0 ? "topic-[12]" : "topic-.*") : "";
    for (int number = 1; number <= 3; ++number) {
      if (pick(2) == 0) client.topics.push_back(name_of(number));
    }
  }

  void one() {
    switch (pick(10)) {
      case 0:
        return come();
      case 1:
        return go();
      case 2:
        if (!clients_.empty()) clients_.erase(clients_.begin() + some());  // Killed.
        return;
      case 3:
        return change_topic(1 + static_cast<int>(pick(3)));
      case 4:
        return fire_any();
      case 5:
        if (pick(4) == 0) stage_.restart();
        return;
      case 6:
        if (clients_.empty()) return;
        {
          Client& client = clients_[static_cast<std::size_t>(some())];
          choose_topics(client);
          client.tells_all = true;
          return beat(client);
        }
      default:
        if (!clients_.empty()) beat(clients_[static_cast<std::size_t>(some())]);
    }
  }
  std::ptrdiff_t some() { return static_cast<std::ptrdiff_t>(pick(clients_.size())); }

  void come() {
    Client client{.id = "m" + std::to_string(++names_)};
    if (pick(3) == 0) client.instance = "till-" + std::to_string(pick(2));
    choose_topics(client);
    clients_.push_back(std::move(client));
    beat(clients_.back());
  }

  void go() {
    if (clients_.empty()) return;
    const auto at = clients_.begin() + some();
    const bool for_a_while = !at->instance.empty() && pick(2) == 0;
    if (at->epoch > 0) {
      stage_.send({.id = at->id, .epoch = for_a_while ? -2 : -1, .instance = at->instance});
    }
    clients_.erase(at);
  }

  void end_sessions_of_the_dead() {
    if (!stage_.group()) return;
    std::set<std::string> dead;
    for (const auto& [id, member] : stage_.group()->members) dead.insert(id.value);
    for (const Client& client : clients_) dead.erase(client.id);
    for (const std::string& id : dead) stage_.fire(TimerKind::Session, id);
  }

  void fire_any() {
    if (stage_.timers.empty()) return;
    auto at = stage_.timers.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(pick(stage_.timers.size())));
    const TimerKey key = at->first;
    // The session of a client that runs does not run out: it would own what others then get, as a
    // process that was paused does.
    if (key.kind != TimerKind::Assignment) drop_client(key.member);
    stage_.fire(key.kind, key.member.value);
  }
  void drop_client(const MemberId& id) {
    std::erase_if(clients_, [&](const Client& client) { return client.id == id.value; });
  }

  // A heartbeat as Java's client sends it. Now and then the answer is lost.
  void beat(Client& client) {
    Beat beat{.id = client.id, .epoch = client.epoch, .instance = client.instance};
    if (client.epoch == 0 || client.tells_all) {
      beat.topics = client.topics;
      beat.regex = client.regex;
      beat.owned = to_text(client.owned);
      beat.rebalance_ms = 60'000;
    } else if (pick(2) == 0) {
      beat.owned = to_text(client.owned);
    }
    const ConsumerReply reply = stage_.send(beat);
    if (faults_ && pick(8) == 0) {
      client.tells_all = true;
      return;
    }
    if (reply.error != ErrorCode::None) return fall_out(client, reply.error);
    client.tells_all = false;
    client.epoch = reply.epoch.value;
    if (!reply.assignment) return;
    const bool lets_go = !is_subset(client.owned, *reply.assignment);
    client.owned = *reply.assignment;
    client.tells_all = lets_go;  // What it let go of it says at once.
  }
  void beat(const std::string& id) {
    const auto at = std::ranges::find(clients_, id, &Client::id);
    if (at != clients_.end()) beat(*at);
  }
  void fall_out(Client& client, ErrorCode error) {
    client.owned.clear();
    client.epoch = 0;
    client.tells_all = true;
    const bool for_good = error == ErrorCode::UnreleasedInstanceId ||
                          error == ErrorCode::FencedInstanceId ||
                          error == ErrorCode::GroupMaxSizeReached;
    if (for_good) drop_client(MemberId{client.id});
  }

  void check_owners() const {
    std::map<std::pair<TopicId, PartitionIndex>, std::string> owners;
    for (const Client& client : clients_) {
      for (const auto& [topic, partitions] : client.owned) {
        for (const PartitionIndex partition : partitions) {
          const auto [at, is_first] = owners.emplace(std::pair{topic, partition}, client.id);
          ASSERT_TRUE(is_first) << at->second << " and " << client.id << " own the same";
        }
      }
    }
  }
  std::size_t owned_count() const {
    std::size_t owned = 0;
    for (const Client& client : clients_) owned += count(client.owned);
    return owned;
  }
  std::size_t wanted_count() const {
    std::size_t wanted = 0;
    for (const TopicName& topic : subscriptions(*stage_.group())) {
      const cluster::Topic* found = stage_.image->find(topic);
      if (found) wanted += found->partitions.size();
    }
    return wanted;
  }

  std::mt19937 random_;
  ConsumerStage stage_;
  std::vector<Client> clients_;
  std::map<int, std::int32_t> partitions_;
  std::map<int, int> ids_;
  bool faults_ = true;
  int last_topic_ = 0;
  int names_ = 0;
};

TEST(ConsumerHistory, NeverHasTwoOwnersAndAlwaysComesToRest) {
  int epochs = 0;
  for (std::uint32_t seed = 0; seed < 100 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    History history(seed);
    history.run(100);
    history.come_to_rest();
    epochs += history.epochs();
  }
  EXPECT_GT(epochs, 1000) << "the histories are too quiet to prove much";
}

// Many who come at once cost a few assignments, and then have all there is after a few heartbeats
// each.
TEST(ConsumerHistory, ManyWhoComeAtOnceAreServedAtOnce) {
  constexpr int kMembers = 300;
  constexpr int kPartitions = 900;
  ConsumerStage stage;  // For its image.
  stage.set_topic("orders", 1, kPartitions);
  const Limits limits;
  Consumer group{.id = GroupId{"audit"}};
  Timestamp now{1'000'000};
  int assignments = 0;
  const auto take = [&](const Event& event) {
    Effects out = step(group, event, {.image = *stage.image, .limits = limits, .now = now});
    for (const Record& record : out.records) {
      const auto& change = std::get<ConsumerRecord>(record).change;
      assignments += std::holds_alternative<TargetEpochSet>(change) ? 1 : 0;
    }
    return out;
  };
  struct Peer {
    Epoch epoch{0};
    Assigned owned = {};
  };
  std::map<MemberId, Peer> peers;
  const auto beat = [&](const MemberId& id) {
    Peer& peer = peers[id];
    ConsumerHeartbeat event{
        .token = Token{1}, .who = {.member = id}, .epoch = peer.epoch, .owned = peer.owned};
    if (peer.epoch == kJoining) {
      event.rebalance_timeout = Millis{60'000};
      event.topics = std::set<TopicName>{TopicName{"orders"}};
    }
    const Effects out = take(event);
    const auto& reply = std::get<ConsumerReply>(out.replies.at(0).answer);
    ASSERT_EQ(reply.error, ErrorCode::None) << reply.message;
    peer.epoch = reply.epoch;
    if (reply.assignment) peer.owned = *reply.assignment;
  };
  for (int i = 0; i < kMembers; ++i) {
    beat(MemberId{"m" + std::to_string(i)});
    now.value += 1;
  }
  EXPECT_LT(assignments, 15) << "one for each that joins would be " << kMembers;
  now.value += 1'000;
  take(TimerFired{{TimerKind::Assignment}});
  EXPECT_EQ(group.target_epoch, Epoch{kMembers});
  constexpr int kRounds =
      3;  // To be told what to give up, to say that it is done, to get one's own.
  for (int round = 0; round < kRounds; ++round) {
    for (int i = 0; i < kMembers; ++i) beat(MemberId{"m" + std::to_string(i)});
  }
  EXPECT_EQ(group.state(), ConsumerState::Stable);
  for (const auto& [id, peer] : peers) ASSERT_EQ(count(peer.owned), 3U) << id.value;
}

}  // namespace
}  // namespace group
