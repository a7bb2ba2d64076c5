// Share groups: members, what they read, and what their records say after a restart.
#include "group/share.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "group/assign_share.h"
#include "group/groups.h"

namespace group {
namespace {

const GroupId kId{"workers"};

TopicId topic_id(int number) { return TopicId{Uuid{{static_cast<std::byte>(number)}}}; }

cluster::Image image_with(const std::map<std::string, int>& topics) {
  cluster::Image image;
  int number = 0;
  for (const auto& [name, partitions] : topics) {
    auto topic = std::make_shared<cluster::Topic>();
    topic->name = TopicName{name};
    topic->id = topic_id(++number);
    topic->partitions.resize(static_cast<std::size_t>(partitions));
    image.topics.put(topic->name, topic);
    image.topics_by_id.put(topic->id, topic);
  }
  return image;
}

class ShareGroupTest : public testing::Test {
 protected:
  ShareReply ask(const Event& event) {
    Effects effects = step(groups_, kId, event, {image_, limits_, Timestamp{0}});
    for (const TimerChange& change : effects.timers) {
      if (change.after) {
        timers_[change.key] = *change.after;
      } else {
        timers_.erase(change.key);
      }
    }
    for (const Record& record : effects.records) records_.push_back(encode(record));
    for (const Happening& one : effects.happened) {
      const std::string who = one.member ? " " + one.member->value : "";
      happened_.push_back(std::string(to_text(one.kind)) + who);
    }
    check_replay();
    return effects.replies.empty() ? ShareReply{}
                                   : std::get<ShareReply>(effects.replies.front().answer);
  }

  // A heartbeat, and what a broker does about it: state is begun, and the member asks again.
  ShareReply beat(const std::string& member, int epoch, std::set<std::string> topics = {}) {
    ShareHeartbeat beat{.token = Token{1}, .member = MemberId{member}, .epoch = Epoch{epoch}};
    if (!topics.empty()) {
      beat.topics.emplace();
      for (const std::string& topic : topics) beat.topics->insert(TopicName{topic});
    }
    ShareReply reply = ask(beat);
    if (reply.to_begin.empty()) return reply;
    ask(ShareBegun{.token = Token{2}, .begun = reply.to_begin});
    beat.epoch = reply.epoch;
    return ask(beat);
  }
  ShareReply join(const std::string& member, std::set<std::string> topics = {"orders"}) {
    return beat(member, 0, std::move(topics));
  }

  const Share& group() { return *groups_.find(kId)->as<Share>(); }
  std::size_t has(const std::string& member) {
    return count(group().find(MemberId{member})->holding.assigned);
  }
  int epoch_of(const std::string& member) {
    return group().find(MemberId{member})->holding.epoch.value;
  }

  // What a restart makes of the records is what there is.
  void check_replay() {
    Groups loaded;
    for (const Encoded& encoded : records_) {
      const std::optional<Bytes> value =
          encoded.value ? std::optional<Bytes>(*encoded.value) : std::nullopt;
      const auto record = decode(encoded.key, value);
      ASSERT_TRUE(record && *record);
      load(loaded, **record);
    }
    const Group* live = groups_.find(kId);
    const Group* read = loaded.find(kId);
    if (!live || live->is_blank()) {
      ASSERT_TRUE(!read || read->is_blank());
      return;
    }
    ASSERT_TRUE(read);
    ASSERT_TRUE(read->as<Share>());
    ASSERT_EQ(*read->as<Share>(), *live->as<Share>());
  }

  cluster::Image image_ = image_with({{"orders", 4}, {"refunds", 2}});
  Limits limits_{.share = {.most_members = 4}};
  Groups groups_;
  std::vector<Encoded> records_;
  std::map<TimerKey, Millis> timers_;
  std::vector<std::string> happened_;
};

TEST_F(ShareGroupTest, AMemberGetsWhatHasStateAtOnce) {
  const ShareReply joined = join("ann");
  EXPECT_EQ(joined.error, ErrorCode::None);
  ASSERT_TRUE(joined.assignment);
  EXPECT_EQ(count(*joined.assignment), 4U);
  EXPECT_EQ(joined.heartbeat_interval, limits_.share.heartbeat);
  EXPECT_EQ(group().state(), ShareState::Stable);
  EXPECT_FALSE(beat("ann", joined.epoch.value).assignment) << "nothing has changed";
}

TEST_F(ShareGroupTest, PartitionsWithoutStateAreNotGivenOut) {
  const ShareReply first = ask(ShareHeartbeat{.token = Token{1},
                                              .member = MemberId{"ann"},
                                              .epoch = kJoining,
                                              .topics = {{TopicName{"orders"}}}});
  EXPECT_EQ(count(first.to_begin), 4U);
  EXPECT_TRUE(first.assignment && first.assignment->empty());
  const ShareReply second = ask(ShareHeartbeat{.token = Token{1},
                                               .member = MemberId{"bob"},
                                               .epoch = kJoining,
                                               .topics = {{TopicName{"orders"}}}});
  EXPECT_TRUE(second.to_begin.empty()) << "somebody is at it already";
  ask(ShareBegun{.token = Token{2}, .failed = first.to_begin});
  const ShareReply third =
      ask(ShareHeartbeat{.token = Token{1}, .member = MemberId{"bob"}, .epoch = second.epoch});
  EXPECT_EQ(third.to_begin, first.to_begin) << "it failed, and is tried again";
}

TEST_F(ShareGroupTest, SeveralMembersShareAPartition) {
  image_ = image_with({{"orders", 1}});
  for (const char* member : {"ann", "bob", "carol"}) join(member);
  for (const char* member : {"ann", "bob", "carol"}) {
    EXPECT_LE(beat(member, epoch_of(member)).epoch.value, group().epoch.epoch.value);
    EXPECT_EQ(has(member), 1U);
  }
}

TEST_F(ShareGroupTest, MembersComeAndGo) {
  join("ann");
  join("bob");
  beat("ann", epoch_of("ann"));
  EXPECT_EQ(has("ann"), 2U);
  EXPECT_EQ(has("bob"), 2U);
  EXPECT_EQ(beat("bob", -1).epoch, kLeaving);
  beat("ann", epoch_of("ann"));
  EXPECT_EQ(has("ann"), 4U);
  ask(TimerFired{{TimerKind::Session, MemberId{"ann"}}});
  EXPECT_EQ(group().state(), ShareState::Empty);
  EXPECT_TRUE(timers_.empty());
  EXPECT_EQ(group().states.begun.size(), 1U) << "where the group is stays known";
}

TEST_F(ShareGroupTest, TellsWhatHappens) {
  join("ann");
  join("bob");
  happened_.clear();
  beat("ann", epoch_of("ann"));
  EXPECT_EQ(happened_, (std::vector<std::string>{"assignment changed ann", "rebalanced"}));
  happened_.clear();
  beat("ann", 99);
  beat("bob", -1);
  beat("ann", epoch_of("ann"));
  EXPECT_EQ(happened_, (std::vector<std::string>{"fenced ann", "left bob", "rebalancing",
                                                 "assignment changed ann", "rebalanced"}));
}

TEST_F(ShareGroupTest, FollowsItsTopics) {
  join("ann", {"orders", "refunds"});
  EXPECT_EQ(has("ann"), 6U);
  image_ = image_with({{"orders", 8}});
  ask(TopicsChanged{{TopicName{"orders"}, TopicName{"refunds"}}});
  beat("ann", epoch_of("ann"));
  EXPECT_EQ(has("ann"), 8U);
}

TEST_F(ShareGroupTest, RefusesWhatIsWrong) {
  EXPECT_EQ(beat("ann", 5, {"orders"}).error, ErrorCode::GroupIdNotFound);
  EXPECT_EQ(beat("", 0, {"orders"}).error, ErrorCode::InvalidRequest);
  EXPECT_EQ(beat("ann", 0).error, ErrorCode::InvalidRequest) << "which topics?";
  EXPECT_EQ(beat("ann", -2, {"orders"}).error, ErrorCode::InvalidRequest);
  const int epoch = join("ann").epoch.value;
  EXPECT_EQ(beat("bob", 1).error, ErrorCode::UnknownMemberId);
  EXPECT_EQ(beat("bob", -1).error, ErrorCode::UnknownMemberId);
  EXPECT_EQ(beat("ann", epoch + 1).error, ErrorCode::FencedMemberEpoch);
  join("bob");
  EXPECT_EQ(beat("ann", epoch).error, ErrorCode::None);
  EXPECT_TRUE(beat("ann", epoch).assignment) << "the answer before may have been lost";
  join("carol");
  beat("ann", epoch_of("ann"));
  EXPECT_EQ(beat("ann", epoch).error, ErrorCode::FencedMemberEpoch) << "two epochs ago";
  join("dora");
  EXPECT_EQ(join("emil").error, ErrorCode::GroupMaxSizeReached);
  EXPECT_EQ(join("dora").error, ErrorCode::None) << "it is in already";
  const Effects other =
      step(groups_, kId, Join{.token = Token{1}, .who = {}, .fresh_id = MemberId{"x"}},
           {image_, limits_, Timestamp{0}});
  EXPECT_EQ(std::get<JoinReply>(other.replies.at(0).answer).error,
            ErrorCode::InconsistentGroupProtocol);
}

TEST_F(ShareGroupTest, AnEmptyGroupIsNotTakenOverByOtherKinds) {
  join("ann");
  beat("ann", -1);
  const Effects effects =
      step(groups_, kId, Join{.token = Token{1}, .who = {}, .fresh_id = MemberId{"x"}},
           {image_, limits_, Timestamp{0}});
  EXPECT_EQ(std::get<JoinReply>(effects.replies.at(0).answer).error,
            ErrorCode::InconsistentGroupProtocol);
  EXPECT_TRUE(groups_.find(kId)->as<Share>());
}

TEST_F(ShareGroupTest, AdministratorsChangeGroupsWithoutMembers) {
  join("ann");
  EXPECT_EQ(decide_reset(group(), {}).error().code, ErrorCode::NonEmptyGroup);
  EXPECT_EQ(decide_forget_states(group(), {}).error().code, ErrorCode::NonEmptyGroup);
  beat("ann", -1);
  const Epoch before = group().epoch.epoch;
  const auto commit = [&](const Result<std::vector<Record>>& records) {
    ASSERT_TRUE(records);
    for (const Record& record : *records) {
      records_.push_back(encode(record));
      group::apply(groups_, record);
    }
    check_replay();
  };
  ShareStates with;
  with.begun[topic_id(2)] = {TopicName{"refunds"}, {PartitionIndex{1}}};
  commit(decide_reset(group(), with));
  EXPECT_EQ(group().epoch.epoch.value, before.value + 1);
  EXPECT_EQ(group().states.begun.size(), 2U);
  commit(decide_forget_states(group(), {topic_id(1)}));
  EXPECT_EQ(group().states.begun.size(), 1U);
  commit(farewell(group()));
  EXPECT_FALSE(groups_.find(kId));
}

TEST_F(ShareGroupTest, ComesBackAfterARestart) {
  join("ann");
  join("bob");
  Group loaded = *groups_.find(kId);
  const Effects effects = resume(loaded, {image_, limits_, Timestamp{0}});
  EXPECT_EQ(effects.timers.size(), 2U) << "a session for each";
  EXPECT_TRUE(effects.records.empty());
}

TEST(AssignShare, GivesEachPartitionAndEachMemberItsShare) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    ShareTask task;
    const int topics = 1 + static_cast<int>(random() % 3);
    for (int t = 1; t <= topics; ++t) {
      auto& partitions = task.topics[topic_id(t)];
      const int size = 1 + static_cast<int>(random() % 7);
      for (int p = 0; p < size; ++p) partitions.emplace_back(p);
    }
    const int members = 1 + static_cast<int>(random() % 9);
    for (int m = 0; m < members; ++m) {
      auto& member = task.members[MemberId{std::to_string(m)}];
      for (int t = 1; t <= topics; ++t) {
        if (random() % 4 != 0) member.topics.insert(topic_id(t));
        if (random() % 3 == 0) {
          add(member.has, topic_id(t), {PartitionIndex{static_cast<int>(random() % 9)}});
        }
      }
    }
    const auto target = assign_share(task);
    for (const auto& [topic, partitions] : task.topics) {
      std::map<PartitionIndex, std::size_t> readers;
      std::size_t subscribers = 0, least = SIZE_MAX, most = 0;
      for (const auto& [id, assigned] : target) {
        const auto at = assigned.find(topic);
        if (!task.members.at(id).topics.contains(topic)) {
          ASSERT_TRUE(at == assigned.end()) << "it does not subscribe";
          continue;
        }
        ++subscribers;
        const std::size_t has = at == assigned.end() ? 0 : at->second.size();
        least = std::min(least, has);
        most = std::max(most, has);
        if (at == assigned.end()) continue;
        for (const PartitionIndex partition : at->second) ++readers[partition];
      }
      if (subscribers == 0) continue;
      ASSERT_EQ(readers.size(), partitions.size()) << "a partition that nobody reads";
      ASSERT_GE(least, 1U) << "a member without work";
      ASSERT_LE(most - least, 1U);
    }
    // What was assigned stays where nothing changes.
    for (auto& [id, member] : task.members) member.has = target.at(id);
    ASSERT_EQ(assign_share(task), target);
  }
}

}  // namespace
}  // namespace group
