// The handlers of classic groups and their offsets. What a group does is decided, and tested, in
// group/; here it is seen that it reaches the client, and what handlers add: which group, which
// partitions there are, and how each version says it.
#include "broker/broker_fixture.h"
#include "wire/008_offset_commit.h"
#include "wire/009_offset_fetch.h"
#include "wire/010_find_coordinator.h"
#include "wire/011_join_group.h"
#include "wire/012_heartbeat.h"
#include "wire/013_leave_group.h"
#include "wire/014_sync_group.h"
#include "wire/015_describe_groups.h"
#include "wire/016_list_groups.h"
#include "wire/042_delete_groups.h"
#include "wire/047_offset_delete.h"
#include "wire/069_consumer_group_describe.h"
#include "wire/077_share_group_describe.h"

namespace broker {
namespace {

const GroupId kGroup{"shop"};
const TopicName kTopic{"orders"};

ByteVector bytes(std::string_view text) {
  const Bytes view = as_bytes(text);
  return {view.begin(), view.end()};
}

class Groups : public BrokerTest {
 protected:
  // With the topic that keeps groups, and one to read.
  void open(const std::vector<std::string>& settings = {"group.initial.rebalance.delay.ms=0"}) {
    start(settings);
    topic_ = create_topic(kTopic.value, 2);
    ask<wire::FindCoordinatorResponse>(
        wire::FindCoordinatorRequest{.coordinator_keys = {kGroup.value}});
  }
  wire::JoinGroupResponse join(const MemberId& member = {}, wire::Version version = 9) {
    wire::JoinGroupRequest request{.group_id = kGroup,
                                   .session_timeout_ms = 30'000,
                                   .rebalance_timeout_ms = version >= 1 ? 60'000 : -1,
                                   .member_id = member,
                                   .protocol_type = "consumer"};
    request.protocols.push_back({.name = "range", .metadata = bytes("topics")});
    return ask<wire::JoinGroupResponse>(request, version);
  }
  // A member that leads a group of one, at its first generation.
  MemberId lead() {
    const MemberId member = join().member_id;
    const auto joined = join(member);
    EXPECT_EQ(joined.error_code, ErrorCode::None);
    EXPECT_EQ(joined.generation_id, 1);
    const auto synced = sync(member, 1);
    EXPECT_EQ(synced.error_code, ErrorCode::None);
    return member;
  }
  wire::SyncGroupResponse sync(const MemberId& member, std::int32_t generation) {
    wire::SyncGroupRequest request{.group_id = kGroup,
                                   .generation_id = generation,
                                   .member_id = member,
                                   .protocol_type = "consumer",
                                   .protocol_name = "range"};
    request.assignments.push_back({.member_id = member, .assignment = bytes("all of it")});
    return ask<wire::SyncGroupResponse>(request);
  }
  ErrorCode beat(const MemberId& member, std::int32_t generation, GroupId group = kGroup) {
    return ask<wire::HeartbeatResponse>(wire::HeartbeatRequest{.group_id = std::move(group),
                                                               .generation_id = generation,
                                                               .member_id = member})
        .error_code;
  }
  ErrorCode commit(std::int64_t offset, int partition = 0, const MemberId& member = {},
                   std::int32_t generation = -1, const TopicName& topic = kTopic,
                   const std::string& metadata = "") {
    wire::OffsetCommitRequest request{
        .group_id = kGroup, .generation_id_or_member_epoch = generation, .member_id = member};
    request.topics.push_back({.name = topic,
                              .partitions = {{.partition_index = PartitionIndex{partition},
                                              .committed_offset = Offset{offset},
                                              .committed_metadata = metadata}}});
    const auto answer = ask<wire::OffsetCommitResponse>(request, 9);
    return answer.topics.at(0).partitions.at(0).error_code;
  }
  TopicId topic_;
};

TEST_F(Groups, AreJoinedSyncedKeptAndLeft) {
  open();
  const auto first = join();
  EXPECT_EQ(first.error_code, ErrorCode::MemberIdRequired) << "KIP-394";
  const MemberId member = lead();
  EXPECT_EQ(beat(member, 1), ErrorCode::None);
  EXPECT_EQ(sync(member, 1).assignment, bytes("all of it"));
  const auto left = ask<wire::LeaveGroupResponse>(
      wire::LeaveGroupRequest{.group_id = kGroup, .members = {{.member_id = member}}});
  EXPECT_EQ(left.error_code, ErrorCode::None);
  EXPECT_EQ(left.members.at(0).error_code, ErrorCode::None);
  EXPECT_EQ(beat(member, 1), ErrorCode::UnknownMemberId);
}

TEST_F(Groups, OldVersionsJoinAtOnce) {
  open();
  const auto joined = join({}, 3);
  EXPECT_EQ(joined.error_code, ErrorCode::None);
  EXPECT_EQ(joined.leader, joined.member_id.value);
  ASSERT_EQ(joined.members.size(), 1U);
  EXPECT_EQ(joined.members[0].metadata, bytes("topics"));
}

TEST_F(Groups, RefuseStrangersAndThePast) {
  open();
  const MemberId member = lead();
  const MemberId stranger{"nobody"};
  EXPECT_EQ(join(stranger).error_code, ErrorCode::UnknownMemberId);
  EXPECT_EQ(beat(stranger, 1), ErrorCode::UnknownMemberId);
  EXPECT_EQ(beat(member, 2), ErrorCode::IllegalGeneration);
  EXPECT_EQ(beat(member, 1, GroupId{""}), ErrorCode::InvalidGroupId);
  EXPECT_EQ(sync(stranger, 1).error_code, ErrorCode::UnknownMemberId);
  EXPECT_EQ(sync(member, 7).error_code, ErrorCode::IllegalGeneration);
  wire::SyncGroupRequest unsaid{.group_id = kGroup, .generation_id = 1, .member_id = member};
  EXPECT_EQ(ask<wire::SyncGroupResponse>(unsaid).error_code, ErrorCode::InconsistentGroupProtocol);
  unsaid.protocol_type = "consumer";
  unsaid.protocol_name = "sticky";
  EXPECT_EQ(ask<wire::SyncGroupResponse>(unsaid).error_code, ErrorCode::InconsistentGroupProtocol);
  unsaid.protocol_type.reset();
  unsaid.protocol_name.reset();
  EXPECT_EQ(ask<wire::SyncGroupResponse>(unsaid, 4).error_code, ErrorCode::None)
      << "which could not say it yet";
  wire::JoinGroupRequest other{
      .group_id = kGroup, .session_timeout_ms = 30'000, .protocol_type = "connect"};
  other.protocols.push_back({.name = "range"});
  EXPECT_EQ(ask<wire::JoinGroupResponse>(other).error_code, ErrorCode::InconsistentGroupProtocol);
  other.protocol_type = "consumer";
  other.session_timeout_ms = 1;
  EXPECT_EQ(ask<wire::JoinGroupResponse>(other).error_code, ErrorCode::InvalidSessionTimeout);
  const auto left = ask<wire::LeaveGroupResponse>(
      wire::LeaveGroupRequest{.group_id = kGroup, .members = {{.member_id = stranger}}});
  EXPECT_EQ(left.members.at(0).error_code, ErrorCode::UnknownMemberId);
  const auto old = ask<wire::LeaveGroupResponse>(
      wire::LeaveGroupRequest{.group_id = kGroup, .member_id = stranger}, 2);
  EXPECT_EQ(old.error_code, ErrorCode::UnknownMemberId);
}

// One that comes beside another makes it join again.
TEST_F(Groups, TellMembersToJoinAgain) {
  open();
  const MemberId member = lead();
  const auto other = connect();
  wire::JoinGroupRequest request{.group_id = kGroup,
                                 .session_timeout_ms = 30'000,
                                 .rebalance_timeout_ms = 60'000,
                                 .protocol_type = "consumer"};
  request.protocols.push_back({.name = "range", .metadata = bytes("topics")});
  other->send(request, 3);
  world_.run_for(std::chrono::seconds(1));
  EXPECT_EQ(beat(member, 1), ErrorCode::RebalanceInProgress);
  EXPECT_EQ(join(member).generation_id, 2);
  EXPECT_EQ(other->receive<wire::JoinGroupResponse>(3)->generation_id, 2);
}

TEST_F(Groups, AreNotCoordinatedBeforeTheirTopicIsThere) {
  start();
  topic_ = create_topic(kTopic.value, 2);
  EXPECT_EQ(join().error_code, ErrorCode::CoordinatorNotAvailable);
  EXPECT_EQ(beat(MemberId{"m"}, 1), ErrorCode::CoordinatorNotAvailable);
  EXPECT_EQ(sync(MemberId{"m"}, 1).error_code, ErrorCode::CoordinatorNotAvailable);
  EXPECT_EQ(commit(1), ErrorCode::CoordinatorNotAvailable);
  const auto left = ask<wire::LeaveGroupResponse>(wire::LeaveGroupRequest{.group_id = kGroup});
  EXPECT_EQ(left.error_code, ErrorCode::CoordinatorNotAvailable);
  const auto offsets =
      ask<wire::OffsetFetchResponse>(wire::OffsetFetchRequest{.groups = {{.group_id = kGroup}}});
  EXPECT_EQ(offsets.groups.at(0).error_code, ErrorCode::CoordinatorNotAvailable);
  const auto gone =
      ask<wire::DeleteGroupsResponse>(wire::DeleteGroupsRequest{.groups_names = {kGroup}});
  EXPECT_EQ(gone.results.at(0).error_code, ErrorCode::CoordinatorNotAvailable);
  const auto forgotten =
      ask<wire::OffsetDeleteResponse>(wire::OffsetDeleteRequest{.group_id = kGroup});
  EXPECT_EQ(forgotten.error_code, ErrorCode::CoordinatorNotAvailable);
  const auto described =
      ask<wire::DescribeGroupsResponse>(wire::DescribeGroupsRequest{.groups = {kGroup}});
  EXPECT_EQ(described.groups.at(0).error_code, ErrorCode::CoordinatorNotAvailable);
  EXPECT_TRUE(ask<wire::ListGroupsResponse>(wire::ListGroupsRequest{}).groups.empty());
}

TEST_F(Groups, CommitsOfPartitionsThatAreThere) {
  open({"group.initial.rebalance.delay.ms=0", "offset.metadata.max.bytes=10"});
  const MemberId member = lead();
  const struct {
    const char* why;
    ErrorCode got;
    ErrorCode wanted;
  } cases[] = {
      {"a member's", commit(5, 0, member, 1), ErrorCode::None},
      {"no such partition", commit(5, 2, member, 1), ErrorCode::UnknownTopicOrPartition},
      {"no such topic", commit(5, 0, member, 1, TopicName{"nowhere"}),
       ErrorCode::UnknownTopicOrPartition},
      {"an old generation's", commit(5, 0, member, 7), ErrorCode::IllegalGeneration},
      {"a stranger's", commit(5, 0, MemberId{"x"}, 1), ErrorCode::UnknownMemberId},
      {"nobody's, of a group with members", commit(5), ErrorCode::UnknownMemberId},
      {"too much to say", commit(5, 0, member, 1, kTopic, "far too much"),
       ErrorCode::OffsetMetadataTooLarge},
  };
  for (const auto& c : cases) EXPECT_EQ(c.got, c.wanted) << c.why << ": " << name_of(c.got);

  wire::OffsetCommitRequest by_id{
      .group_id = kGroup, .generation_id_or_member_epoch = 1, .member_id = member};
  by_id.topics.push_back({.topic_id = topic_,
                          .partitions = {{.partition_index = PartitionIndex{1},
                                          .committed_offset = Offset{9},
                                          .committed_metadata = "here"}}});
  by_id.topics.push_back(by_id.topics[0]);
  by_id.topics[1].topic_id.value.bytes[0] ^= std::byte{1};
  const auto answer = ask<wire::OffsetCommitResponse>(by_id);
  EXPECT_EQ(answer.topics.at(0).partitions.at(0).error_code, ErrorCode::None);
  EXPECT_EQ(answer.topics.at(1).partitions.at(0).error_code, ErrorCode::UnknownTopicId);

  wire::OffsetFetchRequest fetch{.groups = {{.group_id = kGroup}}};
  const auto all = ask<wire::OffsetFetchResponse>(fetch, 9).groups.at(0);
  ASSERT_EQ(all.topics.size(), 1U);
  ASSERT_EQ(all.topics[0].partitions.size(), 2U);
  EXPECT_EQ(all.topics[0].name, kTopic);
  EXPECT_EQ(all.topics[0].partitions[0].committed_offset, Offset{5});
  EXPECT_EQ(all.topics[0].partitions[1].metadata, "here");
}

TEST_F(Groups, OffsetsAsEachVersionAsksForThem) {
  open();
  EXPECT_EQ(commit(7), ErrorCode::None) << "of a group that nobody has joined";
  for (wire::Version version = 1; version <= 7; ++version) {
    wire::OffsetFetchRequest request{.group_id = kGroup};
    request.topics.emplace();
    request.topics->push_back(
        {.name = kTopic, .partition_indexes = {PartitionIndex{0}, PartitionIndex{1}}});
    const auto answer = ask<wire::OffsetFetchResponse>(request, version);
    const auto& partitions = answer.topics.at(0).partitions;
    EXPECT_EQ(partitions.at(0).committed_offset, Offset{7});
    EXPECT_EQ(partitions.at(1).committed_offset, Offset{-1}) << "nothing, and no error";
    EXPECT_EQ(partitions.at(1).error_code, ErrorCode::None);
  }
  wire::OffsetFetchRequest by_id{.groups = {{.group_id = kGroup}}};
  by_id.groups[0].topics.emplace();
  by_id.groups[0].topics->push_back({.topic_id = topic_, .partition_indexes = {PartitionIndex{0}}});
  by_id.groups[0].topics->push_back(by_id.groups[0].topics->front());
  by_id.groups[0].topics->back().topic_id.value.bytes[0] ^= std::byte{1};
  const auto group = ask<wire::OffsetFetchResponse>(by_id).groups.at(0);
  ASSERT_EQ(group.topics.size(), 2U);
  EXPECT_EQ(group.topics[0].partitions.at(0).committed_offset, Offset{7});
  EXPECT_EQ(group.topics[1].partitions.at(0).error_code, ErrorCode::UnknownTopicId);

  const wire::OffsetFetchRequest everything{.groups = {{.group_id = kGroup}}};
  const auto all = ask<wire::OffsetFetchResponse>(everything).groups.at(0);
  ASSERT_EQ(all.topics.size(), 1U);
  EXPECT_EQ(all.topics[0].topic_id, topic_);
  EXPECT_EQ(all.topics[0].partitions.at(0).committed_offset, Offset{7});

  wire::OffsetFetchRequest stranger{.groups = {{.group_id = GroupId{"nobody"}}}};
  const auto none = ask<wire::OffsetFetchResponse>(stranger).groups.at(0);
  EXPECT_EQ(none.error_code, ErrorCode::None);
  EXPECT_TRUE(none.topics.empty());
}

TEST_F(Groups, BeforeErrorsHadAPlaceTheyStoodAtEveryPartition) {
  start();
  wire::OffsetFetchRequest request{.group_id = kGroup};
  request.topics.emplace();
  request.topics->push_back({.name = kTopic, .partition_indexes = {PartitionIndex{0}}});
  const auto old = ask<wire::OffsetFetchResponse>(request, 1);
  EXPECT_EQ(old.topics.at(0).partitions.at(0).error_code, ErrorCode::CoordinatorNotAvailable);
  const auto newer = ask<wire::OffsetFetchResponse>(request, 2);
  EXPECT_EQ(newer.error_code, ErrorCode::CoordinatorNotAvailable);
}

TEST_F(Groups, OffsetsAreForgotten) {
  open();
  EXPECT_EQ(commit(7), ErrorCode::None);
  wire::OffsetDeleteRequest request{.group_id = kGroup};
  request.topics.push_back(
      {.name = kTopic, .partitions = {{PartitionIndex{0}}, {PartitionIndex{9}}}});
  request.topics.push_back({.name = TopicName{"nowhere"}, .partitions = {{PartitionIndex{0}}}});
  const auto answer = ask<wire::OffsetDeleteResponse>(request);
  EXPECT_EQ(answer.error_code, ErrorCode::None);
  ASSERT_EQ(answer.topics.size(), 2U);
  EXPECT_EQ(answer.topics[0].partitions.at(0).error_code, ErrorCode::None);
  EXPECT_EQ(answer.topics[0].partitions.at(1).error_code, ErrorCode::UnknownTopicOrPartition);
  EXPECT_EQ(answer.topics[1].partitions.at(0).error_code, ErrorCode::UnknownTopicOrPartition);
  request.group_id = GroupId{"nobody"};
  EXPECT_EQ(ask<wire::OffsetDeleteResponse>(request).error_code, ErrorCode::GroupIdNotFound);
}

TEST_F(Groups, AreListedDescribedAndDeleted) {
  open();
  const MemberId member = lead();
  const auto listed = ask<wire::ListGroupsResponse>(wire::ListGroupsRequest{});
  ASSERT_EQ(listed.groups.size(), 1U);
  EXPECT_EQ(listed.groups[0].group_id, kGroup);
  EXPECT_EQ(listed.groups[0].group_state, "Stable");
  EXPECT_TRUE(ask<wire::ListGroupsResponse>(wire::ListGroupsRequest{.states_filter = {"Empty"}})
                  .groups.empty());

  const wire::DescribeGroupsRequest request{.groups = {kGroup, GroupId{"nobody"}},
                                            .include_authorized_operations = true};
  const auto described = ask<wire::DescribeGroupsResponse>(request);
  EXPECT_EQ(described.groups.at(0).group_state, "Stable");
  EXPECT_EQ(described.groups[0].members.at(0).member_id, member);
  EXPECT_EQ(described.groups[0].members[0].client_host, "/10.0.0.2");
  EXPECT_GT(described.groups[0].authorized_operations, 0);
  EXPECT_EQ(described.groups.at(1).error_code, ErrorCode::GroupIdNotFound);
  const auto old = ask<wire::DescribeGroupsResponse>(request, 5);
  EXPECT_EQ(old.groups.at(1).error_code, ErrorCode::None) << "KIP-1043 came with 6";
  EXPECT_EQ(old.groups[1].group_state, "Dead");

  const wire::DeleteGroupsRequest deletion{.groups_names = {kGroup, GroupId{"nobody"}}};
  auto deleted = ask<wire::DeleteGroupsResponse>(deletion);
  EXPECT_EQ(deleted.results.at(0).error_code, ErrorCode::NonEmptyGroup);
  EXPECT_EQ(deleted.results.at(1).error_code, ErrorCode::GroupIdNotFound);
  ask<wire::LeaveGroupResponse>(
      wire::LeaveGroupRequest{.group_id = kGroup, .members = {{.member_id = member}}});
  deleted = ask<wire::DeleteGroupsResponse>(deletion);
  EXPECT_EQ(deleted.results.at(0).error_code, ErrorCode::None);
}

template <class Response>
std::vector<ErrorCode> errors_of(const Response& response) {
  std::vector<ErrorCode> errors;
  for (const auto& group : response.groups) errors.push_back(group.error_code);
  return errors;
}

TEST_F(Groups, OfTheOtherProtocolsAreNotShownForThese) {
  open();
  lead();
  const std::vector<GroupId> asked{kGroup, GroupId{"none"}, GroupId{}};
  const std::vector<ErrorCode> expected{ErrorCode::GroupIdNotFound, ErrorCode::GroupIdNotFound,
                                        ErrorCode::InvalidGroupId};
  EXPECT_EQ(errors_of(ask<wire::ConsumerGroupDescribeResponse>(
                wire::ConsumerGroupDescribeRequest{.group_ids = asked})),
            expected);
  EXPECT_EQ(errors_of(ask<wire::ShareGroupDescribeResponse>(
                wire::ShareGroupDescribeRequest{.group_ids = asked})),
            expected);
}

TEST_F(Groups, AFullDiskPutsThemOff) {
  open();
  home_.disk().fail_next(sim::DiskCall::Write, sim::Fault::NoSpace, "__consumer_offsets");
  const ErrorCode refused = commit(7);
  EXPECT_EQ(refused, ErrorCode::NotCoordinator) << "as Kafka says it: look for it again";
}

}  // namespace
}  // namespace broker
