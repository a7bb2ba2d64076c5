#include "group/groups.h"

#include "group/group_test_support.h"
#include "group/loading.h"
#include "group/subscription.h"
#include "wire/record_batch_builder.h"

namespace group {
namespace {

const GroupId kGroup{"audit"};
constexpr std::int64_t kDay = 24LL * 3600 * 1000;

TopicPartition partition(const std::string& topic, int index = 0) {
  return {TopicName{topic}, PartitionIndex{index}};
}
Committed at(std::int64_t offset, std::int64_t time = 0) {
  return {.offset = Offset{offset}, .at = Timestamp{time}};
}

// A subscription to these topics, as consumers write it.
std::string subscription(const std::vector<std::string>& topics) {
  std::string text("\0\0\0\0\0", 5);
  text += static_cast<char>(topics.size());
  for (const std::string& topic : topics) {
    text += '\0';
    text += static_cast<char>(topic.size());
    text += topic;
  }
  return text + std::string("\377\377\377\377", 4);
}

// A stable group whose one member subscribes to "orders".
Groups with_member(const std::string& type = "consumer",
                   const std::string& metadata = subscription({"orders"})) {
  Stage stage;
  stage.join({.type = type, .topics = metadata}, "a");
  stage.fire(TimerKind::JoinPhase);
  stage.hand_out();
  Groups groups;
  groups.get(kGroup).membership = stage.group;
  return groups;
}

TEST(Offsets, TakesCommitsFromOutsideWhileNobodyIsIn) {
  Groups groups;
  const Commit commit{.group = kGroup,
                      .items = {{partition("orders"), at(5)}, {partition("carts", 2), at(6)}}};
  const auto outcome = decide_commit(groups, commit, {});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->outcomes, (std::vector<ErrorCode>(2, ErrorCode::None)));
  for (const Record& record : outcome->records) apply(groups, record);
  const Group* group = groups.find(kGroup);
  ASSERT_TRUE(group);
  EXPECT_EQ(*find_offset(*group, partition("carts", 2)), at(6));
  EXPECT_FALSE(find_offset(*group, partition("carts")));
  EXPECT_FALSE(find_offset(*group, partition("bills")));
}

TEST(Offsets, RefuseCommitsToAGroupThatIsNotThere) {
  struct Row {
    const char* why;
    bool knows_epochs;
    ErrorCode refused;
  };
  const Row rows[] = {
      {"an old client", false, ErrorCode::IllegalGeneration},
      {"a client that knows the code", true, ErrorCode::GroupIdNotFound},
  };
  for (const Row& row : rows) {
    const Commit commit{
        .group = kGroup, .generation = Generation{3}, .knows_epochs = row.knows_epochs};
    const auto outcome = decide_commit({}, commit, {});
    ASSERT_FALSE(outcome) << row.why;
    EXPECT_EQ(outcome.error().code, row.refused) << row.why;
  }
}

TEST(Offsets, RefuseNotesThatAreTooLongOneByOne) {
  Commit commit{.group = kGroup,
                .items = {{partition("orders"), at(5)}, {partition("carts"), at(6)}}};
  commit.items[0].committed.metadata = std::string(4097, 'x');
  commit.items[1].committed.metadata = std::string(4096, 'x');
  const auto outcome = decide_commit({}, commit, {});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->outcomes,
            (std::vector<ErrorCode>{ErrorCode::OffsetMetadataTooLarge, ErrorCode::None}));
  EXPECT_EQ(outcome->records.size(), 1U);
}

TEST(Offsets, MeasureNotesAsJavaDoes) {
  const auto repeat = [](std::string_view text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
  };
  struct Row {
    const char* why;
    std::string note;
    ErrorCode outcome;
  };
  const Row rows[] = {
      {"two bytes, one unit of UTF-16", repeat("\u00e9", 4096), ErrorCode::None},
      {"one more", repeat("\u00e9", 4097), ErrorCode::OffsetMetadataTooLarge},
      {"four bytes, two units", repeat("\U0001f600", 2048), ErrorCode::None},
      {"one more", repeat("\U0001f600", 2049), ErrorCode::OffsetMetadataTooLarge},
      {"not UTF-8 at all", std::string(4097, '\xff'), ErrorCode::OffsetMetadataTooLarge},
  };
  for (const Row& row : rows) {
    Commit commit{.group = kGroup, .items = {{partition("orders"), at(5)}}};
    commit.items[0].committed.metadata = row.note;
    const auto outcome = decide_commit({}, commit, {});
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->outcomes.at(0), row.outcome) << row.why;
  }
}

TEST(Offsets, AreDeletedWhereNobodySubscribes) {
  Groups groups = with_member();
  apply(groups, OffsetStored{kGroup, partition("orders"), at(1)});
  apply(groups, OffsetStored{kGroup, partition("carts"), at(2)});
  const auto outcome = decide_delete_offsets(
      groups, kGroup, {partition("orders"), partition("carts"), partition("bills")});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->outcomes, (std::vector<ErrorCode>{ErrorCode::GroupSubscribedToTopic,
                                                       ErrorCode::None, ErrorCode::None}));
  ASSERT_EQ(outcome->records.size(), 1U) << "bills had none";
  EXPECT_EQ(outcome->records[0], Record(OffsetDropped{kGroup, partition("carts")}));
}

TEST(Offsets, RefuseDeletionWhereItCannotBeTold) {
  const auto refusal = [](const Groups& groups) {
    const auto outcome = decide_delete_offsets(groups, kGroup, {partition("orders")});
    return outcome ? outcome->outcomes.at(0) : outcome.error().code;
  };
  EXPECT_EQ(refusal({}), ErrorCode::GroupIdNotFound);
  EXPECT_EQ(refusal(with_member("connect")), ErrorCode::NonEmptyGroup);
  EXPECT_EQ(refusal(with_member("consumer", "garbage")), ErrorCode::GroupSubscribedToTopic);
}

TEST(Groups, AreErasedWithTheirOffsetsWhenEmpty) {
  Groups groups = with_member();
  EXPECT_EQ(decide_erase(groups, kGroup).error().code, ErrorCode::NonEmptyGroup);
  EXPECT_EQ(decide_erase(groups, GroupId{"other"}).error().code, ErrorCode::GroupIdNotFound);

  const GroupId simple{"simple"};
  apply(groups, OffsetStored{simple, partition("orders"), at(1)});
  const auto records = decide_erase(groups, simple);
  ASSERT_TRUE(records);
  EXPECT_EQ(records->size(), 2U);
  for (const Record& record : *records) apply(groups, record);
  EXPECT_FALSE(groups.find(simple));
}

TEST(Groups, KeepOffsetsForAsLongAsTheyMayBeNeeded) {
  struct Row {
    const char* why;
    State state;
    std::int64_t since;  // In days, as is all below.
    std::int64_t committed;
    std::optional<std::int64_t> expires;
    const char* type;
    std::int64_t now;
    bool gone;
  };
  const Row rows[] = {
      {"a simple group's, not old enough", State::Empty, -1, 10, {}, "", 16, false},
      {"a simple group's, old enough", State::Empty, -1, 10, {}, "", 17, true},
      {"old, but the group was emptied lately", State::Empty, 15, 1, {}, "consumer", 17, false},
      {"the group has been empty long enough", State::Empty, 10, 1, {}, "consumer", 17, true},
      {"with a time of its own, passed", State::Empty, 15, 10, 16, "consumer", 17, true},
      {"with a time of its own, to come", State::Empty, 1, 1, 20, "consumer", 17, false},
      {"set by hand while it was empty", State::Empty, 8, 12, {}, "consumer", 17, false},
  };
  for (const Row& row : rows) {
    Classic classic{.id = kGroup,
                    .state = row.state,
                    .since = Timestamp{row.since < 0 ? -1 : row.since * kDay}};
    if (*row.type) classic.protocol_type = row.type;
    Group group{.membership = classic};
    Committed committed = at(1, row.committed * kDay);
    if (row.expires) committed.expires = Timestamp{*row.expires * kDay};
    group.offsets[TopicName{"orders"}][PartitionIndex{0}] = committed;
    const auto records = decide_expiry(group, {}, Timestamp{row.now * kDay});
    EXPECT_EQ(records.size(), row.gone ? 2U : 0U) << row.why << " (and the group with it)";
  }
}

TEST(Groups, WithMembersKeepTheOffsetsOfTheirTopics) {
  Groups groups = with_member();
  apply(groups, OffsetStored{kGroup, partition("orders"), at(1)});
  apply(groups, OffsetStored{kGroup, partition("carts"), at(2)});
  const auto records = decide_expiry(*groups.find(kGroup), {}, Timestamp{100 * kDay});
  EXPECT_EQ(records, (std::vector<Record>{OffsetDropped{kGroup, partition("carts")}}));

  const Groups others = with_member("connect");
  EXPECT_TRUE(decide_expiry(*others.find(kGroup), {}, Timestamp{100 * kDay}).empty());
}

TEST(Groups, ForgetATopicThatIsGone) {
  Groups groups;
  apply(groups, OffsetStored{kGroup, partition("orders", 0), at(1)});
  apply(groups, OffsetStored{kGroup, partition("orders", 1), at(2)});
  apply(groups, OffsetStored{kGroup, partition("carts", 0), at(3)});
  for (const Record& r : decide_topic_gone(groups, TopicName{"orders"})) apply(groups, r);
  EXPECT_EQ(groups.find(kGroup)->offsets.size(), 1U);
}

TEST(Subscription, IsReadOrRefused) {
  const auto topics = read_subscribed_topics(as_bytes(subscription({"orders", "carts"})));
  ASSERT_TRUE(topics);
  EXPECT_EQ(*topics, (std::vector<TopicName>{TopicName{"orders"}, TopicName{"carts"}}));
  const std::string whole = subscription({"orders", "carts"});
  for (std::size_t size = 0; size < whole.size() - 4; ++size) {
    EXPECT_FALSE(read_subscribed_topics(as_bytes(whole.substr(0, size)))) << size;
  }
  EXPECT_FALSE(read_subscribed_topics(as_bytes(std::string_view("\0\0\177\377\377\377", 6))));
  EXPECT_FALSE(read_subscribed_topics(as_bytes(std::string_view("\0\0\0\0\0\1\200\0", 8))));
  EXPECT_FALSE(read_subscribed_topics(as_bytes(std::string_view("\0\0\377\377\377\377", 6))));
}

ByteVector batch_of(const std::vector<Record>& records, wire::BatchOptions options = {},
                    Timestamp written = Timestamp{1}) {
  wire::BatchBuilder builder(options);
  for (const Record& record : records) {
    const Encoded encoded = encode(record);
    builder.add(written, Bytes(encoded.key),
                encoded.value ? std::optional<Bytes>(*encoded.value) : std::nullopt);
  }
  return builder.finish();
}

ByteVector marker(bool commits) {
  wire::BatchBuilder builder(
      {.producer_id = ProducerId{7}, .transactional = true, .control = true});
  builder.add(Timestamp{1}, as_bytes(std::string_view(commits ? "\0\0\0\1" : "\0\0\0\0", 4)),
              as_bytes(std::string_view("\0\0\0\0\0\1", 6)));
  return builder.finish();
}

TEST(Loading, CountsOffsetsOfATransactionFromItsCommitOn) {
  struct Row {
    const char* why;
    std::optional<bool> ends;
    std::int64_t offset;
  };
  const Row rows[] = {{"open", {}, 1}, {"aborted", false, 1}, {"committed", true, 2}};
  for (const Row& row : rows) {
    Loading loading;
    ASSERT_TRUE(loading.add(batch_of({OffsetStored{kGroup, partition("orders"), at(1)}})));
    ASSERT_TRUE(loading.add(batch_of({OffsetStored{kGroup, partition("orders"), at(2)}},
                                     {.producer_id = ProducerId{7}, .transactional = true})));
    if (row.ends) ASSERT_TRUE(loading.add(marker(*row.ends)));
    const Groups groups = loading.finish();
    EXPECT_EQ(find_offset(*groups.find(kGroup), partition("orders"))->offset, Offset{row.offset})
        << row.why;
  }
}

TEST(Loading, KnowsSinceWhenAConsumerGroupIsEmpty) {
  Loading loading;
  ASSERT_TRUE(loading.add(batch_of({OffsetStored{kGroup, partition("orders"), at(1, kDay)}})));
  // The last that a group writes when its last member goes; a compacted log has no more of it.
  ASSERT_TRUE(loading.add(batch_of({ConsumerRecord{kGroup, GroupEpochSet{GroupEpoch{Epoch{7}}}}},
                                   {}, Timestamp{30 * kDay})));
  const Groups groups = loading.finish();
  const Group& group = *groups.find(kGroup);
  EXPECT_TRUE(decide_expiry(group, {}, Timestamp{36 * kDay}).empty());
  EXPECT_FALSE(decide_expiry(group, {}, Timestamp{37 * kDay}).empty());
}

TEST(Loading, RefusesWhatItCannotRead) {
  wire::BatchBuilder no_key;
  no_key.add(Timestamp{1}, {}, as_bytes("v"));
  wire::BatchBuilder torn;
  torn.add(Timestamp{1}, as_bytes(std::string_view("\0\1\0", 3)), as_bytes("v"));
  for (const ByteVector& batch : {no_key.finish(), torn.finish(), ByteVector(10)}) {
    EXPECT_FALSE(Loading().add(batch));
  }
}

}  // namespace
}  // namespace group
