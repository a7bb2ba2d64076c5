// A share group's records on one simulated broker: what members get and give back, what is refused,
// and what a broker that dies must not take back.
#include <numeric>

#include "one_broker.h"
#include "wire/010_find_coordinator.h"
#include "wire/021_delete_records.h"
#include "wire/042_delete_groups.h"
#include "wire/044_incremental_alter_configs.h"
#include "wire/076_share_group_heartbeat.h"
#include "wire/077_share_group_describe.h"
#include "wire/078_share_fetch.h"
#include "wire/079_share_acknowledge.h"
#include "wire/083_initialize_share_group_state.h"
#include "wire/084_read_share_group_state.h"
#include "wire/085_write_share_group_state.h"
#include "wire/086_delete_share_group_state.h"
#include "wire/087_read_share_group_state_summary.h"
#include "wire/090_describe_share_group_offsets.h"
#include "wire/091_alter_share_group_offsets.h"
#include "wire/092_delete_share_group_offsets.h"

namespace simulation {
namespace {

using namespace std::chrono_literals;

const GroupId kGroup{"workers"};
constexpr std::int8_t kShareKey = 2;
constexpr std::int8_t kAccept = 1, kRelease = 2, kReject = 3, kRenew = 4;

struct Got {
  std::int64_t first = 0;
  std::int64_t last = 0;
  int count = 0;
  bool operator==(const Got&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Got& got) {
  return out << got.first << "-" << got.last << " x" << got.count;
}

struct Given {
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::vector<std::int8_t> types = {};
};

template <class Batch>
std::vector<Batch> to_batches(const std::vector<Given>& all) {
  std::vector<Batch> batches;
  for (const Given& given : all) {
    batches.push_back({Offset{given.first}, Offset{given.last}, given.types});
  }
  return batches;
}

class Share : public OneBroker {
 protected:
  Share()
      : OneBroker({"num.partitions=1", "share.coordinator.state.topic.num.partitions=3",
                   "group.share.partition.max.record.locks=100",
                   "group.share.delivery.count.limit=3",
                   "share.coordinator.snapshot.update.records.per.snapshot=3"}) {
    make_topic();
    set_group("share.auto.offset.reset", "earliest");
    begin_state(0);
  }

  TopicId topic() { return node_.image()->find(kTopic)->id; }
  std::string share_key() { return kGroup.value + ":" + to_text(topic().value) + ":0"; }

  ErrorCode set_group(const std::string& name, const std::string& value) {
    wire::IncrementalAlterConfigsRequest request;
    auto& resource = request.resources.emplace_back();
    resource.resource_type = 32;
    resource.resource_name = kGroup.value;
    resource.configs.push_back({.name = name, .config_operation = 0, .value = value});
    return ask(std::move(request), &wire::read_incremental_alter_configs_response)
        .responses.front()
        .error_code;
  }

  ErrorCode find_coordinator(const std::string& key) {
    wire::FindCoordinatorRequest request;
    request.key_type = kShareKey;
    request.coordinator_keys = {key};
    return ask(std::move(request), &wire::read_find_coordinator_response)
        .coordinators.front()
        .error_code;
  }

  ErrorCode begin_state(std::int32_t state_epoch, std::int64_t start = -1) {
    EXPECT_EQ(find_coordinator(share_key()), ErrorCode::None);
    wire::InitializeShareGroupStateRequest request{.group_id = kGroup};
    request.topics.push_back({topic(), {{PartitionIndex{0}, state_epoch, Offset{start}}}});
    return ask(std::move(request), &wire::read_initialize_share_group_state_response)
        .results.front()
        .partitions.front()
        .error_code;
  }

  wire::ReadShareGroupStateSummaryResponse::PartitionResult summary() {
    wire::ReadShareGroupStateSummaryRequest request{.group_id = kGroup};
    request.topics.push_back({topic(), {{PartitionIndex{0}, LeaderEpoch{-1}}}});
    return ask(std::move(request), &wire::read_read_share_group_state_summary_response)
        .results.front()
        .partitions.front();
  }

  // A member: its id, and the epoch of its next request.
  struct Member {
    std::string id;
    std::int32_t epoch = 0;
  };

  wire::ShareFetchResponse fetch_raw(Member& member, std::vector<Given> given = {},
                                     int most_records = 500, Millis wait = 0ms,
                                     std::int8_t exactly = 0) {
    wire::ShareFetchRequest request{.group_id = kGroup, .member_id = MemberId{member.id}};
    request.share_session_epoch = member.epoch++;
    request.max_wait_ms = static_cast<std::int32_t>(wait.count());
    request.min_bytes = 1;
    request.max_records = most_records;
    request.batch_size = most_records;
    request.share_acquire_mode = exactly;
    request.is_renew_ack = false;
    wire::ShareFetchRequest::FetchTopic asked{.topic_id = topic(), .partitions = {}};
    asked.partitions.push_back(
        {PartitionIndex{0}, to_batches<wire::ShareFetchRequest::AcknowledgementBatch>(given)});
    request.topics.push_back(std::move(asked));
    return ask(std::move(request), &wire::read_share_fetch_response);
  }

  std::vector<Got> fetch(Member& member, std::vector<Given> given = {}, int most_records = 500,
                         Millis wait = 0ms, std::int8_t exactly = 0) {
    const auto answer = fetch_raw(member, std::move(given), most_records, wait, exactly);
    EXPECT_EQ(answer.error_code, ErrorCode::None);
    std::vector<Got> got;
    for (const auto& asked : answer.responses) {
      for (const auto& data : asked.partitions) {
        EXPECT_EQ(data.error_code, ErrorCode::None);
        EXPECT_EQ(data.acknowledge_error_code, ErrorCode::None);
        for (const auto& range : data.acquired_records) {
          got.push_back({range.first_offset.value, range.last_offset.value, range.delivery_count});
        }
      }
    }
    return got;
  }

  wire::ShareAcknowledgeResponse acknowledge_raw(Member& member, std::vector<Given> given,
                                                 bool renew = false) {
    wire::ShareAcknowledgeRequest request{.group_id = kGroup, .member_id = MemberId{member.id}};
    request.share_session_epoch = member.epoch++;
    request.is_renew_ack = renew;
    wire::ShareAcknowledgeRequest::AcknowledgeTopic asked{.topic_id = topic(), .partitions = {}};
    asked.partitions.push_back(
        {PartitionIndex{0},
         to_batches<wire::ShareAcknowledgeRequest::AcknowledgementBatch>(given)});
    request.topics.push_back(std::move(asked));
    return ask(std::move(request), &wire::read_share_acknowledge_response);
  }
  ErrorCode acknowledge(Member& member, std::vector<Given> given, bool renew = false) {
    const auto answer = acknowledge_raw(member, std::move(given), renew);
    if (answer.error_code != ErrorCode::None) return answer.error_code;
    return answer.responses.front().partitions.front().error_code;
  }

  void kill() {
    link_.reset();
    node_.kill();
    start();
  }

  Member ann_{"ann"};
  Member bob_{"bob"};
};

TEST_F(Share, MembersWorkOnOnePartitionTogether) {
  produce(5);
  produce(5);
  EXPECT_EQ(fetch(ann_, {}, 3), (std::vector<Got>{{0, 4, 1}})) << "whole batches";
  EXPECT_EQ(fetch(bob_, {}, 3, 0ms, 1), (std::vector<Got>{{5, 7, 1}})) << "exactly so many";
  EXPECT_EQ(fetch(ann_), (std::vector<Got>{{8, 9, 1}}));
  EXPECT_EQ(fetch(bob_), std::vector<Got>{});
  EXPECT_EQ(acknowledge(ann_, {{0, 4, {kAccept, kRelease, kReject, kAccept, kAccept}}}),
            ErrorCode::None);
  EXPECT_EQ(fetch(bob_, {{5, 7, {kAccept}}}), (std::vector<Got>{{1, 1, 2}}));
  EXPECT_EQ(acknowledge(bob_, {{1, 1, {kAccept}}}), ErrorCode::None);
  EXPECT_EQ(acknowledge(ann_, {{8, 9, {kAccept}}}), ErrorCode::None);
  EXPECT_EQ(summary().start_offset, Offset{10});
  EXPECT_EQ(summary().delivery_complete_count, 0);
}

TEST_F(Share, AFetchWaitsForRecordsAndForWhatOthersGiveBack) {
  produce(1);
  EXPECT_EQ(fetch(ann_).size(), 1U);
  // Ann's lock runs out after 30 s: then Bob, who waits, has it.
  EXPECT_EQ(fetch(bob_, {}, 500, 20s), std::vector<Got>{});
  EXPECT_EQ(fetch(bob_, {}, 500, 20s), (std::vector<Got>{{0, 0, 2}}));
  EXPECT_EQ(acknowledge(ann_, {{0, 0, {kAccept}}}), ErrorCode::InvalidRecordState)
      << "it is hers no more";
}

TEST_F(Share, ALockCanBeRenewed) {
  produce(1);
  EXPECT_EQ(fetch(ann_).size(), 1U);
  EXPECT_EQ(acknowledge(ann_, {{0, 0, {kRenew}}}), ErrorCode::InvalidRequest)
      << "only where the request says so";
  world_.run_for(20s);
  EXPECT_EQ(acknowledge(ann_, {{0, 0, {kRenew}}}, true), ErrorCode::None);
  EXPECT_EQ(fetch(bob_, {}, 500, 20s), std::vector<Got>{});
  EXPECT_EQ(acknowledge(ann_, {{0, 0, {kAccept}}}), ErrorCode::None);
}

TEST_F(Share, ARecordThatPoisonsItsReadersIsGivenUp) {
  produce(2);
  for (int delivery = 1; delivery <= 2; ++delivery) {
    EXPECT_EQ(fetch(ann_), (std::vector<Got>{{0, 1, delivery}}));
    EXPECT_EQ(acknowledge(ann_, {{0, 1, {kRelease}}}), ErrorCode::None);
  }
  // The last time each comes alone, so that one that kills its reader takes no other with it.
  for (int alone = 0; alone <= 1; ++alone) {
    EXPECT_EQ(fetch(ann_), (std::vector<Got>{{alone, alone, 3}}));
    EXPECT_EQ(acknowledge(ann_, {{alone, alone, {kRelease}}}), ErrorCode::None);
  }
  EXPECT_EQ(fetch(ann_), std::vector<Got>{});
  EXPECT_EQ(summary().start_offset, Offset{2});
}

TEST_F(Share, ASessionThatEndsFreesItsRecords) {
  produce(4);
  EXPECT_EQ(fetch(ann_).size(), 1U);
  ann_.epoch = -1;
  EXPECT_EQ(acknowledge(ann_, {{0, 1, {kAccept}}}), ErrorCode::None);
  EXPECT_EQ(fetch(bob_), (std::vector<Got>{{2, 3, 2}}));
  link_.reset();  // Bob's connection breaks.
  world_.run_for(1s);
  ann_.epoch = 0;
  EXPECT_EQ(fetch(ann_), (std::vector<Got>{{2, 2, 3}})) << "the last time each comes alone";
}

TEST_F(Share, SessionsAreHeldToTheirEpochs) {
  produce(1);
  const auto code = [&](Member member) { return fetch_raw(member).error_code; };
  EXPECT_EQ(code({"ann", 1}), ErrorCode::ShareSessionNotFound);
  EXPECT_EQ(code({"ann", -1}), ErrorCode::ShareSessionNotFound);
  EXPECT_EQ(code({"ann", 0}), ErrorCode::None);
  EXPECT_EQ(code({"ann", 2}), ErrorCode::InvalidShareSessionEpoch);
  EXPECT_EQ(code({"", 0}), ErrorCode::InvalidRequest);
  EXPECT_EQ(code({std::string(37, 'a'), 0}), ErrorCode::InvalidRequest);
  Member carol{"carol"};
  EXPECT_EQ(fetch_raw(carol, {{0, 0, {kAccept}}}).error_code, ErrorCode::InvalidRequest)
      << "a new session has nothing to acknowledge";
  carol.epoch = 0;
  EXPECT_EQ(acknowledge(carol, {{0, 0, {kAccept}}}), ErrorCode::InvalidShareSessionEpoch);
  carol.epoch = 7;
  EXPECT_EQ(acknowledge(carol, {{0, 0, {kAccept}}}), ErrorCode::ShareSessionNotFound);
}

TEST_F(Share, WhatIsNotAcquiredCannotBeAcknowledged) {
  produce(5);
  EXPECT_EQ(fetch(ann_, {}, 2, 0ms, 1), (std::vector<Got>{{0, 1, 1}}));
  EXPECT_EQ(fetch(bob_, {}, 2, 0ms, 1), (std::vector<Got>{{2, 3, 1}}));
  EXPECT_EQ(acknowledge(ann_, {{0, 2, {kAccept}}}), ErrorCode::InvalidRecordState);
  EXPECT_EQ(acknowledge(ann_, {{0, 40, {kAccept}}}), ErrorCode::InvalidRequest);
  EXPECT_EQ(acknowledge(ann_, {{1, 0, {kAccept}}}), ErrorCode::InvalidRequest);
  EXPECT_EQ(acknowledge(ann_, {{0, 1, {}}}), ErrorCode::InvalidRequest);
  EXPECT_EQ(acknowledge(ann_, {{0, 1, {9}}}), ErrorCode::InvalidRequest);
  EXPECT_EQ(acknowledge(ann_, {{0, 1, {kAccept}}}), ErrorCode::None);
  EXPECT_EQ(acknowledge(ann_, {{0, 1, {kAccept}}}), ErrorCode::None) << "long done with";
}

TEST_F(Share, ACrashTakesBackNoAcknowledgement) {
  for (int i = 0; i < 6; ++i) produce(2);
  EXPECT_EQ(fetch(ann_).size(), 1U);
  EXPECT_EQ(acknowledge(ann_, {{0, 2, {kAccept}}, {5, 5, {kReject}}}), ErrorCode::None);
  EXPECT_EQ(acknowledge(ann_, {{7, 8, {kRelease}}}), ErrorCode::None);
  for (int round = 0; round < 2; ++round) {
    if (round == 0) {
      kill();
    } else {
      crash();
    }
    EXPECT_EQ(acknowledge(ann_, {{3, 4, {kAccept}}}), ErrorCode::ShareSessionNotFound);
    ann_.epoch = 0;
    EXPECT_EQ(fetch(ann_, {}, 500, 5s),
              (std::vector<Got>{{3, 4, 1}, {6, 6, 1}, {7, 8, 2}, {9, 11, 1}}));
  }
  EXPECT_EQ(acknowledge(ann_, {{3, 4, {kAccept}}, {6, 11, {kAccept}}}), ErrorCode::None);
  crash();
  ann_.epoch = 0;
  EXPECT_EQ(fetch(ann_, {}, 500, 1s), std::vector<Got>{});
  EXPECT_EQ(summary().start_offset, Offset{12});
}

TEST_F(Share, BeginsWhereTheGroupSays) {
  produce(3);
  EXPECT_EQ(set_group("share.auto.offset.reset", "latest"), ErrorCode::None);
  EXPECT_EQ(fetch(ann_), std::vector<Got>{});
  produce(2);
  crash();  // Nothing was acknowledged, and yet the group does not begin elsewhere.
  produce(1);
  ann_.epoch = 0;
  EXPECT_EQ(fetch(ann_, {}, 500, 5s), (std::vector<Got>{{3, 5, 1}}));
}

TEST_F(Share, FollowsTheLogsStart) {
  produce(6);
  EXPECT_EQ(fetch(ann_, {}, 2, 0ms, 1), (std::vector<Got>{{0, 1, 1}}));
  wire::DeleteRecordsRequest request;
  request.topics.push_back({kTopic, {{PartitionIndex{0}, Offset{4}}}});
  ask(std::move(request), &wire::read_delete_records_response);
  EXPECT_EQ(fetch(ann_), (std::vector<Got>{{4, 5, 1}}));
  EXPECT_EQ(acknowledge(ann_, {{0, 1, {kAccept}}}), ErrorCode::None) << "nobody's concern now";
}

TEST_F(Share, OffsetsThatAreResetEndWhatWasUnderWay) {
  produce(6);
  EXPECT_EQ(fetch(ann_).size(), 1U);
  EXPECT_EQ(begin_state(1, 2), ErrorCode::None);
  EXPECT_EQ(acknowledge(ann_, {{0, 1, {kAccept}}}), ErrorCode::FencedStateEpoch);
  EXPECT_EQ(fetch(ann_), (std::vector<Got>{{2, 5, 1}}));
}

TEST_F(Share, NothingIsSharedThatWasNotBegun) {
  Member stranger{"stranger"};
  wire::ShareFetchRequest request{.group_id = GroupId{"nobody"}, .member_id = MemberId{"ann"}};
  request.max_records = 1;
  wire::ShareFetchRequest::FetchTopic asked{.topic_id = topic(), .partitions = {}};
  asked.partitions.push_back({PartitionIndex{0}, {}});
  asked.partitions.push_back({PartitionIndex{9}, {}});
  request.topics.push_back(std::move(asked));
  request.topics.push_back({TopicId{Uuid{{std::byte{9}}}}, {{PartitionIndex{0}, {}}}});
  const auto answer = ask(std::move(request), &wire::read_share_fetch_response);
  ASSERT_EQ(answer.responses.size(), 2U);
  EXPECT_EQ(answer.responses[0].partitions.at(0).error_code, ErrorCode::InvalidRequest);
  EXPECT_EQ(answer.responses[0].partitions.at(1).error_code, ErrorCode::UnknownTopicOrPartition);
  EXPECT_EQ(answer.responses[1].partitions.at(0).error_code, ErrorCode::UnknownTopicId);
}

TEST_F(Share, TheStateIsServedToOthersToo) {
  wire::WriteShareGroupStateRequest write{.group_id = kGroup};
  write.topics.push_back({topic(),
                          {{.partition = PartitionIndex{0},
                            .state_epoch = 0,
                            .leader_epoch = LeaderEpoch{3},
                            .start_offset = Offset{4},
                            .delivery_complete_count = 1,
                            .state_batches = {{Offset{6}, Offset{6}, 2, 1}}}}});
  const auto write_code = [&] {
    return ask(write, &wire::read_write_share_group_state_response)
        .results.front()
        .partitions.front()
        .error_code;
  };
  EXPECT_EQ(write_code(), ErrorCode::None);
  const auto read = [&](int leader) {
    wire::ReadShareGroupStateRequest request{.group_id = kGroup};
    request.topics.push_back({topic(), {{PartitionIndex{0}, LeaderEpoch{leader}}}});
    return ask(std::move(request), &wire::read_read_share_group_state_response)
        .results.front()
        .partitions.front();
  };
  EXPECT_EQ(read(2).error_code, ErrorCode::FencedLeaderEpoch);
  const auto state = read(5);
  EXPECT_EQ(state.start_offset, Offset{4});
  ASSERT_EQ(state.state_batches.size(), 1U);
  EXPECT_EQ(state.state_batches[0].first_offset, Offset{6});
  EXPECT_EQ(write_code(), ErrorCode::FencedLeaderEpoch) << "epoch 5 leads now";
  EXPECT_EQ(summary().delivery_complete_count, 1);

  wire::DeleteShareGroupStateRequest erase{.group_id = kGroup};
  erase.topics.push_back({topic(), {{PartitionIndex{0}}, {PartitionIndex{7}}}});
  const auto erased = ask(std::move(erase), &wire::read_delete_share_group_state_response);
  EXPECT_EQ(erased.results[0].partitions[0].error_code, ErrorCode::None);
  EXPECT_EQ(erased.results[0].partitions[1].error_code, ErrorCode::UnknownTopicOrPartition);
  EXPECT_EQ(read(5).error_code, ErrorCode::InvalidRequest);
  EXPECT_EQ(summary().start_offset, Offset{-1});
}

TEST_F(Share, KeysOfCoordinatorsAreChecked) {
  EXPECT_EQ(find_coordinator(share_key()), ErrorCode::None);
  EXPECT_EQ(find_coordinator("a:group:with:colons:" + to_text(topic().value) + ":0"),
            ErrorCode::None);
  for (const char* bad : {"", "workers", "workers:0", "workers:no-uuid:0"}) {
    EXPECT_EQ(find_coordinator(bad), ErrorCode::InvalidRequest) << bad;
  }
  EXPECT_EQ(find_coordinator("workers:" + to_text(topic().value) + ":x"),
            ErrorCode::InvalidRequest);
}

TEST_F(Share, SettingsOfAGroupAreChecked) {
  EXPECT_EQ(set_group("share.record.lock.duration.ms", "20000"), ErrorCode::None);
  EXPECT_EQ(set_group("share.record.lock.duration.ms", "1"), ErrorCode::InvalidConfig);
  EXPECT_EQ(set_group("share.auto.offset.reset", "sometime"), ErrorCode::InvalidConfig);
  EXPECT_EQ(set_group("no.such.option", "1"), ErrorCode::InvalidConfig);
  EXPECT_EQ(fetch_raw(ann_).acquisition_lock_timeout_ms, 20000);
}

// With members, as clients have them.
class ShareMembers : public Share {
 protected:
  ShareMembers() { find_group_coordinator(); }

  void find_group_coordinator() {
    wire::FindCoordinatorRequest request;
    request.coordinator_keys = {kGroup.value};
    const auto found = ask(std::move(request), &wire::read_find_coordinator_response);
    EXPECT_EQ(found.coordinators.front().error_code, ErrorCode::None);
  }

  wire::ShareGroupHeartbeatResponse beat(const std::string& member, std::int32_t epoch) {
    wire::ShareGroupHeartbeatRequest request{.group_id = kGroup, .member_id = MemberId{member}};
    request.member_epoch = epoch;
    if (epoch == 0) request.subscribed_topic_names = {kTopic};
    return ask(std::move(request), &wire::read_share_group_heartbeat_response);
  }

  wire::ShareGroupDescribeResponse::DescribedGroup describe(const GroupId& group = kGroup) {
    wire::ShareGroupDescribeRequest request{.group_ids = {group}};
    return ask(std::move(request), &wire::read_share_group_describe_response).groups.front();
  }

  wire::DescribeShareGroupOffsetsResponse::DescribeShareGroupOffsetsResponseGroup offsets(
      const GroupId& group = kGroup) {
    wire::DescribeShareGroupOffsetsRequest request;
    request.groups.push_back({group, std::nullopt});
    return ask(std::move(request), &wire::read_describe_share_group_offsets_response)
        .groups.front();
  }

  wire::AlterShareGroupOffsetsResponse alter(std::int64_t start, const TopicName& name = kTopic) {
    wire::AlterShareGroupOffsetsRequest request{.group_id = kGroup};
    request.topics.push_back({name, {{PartitionIndex{0}, Offset{start}}}});
    return ask(std::move(request), &wire::read_alter_share_group_offsets_response);
  }

  wire::DeleteShareGroupOffsetsResponse forget(const TopicName& name) {
    wire::DeleteShareGroupOffsetsRequest request{.group_id = kGroup};
    request.topics.push_back({name});
    return ask(std::move(request), &wire::read_delete_share_group_offsets_response);
  }

  ErrorCode delete_group() {
    wire::DeleteGroupsRequest request{.groups_names = {kGroup}};
    return ask(std::move(request), &wire::read_delete_groups_response).results.front().error_code;
  }
};

TEST_F(ShareMembers, AMemberHasItsPartitionsWithItsFirstHeartbeat) {
  const auto joined = beat("ann", 0);
  ASSERT_EQ(joined.error_code, ErrorCode::None);
  ASSERT_TRUE(joined.assignment);
  EXPECT_EQ(joined.assignment->topic_partitions.at(0).topic_id, topic());
  EXPECT_EQ(joined.heartbeat_interval_ms, 5000);
  EXPECT_EQ(beat("ann", joined.member_epoch).error_code, ErrorCode::None);
  const auto shown = describe();
  EXPECT_EQ(shown.group_state, "Stable");
  EXPECT_EQ(shown.assignor_name, "simple");
  ASSERT_EQ(shown.members.size(), 1U);
  EXPECT_EQ(shown.members[0].assignment.topic_partitions.size(), 1U);
  crash();
  world_.run_for(1s);
  EXPECT_EQ(beat("ann", joined.member_epoch).error_code, ErrorCode::None)
      << "a restart does not send members away";
}

TEST_F(ShareMembers, AMemberThatIsSilentIsTakenOut) {
  beat("ann", 0);
  world_.run_for(60s);
  EXPECT_EQ(describe().group_state, "Empty");
  EXPECT_EQ(beat("ann", 3).error_code, ErrorCode::UnknownMemberId);
}

TEST_F(ShareMembers, AMemberThatLeavesGivesBackWhatItHas) {
  produce(3);
  beat("ann", 0);
  EXPECT_EQ(fetch(ann_), (std::vector<Got>{{0, 2, 1}}));
  EXPECT_EQ(beat("ann", -1).member_epoch, -1);
  EXPECT_EQ(fetch(bob_), (std::vector<Got>{{0, 2, 2}}));
}

TEST_F(ShareMembers, OffsetsAreShownMovedAndForgotten) {
  produce(6);
  beat("ann", 0);
  EXPECT_EQ(fetch(ann_).size(), 1U);
  EXPECT_EQ(acknowledge(ann_, {{0, 1, {kAccept}}, {4, 4, {kAccept}}}), ErrorCode::None);
  auto shown = offsets();
  ASSERT_EQ(shown.topics.size(), 1U);
  EXPECT_EQ(shown.topics[0].partitions.at(0).start_offset, Offset{2});
  EXPECT_EQ(shown.topics[0].partitions.at(0).lag, 3);

  EXPECT_EQ(alter(1).error_code, ErrorCode::NonEmptyGroup);
  EXPECT_EQ(forget(kTopic).error_code, ErrorCode::NonEmptyGroup);
  EXPECT_EQ(delete_group(), ErrorCode::NonEmptyGroup);
  beat("ann", -1);
  EXPECT_EQ(alter(1).responses.at(0).partitions.at(0).error_code, ErrorCode::None);
  EXPECT_EQ(alter(1, TopicName{"nowhere"}).responses.at(0).partitions.at(0).error_code,
            ErrorCode::UnknownTopicOrPartition);
  EXPECT_EQ(offsets().topics[0].partitions.at(0).start_offset, Offset{1});
  EXPECT_EQ(offsets().topics[0].partitions.at(0).lag, 5);
  beat("bob", 0);
  EXPECT_EQ(fetch(bob_), (std::vector<Got>{{1, 5, 1}}));
  beat("bob", -1);

  EXPECT_EQ(forget(TopicName{"nowhere"}).responses.at(0).error_code,
            ErrorCode::UnknownTopicOrPartition);
  EXPECT_EQ(forget(kTopic).responses.at(0).error_code, ErrorCode::None);
  EXPECT_TRUE(offsets().topics.empty());
  EXPECT_EQ(delete_group(), ErrorCode::None);
  EXPECT_EQ(offsets().error_code, ErrorCode::GroupIdNotFound);
  EXPECT_EQ(describe().error_code, ErrorCode::GroupIdNotFound);
  EXPECT_EQ(forget(kTopic).error_code, ErrorCode::GroupIdNotFound);
}

TEST_F(ShareMembers, AGroupThatIsDeletedBeginsAnew) {
  produce(4);
  beat("ann", 0);
  EXPECT_EQ(fetch(ann_).size(), 1U);
  EXPECT_EQ(acknowledge(ann_, {{0, 3, {kAccept}}}), ErrorCode::None);
  beat("ann", -1);
  EXPECT_EQ(delete_group(), ErrorCode::None);
  EXPECT_EQ(summary().start_offset, Offset{-1});
  beat("ann", 0);
  ann_.epoch = 0;
  EXPECT_EQ(fetch(ann_), (std::vector<Got>{{0, 3, 1}}));
}

}  // namespace
}  // namespace simulation
