// Groups of the newer protocols as clients meet them: consumer groups (KIP-848), share groups
// (KIP-932).
#include <algorithm>

#include "broker/broker_fixture.h"
#include "wire/008_offset_commit.h"
#include "wire/010_find_coordinator.h"
#include "wire/011_join_group.h"
#include "wire/016_list_groups.h"
#include "wire/042_delete_groups.h"
#include "wire/068_consumer_group_heartbeat.h"
#include "wire/069_consumer_group_describe.h"
#include "wire/076_share_group_heartbeat.h"
#include "wire/077_share_group_describe.h"

namespace broker {
namespace {

const GroupId kGroup{"shop"};
const TopicName kTopic{"orders"};
const MemberId kAnn{"ann"};
const MemberId kBob{"bob"};

std::vector<PartitionIndex> partitions(int count) {
  std::vector<PartitionIndex> all;
  for (int i = 0; i < count; ++i) all.emplace_back(i);
  return all;
}

class NewerGroups : public BrokerTest {
 protected:
  void open(std::vector<std::string> settings = {}) {
    settings.emplace_back("share.coordinator.state.topic.num.partitions=2");
    start(settings);
    topic_ = create_topic(kTopic.value, 2);
    ask<wire::FindCoordinatorResponse>(
        wire::FindCoordinatorRequest{.coordinator_keys = {kGroup.value}});
  }

  static wire::ConsumerGroupHeartbeatRequest to_join(const MemberId& member) {
    wire::ConsumerGroupHeartbeatRequest request{
        .group_id = kGroup, .member_id = member, .rebalance_timeout_ms = 60'000};
    request.subscribed_topic_names.emplace().push_back(kTopic);
    request.topic_partitions.emplace();
    return request;
  }
  static wire::ConsumerGroupHeartbeatRequest to_stay(const MemberId& member, int epoch) {
    return {.group_id = kGroup, .member_id = member, .member_epoch = epoch};
  }
  wire::ConsumerGroupHeartbeatResponse beat(const wire::ConsumerGroupHeartbeatRequest& request,
                                            wire::Version version = 1) {
    auto answer = ask<wire::ConsumerGroupHeartbeatResponse>(request, version);
    EXPECT_EQ(answer.error_code == ErrorCode::None, !answer.error_message);
    return answer;
  }
  wire::ConsumerGroupDescribeResponse::DescribedGroup describe(const GroupId& group = kGroup) {
    return ask<wire::ConsumerGroupDescribeResponse>(
               wire::ConsumerGroupDescribeRequest{.group_ids = {group},
                                                  .include_authorized_operations = true})
        .groups.at(0);
  }

  static wire::ShareGroupHeartbeatRequest to_share(const MemberId& member, int epoch = 0) {
    wire::ShareGroupHeartbeatRequest request{
        .group_id = kGroup, .member_id = member, .member_epoch = epoch};
    if (epoch == 0) request.subscribed_topic_names.emplace().push_back(kTopic);
    return request;
  }
  wire::ShareGroupHeartbeatResponse beat(const wire::ShareGroupHeartbeatRequest& request) {
    auto answer = ask<wire::ShareGroupHeartbeatResponse>(request);
    EXPECT_EQ(answer.error_code == ErrorCode::None, !answer.error_message);
    return answer;
  }
  wire::ShareGroupDescribeResponse::DescribedGroup describe_share(const GroupId& group = kGroup) {
    return ask<wire::ShareGroupDescribeResponse>(
               wire::ShareGroupDescribeRequest{.group_ids = {group},
                                               .include_authorized_operations = true})
        .groups.at(0);
  }

  ErrorCode erase() {
    return ask<wire::DeleteGroupsResponse>(wire::DeleteGroupsRequest{.groups_names = {kGroup}})
        .results.at(0)
        .error_code;
  }
  std::string listed_type() {
    const auto listed = ask<wire::ListGroupsResponse>(wire::ListGroupsRequest{});
    return listed.groups.size() == 1 ? listed.groups[0].group_type : "not one group";
  }
  TopicId topic_;
};

TEST_F(NewerGroups, AConsumerGroupFromItsFirstMemberToItsLast) {
  open();
  const auto joined = beat(to_join(kAnn));
  EXPECT_EQ(joined.error_code, ErrorCode::None);
  EXPECT_EQ(joined.member_id, kAnn);
  EXPECT_EQ(joined.member_epoch, 1);
  EXPECT_GT(joined.heartbeat_interval_ms, 0);
  ASSERT_TRUE(joined.assignment);
  ASSERT_EQ(joined.assignment->topic_partitions.size(), 1U);
  EXPECT_EQ(joined.assignment->topic_partitions[0].topic_id, topic_);
  EXPECT_EQ(joined.assignment->topic_partitions[0].partitions, partitions(2));
  EXPECT_FALSE(beat(to_stay(kAnn, 1)).assignment) << "nothing has changed";

  const auto described = describe();
  EXPECT_EQ(described.error_code, ErrorCode::None);
  EXPECT_EQ(described.group_state, "Stable");
  EXPECT_EQ(described.group_epoch, 1);
  EXPECT_EQ(described.assignment_epoch, 1);
  EXPECT_EQ(described.assignor_name, "uniform");
  EXPECT_GT(described.authorized_operations, 0);
  ASSERT_EQ(described.members.size(), 1U);
  EXPECT_EQ(described.members[0].member_id, kAnn);
  EXPECT_EQ(described.members[0].client_id, "test");
  EXPECT_EQ(described.members[0].client_host, "/10.0.0.2");
  EXPECT_EQ(described.members[0].member_type, 1);
  EXPECT_EQ(described.members[0].subscribed_topic_names, std::vector{kTopic});
  EXPECT_EQ(described.members[0].assignment.topic_partitions.at(0).topic_name, kTopic);
  EXPECT_EQ(listed_type(), "consumer");
  EXPECT_EQ(erase(), ErrorCode::NonEmptyGroup);

  EXPECT_EQ(beat(to_stay(kAnn, -1)).member_epoch, -1);
  EXPECT_EQ(describe().group_state, "Empty");
  EXPECT_EQ(erase(), ErrorCode::None);
  EXPECT_EQ(describe().error_code, ErrorCode::GroupIdNotFound);
}

TEST_F(NewerGroups, ThePartitionsOfAConsumerGroupMoveOnceTheyAreLetGo) {
  open();
  beat(to_join(kAnn));
  EXPECT_EQ(beat(to_join(kBob)).assignment->topic_partitions.size(), 0U);
  const auto told = beat(to_stay(kAnn, 1));
  ASSERT_TRUE(told.assignment);
  const auto described = describe();
  const auto bob = std::ranges::find(described.members, kBob,
                                     [](const auto& member) { return member.member_id; });
  ASSERT_NE(bob, described.members.end());
  EXPECT_TRUE(bob->assignment.topic_partitions.empty());
  EXPECT_EQ(bob->target_assignment.topic_partitions.at(0).partitions.size(), 1U);
  auto let_go = to_stay(kAnn, 1);
  let_go.topic_partitions.emplace();
  for (const auto& topic : told.assignment->topic_partitions) {
    let_go.topic_partitions->push_back({topic.topic_id, topic.partitions});
  }
  EXPECT_EQ(beat(let_go).member_epoch, 2);
  const auto given = beat(to_stay(kBob, 2));
  ASSERT_TRUE(given.assignment);
  EXPECT_EQ(given.assignment->topic_partitions.at(0).partitions.size(), 1U);
}

TEST_F(NewerGroups, AConsumerGroupRefusesWithKafkasCodes) {
  open({"group.consumer.max.size=2"});
  auto with_instance = to_join(kAnn);
  with_instance.instance_id = InstanceId{"till"};
  EXPECT_EQ(beat(with_instance).error_code, ErrorCode::None);

  auto nameless = to_join(kBob);
  nameless.group_id = GroupId{""};
  auto without_id = to_join(MemberId{""});
  auto in_its_place = with_instance;
  in_its_place.member_id = kBob;
  auto by_regex = to_join(kBob);
  by_regex.subscribed_topic_names.reset();
  by_regex.subscribed_topic_regex = "orders(";
  auto exploding = by_regex;
  exploding.subscribed_topic_regex = "((a{100}){100}){100}";
  auto by_assignor = to_join(kBob);
  by_assignor.server_assignor = "sticky";
  auto owning = to_join(kBob);
  owning.topic_partitions->push_back({topic_, partitions(1)});
  const struct {
    const char* why;
    wire::ConsumerGroupHeartbeatRequest request;
    ErrorCode code;
  } rows[] = {
      {"a group without a name", nameless, ErrorCode::InvalidRequest},
      {"a member without an id", without_id, ErrorCode::InvalidRequest},
      {"a stranger", to_stay(kBob, 1), ErrorCode::UnknownMemberId},
      {"an epoch that never was", to_stay(kAnn, 7), ErrorCode::FencedMemberEpoch},
      {"there is no such epoch", to_stay(kAnn, -3), ErrorCode::InvalidRequest},
      {"a second of one instance", in_its_place, ErrorCode::UnreleasedInstanceId},
      {"a broken regular expression", by_regex, ErrorCode::InvalidRegularExpression},
      {"one that would explode", exploding, ErrorCode::InvalidRegularExpression},
      {"an assignor that is not there", by_assignor, ErrorCode::UnsupportedAssignor},
      {"owns something before it is in", owning, ErrorCode::InvalidRequest},
  };
  for (const auto& row : rows) {
    const auto answer = beat(row.request);
    EXPECT_EQ(answer.error_code, row.code) << row.why << ": " << name_of(answer.error_code);
  }
  const auto named = beat(without_id, 0);
  EXPECT_EQ(named.error_code, ErrorCode::None) << "version 0 may ask for an id";
  EXPECT_FALSE(named.member_id.value_or(MemberId{}).value.empty());
  EXPECT_EQ(beat(to_join(kBob)).error_code, ErrorCode::GroupMaxSizeReached);
  EXPECT_EQ(describe(GroupId{""}).error_code, ErrorCode::InvalidGroupId);
}

TEST_F(NewerGroups, AConsumerGroupTakesCommitsOfItsMembersInTheirEpoch) {
  open();
  beat(to_join(kAnn));
  const auto commit = [&](const MemberId& member, int epoch, wire::Version version = 9) {
    wire::OffsetCommitRequest request{
        .group_id = kGroup, .generation_id_or_member_epoch = epoch, .member_id = member};
    request.topics.push_back(
        {.name = kTopic,
         .partitions = {{.partition_index = PartitionIndex{0}, .committed_offset = Offset{5}}}});
    const auto answer = ask<wire::OffsetCommitResponse>(request, version);
    return answer.topics.at(0).partitions.at(0).error_code;
  };
  EXPECT_EQ(commit(kAnn, 1), ErrorCode::None);
  EXPECT_EQ(commit(kAnn, 0), ErrorCode::StaleMemberEpoch);
  EXPECT_EQ(commit(kBob, 1), ErrorCode::UnknownMemberId);
  EXPECT_EQ(commit(MemberId{}, -1), ErrorCode::UnknownMemberId);
  EXPECT_EQ(commit(kAnn, 1, 8), ErrorCode::UnsupportedVersion);
}

TEST_F(NewerGroups, AreNotCoordinatedBeforeTheirTopicIsThere) {
  start();
  EXPECT_EQ(beat(to_join(kAnn)).error_code, ErrorCode::CoordinatorNotAvailable);
  EXPECT_EQ(describe().error_code, ErrorCode::CoordinatorNotAvailable);
  EXPECT_EQ(beat(to_share(kAnn)).error_code, ErrorCode::CoordinatorNotAvailable);
  EXPECT_EQ(describe_share().error_code, ErrorCode::CoordinatorNotAvailable);
}

TEST_F(NewerGroups, AShareGroupFromItsFirstMemberToItsLast) {
  open();
  const auto joined = beat(to_share(kAnn));
  EXPECT_EQ(joined.error_code, ErrorCode::None);
  ASSERT_TRUE(joined.assignment);
  ASSERT_EQ(joined.assignment->topic_partitions.size(), 1U);
  EXPECT_EQ(joined.assignment->topic_partitions[0].topic_id, topic_);
  EXPECT_EQ(joined.assignment->topic_partitions[0].partitions, partitions(2));
  const int epoch = joined.member_epoch;
  EXPECT_FALSE(beat(to_share(kAnn, epoch)).assignment) << "nothing has changed";

  const auto described = describe_share();
  EXPECT_EQ(described.error_code, ErrorCode::None);
  EXPECT_EQ(described.group_state, "Stable");
  EXPECT_GT(described.authorized_operations, 0);
  ASSERT_EQ(described.members.size(), 1U);
  EXPECT_EQ(described.members[0].member_id, kAnn);
  EXPECT_EQ(described.members[0].member_epoch, epoch);
  EXPECT_EQ(described.members[0].assignment.topic_partitions.at(0).topic_name, kTopic);
  EXPECT_EQ(listed_type(), "share");
  EXPECT_EQ(erase(), ErrorCode::NonEmptyGroup);

  EXPECT_EQ(beat(to_share(kAnn, -1)).member_epoch, -1);
  EXPECT_EQ(describe_share().group_state, "Empty");
  EXPECT_EQ(erase(), ErrorCode::None);
  EXPECT_EQ(describe_share().error_code, ErrorCode::GroupIdNotFound);
}

TEST_F(NewerGroups, AShareGroupRefusesWithKafkasCodes) {
  open({"group.share.max.size=1"});
  EXPECT_EQ(beat(to_share(kAnn)).error_code, ErrorCode::None);
  auto nameless = to_share(kBob);
  nameless.group_id = GroupId{""};
  auto without_topics = to_share(kBob);
  without_topics.subscribed_topic_names.reset();
  const struct {
    const char* why;
    wire::ShareGroupHeartbeatRequest request;
    ErrorCode code;
  } rows[] = {
      {"a member without an id", to_share(MemberId{""}), ErrorCode::InvalidRequest},
      {"a member without topics", without_topics, ErrorCode::InvalidRequest},
      {"a stranger", to_share(kBob, 1), ErrorCode::UnknownMemberId},
      {"an epoch that never was", to_share(kAnn, 99), ErrorCode::FencedMemberEpoch},
      {"there is no such epoch", to_share(kAnn, -2), ErrorCode::InvalidRequest},
      {"one too many", to_share(kBob), ErrorCode::GroupMaxSizeReached},
  };
  for (const auto& row : rows) {
    const auto answer = beat(row.request);
    EXPECT_EQ(answer.error_code, row.code) << row.why << ": " << name_of(answer.error_code);
  }
  EXPECT_NE(beat(nameless).error_code, ErrorCode::None);
  EXPECT_EQ(describe_share(GroupId{""}).error_code, ErrorCode::InvalidGroupId);
}

TEST_F(NewerGroups, KeepToTheirKind) {
  open();
  beat(to_share(kAnn));
  EXPECT_EQ(beat(to_join(kBob)).error_code, ErrorCode::GroupIdNotFound);
  EXPECT_EQ(describe().error_code, ErrorCode::GroupIdNotFound);
  wire::JoinGroupRequest classic{
      .group_id = kGroup, .session_timeout_ms = 30'000, .protocol_type = "consumer"};
  classic.protocols.push_back({.name = "range"});
  EXPECT_EQ(ask<wire::JoinGroupResponse>(classic).error_code, ErrorCode::InconsistentGroupProtocol);
  EXPECT_EQ(describe_share().members.size(), 1U) << "and it is what it was";
}

}  // namespace
}  // namespace broker
