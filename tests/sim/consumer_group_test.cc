// Consumer groups (KIP-848) on one simulated broker: members that join, die, lose answers and
// leave, and a broker that dies under them and comes back.
#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "one_broker.h"
#include "wire/010_find_coordinator.h"
#include "wire/037_create_partitions.h"
#include "wire/068_consumer_group_heartbeat.h"
#include "wire/069_consumer_group_describe.h"

namespace simulation {
namespace {

using namespace std::chrono_literals;

const GroupId kGroup{"audit"};
using Heartbeat = wire::ConsumerGroupHeartbeatRequest;
using Answer = wire::ConsumerGroupHeartbeatResponse;

// A member as its client has it.
struct Member {
  std::string id;
  std::int32_t epoch = 0;
  std::set<PartitionIndex> owned = {};
  bool tells_all = true;  // When it joins, and after an answer that did not arrive.
};

class ConsumerGroups : public OneBroker {
 protected:
  ConsumerGroups() : OneBroker({"num.partitions=6", "offsets.topic.num.partitions=3"}) {
    make_topic();
    find_coordinator();
  }

  void find_coordinator() {
    wire::FindCoordinatorRequest request;
    request.coordinator_keys = {kGroup.value};
    const auto answer = ask(std::move(request), &wire::read_find_coordinator_response);
    ASSERT_EQ(answer.coordinators.front().error_code, ErrorCode::None);
  }

  Answer send(const Member& member, std::int32_t epoch) {
    Heartbeat request;
    request.group_id = kGroup;
    request.member_id = MemberId{member.id};
    request.member_epoch = epoch;
    if (epoch >= 0 && member.tells_all) {
      request.rebalance_timeout_ms = 60'000;
      request.subscribed_topic_names.emplace().push_back(kTopic);
      auto& owned = request.topic_partitions.emplace();
      if (!member.owned.empty()) {
        owned.push_back(
            {node_.image()->find(kTopic)->id, {member.owned.begin(), member.owned.end()}});
      }
    }
    return ask(std::move(request), &wire::read_consumer_group_heartbeat_response);
  }

  // Of `lost` answers the member never hears.
  void beat(Member& member, bool lost = false) {
    const Answer answer = send(member, member.epoch);
    member.tells_all = lost;
    if (lost || answer.error_code == ErrorCode::CoordinatorLoadInProgress) {
      member.tells_all = true;
      return;
    }
    if (answer.error_code != ErrorCode::None) {
      member = {.id = member.id};
      return;
    }
    member.epoch = answer.member_epoch;
    if (!answer.assignment) return;
    const std::set<PartitionIndex> before = std::exchange(member.owned, {});
    for (const auto& topic : answer.assignment->topic_partitions) {
      member.owned.insert(topic.partitions.begin(), topic.partitions.end());
    }
    member.tells_all = !std::ranges::includes(member.owned, before);
  }

  wire::ConsumerGroupDescribeResponse::DescribedGroup describe() {
    wire::ConsumerGroupDescribeRequest request;
    request.group_ids = {kGroup};
    return ask(std::move(request), &wire::read_consumer_group_describe_response).groups.at(0);
  }

  void wait_until_loaded() {
    for (int i = 0; i < 100; ++i) {
      if (describe().error_code != ErrorCode::CoordinatorLoadInProgress) return;
      world_.run_for(20ms);
    }
    FAIL() << "the coordinator does not come up";
  }
  void kill() {
    link_.reset();
    node_.kill();
    start();
  }

  void grow_to(int partitions) {
    wire::CreatePartitionsRequest request;
    request.topics.push_back({.name = kTopic, .count = partitions, .assignments = {}});
    request.timeout_ms = 1'000;
    const auto answer = ask(std::move(request), &wire::read_create_partitions_response);
    ASSERT_EQ(answer.results.front().error_code, ErrorCode::None);
  }

  static void check_owners(const std::vector<Member>& members) {
    std::map<PartitionIndex, std::string> owners;
    for (const Member& member : members) {
      for (const PartitionIndex partition : member.owned) {
        const auto [at, is_first] = owners.emplace(partition, member.id);
        ASSERT_TRUE(is_first) << at->second << " and " << member.id << " own partition "
                              << partition.value;
      }
    }
  }

  // A few rounds of heartbeats in which nothing goes wrong.
  void settle(std::vector<Member>& members) {
    for (int round = 0; round < 8; ++round) {
      for (Member& member : members) beat(member);
      check_owners(members);
      world_.run_for(1s);
    }
  }
  static std::size_t owned(const std::vector<Member>& members) {
    std::size_t owned = 0;
    for (const Member& member : members) owned += member.owned.size();
    return owned;
  }
};

TEST_F(ConsumerGroups, GoOnWithoutARebalanceWhenTheBrokerIsKilledOrLosesPower) {
  std::vector<Member> members{{.id = "a"}, {.id = "b"}, {.id = "c"}};
  settle(members);
  ASSERT_EQ(owned(members), 6U);
  const auto before = describe();
  ASSERT_EQ(before.group_state, "Stable");

  const auto goes_on = [&] {
    wait_until_loaded();
    for (Member& member : members) {
      const Answer answer = send(member, member.epoch);
      EXPECT_EQ(answer.error_code, ErrorCode::None);
      EXPECT_FALSE(answer.assignment) << "nothing has changed";
    }
    const auto after = describe();
    EXPECT_EQ(after.group_state, "Stable");
    EXPECT_EQ(after.group_epoch, before.group_epoch);
  };
  kill();
  goes_on();
  crash();
  goes_on();
}

TEST_F(ConsumerGroups, GiveTheWorkOfADeadMemberToTheOthers) {
  std::vector<Member> members{{.id = "a"}, {.id = "b"}};
  settle(members);
  members.pop_back();
  for (int i = 0; i < 12; ++i) {
    world_.run_for(5s);
    beat(members[0]);
  }
  EXPECT_EQ(owned(members), 6U);
  kill();
  wait_until_loaded();
  members.clear();
  world_.run_for(46s);
  EXPECT_EQ(describe().group_state, "Empty") << "sessions run on after a restart";
}

class ConsumerGroupHistory : public ConsumerGroups, public testing::WithParamInterface<unsigned> {};

TEST_P(ConsumerGroupHistory, NeverHasTwoOwnersAndComesToRest) {
  std::mt19937 random(GetParam());
  const auto pick = [&](std::size_t below) { return random() % below; };
  std::vector<Member> members;
  int partitions = 6;
  int names = 0;
  for (int step = 0; step < 300 && !HasFatalFailure(); ++step) {
    world_.run_for(Millis{pick(400)});
    const auto some = [&] {
      return members.begin() + static_cast<std::ptrdiff_t>(pick(members.size()));
    };
    const std::size_t what = pick(20);
    if (what == 0) {
      pick(2) == 0 ? kill() : crash();
      wait_until_loaded();
    } else if (what == 1 && partitions < 12) {
      grow_to(++partitions);
    } else if (what <= 4 && members.size() < 6) {
      members.push_back({.id = "m" + std::to_string(++names)});
      beat(members.back());
    } else if (what == 5 && !members.empty()) {
      send(*some(), -1);
      members.clear();  // A new crew comes, while the old one's sessions run.
    } else if (what == 6 && !members.empty()) {
      members.erase(some());
    } else if (!members.empty()) {
      beat(*some(), pick(8) == 0);
    }
    check_owners(members);
  }
  if (members.empty()) members.push_back({.id = "last"});
  for (int i = 0; i < 12; ++i) {
    world_.run_for(5s);
    for (Member& member : members) beat(member);
  }
  settle(members);
  EXPECT_EQ(owned(members), static_cast<std::size_t>(partitions));
  EXPECT_EQ(describe().group_state, "Stable");
}

INSTANTIATE_TEST_SUITE_P(Seeds, ConsumerGroupHistory, testing::Range(0U, 8U));

}  // namespace
}  // namespace simulation
