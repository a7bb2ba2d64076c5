#include "cluster/apply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/varint.h"
#include "cluster/controller.h"

namespace cluster {
namespace {

using testing::HasSubstr;

Uuid numbered(std::uint64_t n) {
  Uuid id;
  store_big<std::int64_t>(id.bytes.data() + 8, static_cast<std::int64_t>(n));
  return id;
}
const TopicId kOne{numbered(1)};
const TopicId kTwo{numbered(2)};

Record make_topic(const std::string& name, TopicId id) {
  return wire::TopicRecord{.name = TopicName(name), .topic_id = id};
}
Record make_partition(TopicId id, std::int32_t index) {
  return wire::PartitionRecord{.partition_id = PartitionIndex(index),
                               .topic_id = id,
                               .leader = BrokerId(1),
                               .leader_epoch = LeaderEpoch(0),
                               .partition_epoch = 0};
}
Record set_config(const std::string& topic, const std::string& name,
                  std::optional<std::string> value) {
  return wire::ConfigRecord{
      .resource_type = 2, .resource_name = topic, .name = name, .value = std::move(value)};
}

Applied must(Result<Applied> applied) {
  check(applied.has_value(), "records do not apply");
  return *std::move(applied);
}

TEST(Apply, SaysWhatDiffers) {
  const Record first[] = {make_topic("a", kOne), make_partition(kOne, 0),
                          set_config("a", "retention.ms", "1")};
  const Applied made = must(cluster::apply(Image{}, first));
  ASSERT_EQ(made.delta.created.size(), 1U);
  EXPECT_EQ(made.delta.created[0].get(), made.image->find(kOne)) << "the same topic, not a copy";
  EXPECT_EQ(made.delta.created[0]->partitions.size(), 1U);
  EXPECT_TRUE(made.delta.changed.empty());
  EXPECT_EQ(made.delta.configs, (std::set<Resource>{{ResourceType::Topic, "a"}}));

  const Record second[] = {make_partition(kOne, 1), make_topic("b", kTwo)};
  const Applied grown = must(cluster::apply(*made.image, second));
  ASSERT_EQ(grown.delta.changed.size(), 1U);
  EXPECT_EQ(grown.delta.changed[0]->partitions.size(), 2U);
  EXPECT_EQ(grown.delta.created.size(), 1U);
  EXPECT_EQ(made.image->find(kOne)->partitions.size(), 1U) << "an image never changes";

  const Record third[] = {wire::RemoveTopicRecord{.topic_id = kOne}};
  const Applied fewer = must(cluster::apply(*grown.image, third));
  ASSERT_EQ(fewer.delta.deleted.size(), 1U);
  EXPECT_EQ(fewer.delta.deleted[0]->name, TopicName("a"));
  EXPECT_EQ(fewer.delta.deleted[0]->partitions.size(), 2U);
  EXPECT_TRUE(fewer.image->configs.empty());
  EXPECT_EQ(fewer.image->find(kTwo), grown.image->find(kTwo)) << "what is the same is shared";
}

TEST(Apply, ATopicMadeAnewIsDeletedAndCreated) {
  const Record before[] = {make_topic("a", kOne), make_partition(kOne, 0)};
  const ImagePtr image = must(cluster::apply(Image{}, before)).image;
  const Record anew[] = {wire::RemoveTopicRecord{.topic_id = kOne}, make_topic("a", kTwo),
                         make_partition(kTwo, 0)};
  const Applied applied = must(cluster::apply(*image, anew));
  ASSERT_EQ(applied.delta.deleted.size(), 1U);
  EXPECT_EQ(applied.delta.deleted[0]->id, kOne);
  ASSERT_EQ(applied.delta.created.size(), 1U);
  EXPECT_EQ(applied.delta.created[0]->id, kTwo);
}

TEST(Apply, WhatCameAndWentInOneBatchIsInNoList) {
  const Record records[] = {make_topic("a", kOne), make_partition(kOne, 0),
                            set_config("a", "retention.ms", "1"),
                            wire::RemoveTopicRecord{.topic_id = kOne}};
  const Applied applied = must(cluster::apply(Image{}, records));
  EXPECT_TRUE(applied.delta.created.empty());
  EXPECT_TRUE(applied.delta.deleted.empty());
  EXPECT_TRUE(applied.delta.configs.empty());
  EXPECT_TRUE(*applied.image == Image{});
}

TEST(Apply, RefusesWhatContradictsTheImage) {
  const Record before[] = {make_topic("a", kOne), make_partition(kOne, 0),
                           wire::ProducerIdsRecord{.next_producer_id = ProducerId(100)}};
  const ImagePtr image = must(cluster::apply(Image{}, before)).image;
  struct Row {
    const char* why;
    Record record;
    const char* says;
  };
  const Row rows[] = {
      {"the name is taken", make_topic("a", kTwo), "made twice"},
      {"the id is taken", make_topic("b", kOne), "made twice"},
      {"a partition of nothing", make_partition(kTwo, 0), "of no topic"},
      {"a negative partition", make_partition(kOne, -1), "partition -1"},
      {"a partition to fill memory", make_partition(kOne, INT32_MAX), "partition 2147483647"},
      {"a change of nothing", wire::PartitionChangeRecord{.partition_id = PartitionIndex(0)},
       "not there"},
      {"a change of no partition",
       wire::PartitionChangeRecord{.partition_id = PartitionIndex(1), .topic_id = kOne},
       "not there"},
      {"nothing to remove", wire::RemoveTopicRecord{.topic_id = kTwo}, "to remove"},
      {"settings of what?", wire::ConfigRecord{.resource_type = 3}, "unknown kind 3"},
      {"a stranger leaves", wire::UnregisterBrokerRecord{.broker_id = BrokerId(9)}, "no broker 9"},
      {"a stranger changes", wire::BrokerRegistrationChangeRecord{.broker_id = BrokerId(9)},
       "not registered"},
      {"ids a second time", wire::ProducerIdsRecord{.next_producer_id = ProducerId(99)},
       "second time"},
      {"a level from the future",
       wire::FeatureLevelRecord{.name = "metadata.version", .feature_level = kMetadataLevel + 1},
       "newer version"},
  };
  for (const Row& row : rows) {
    const Result<Applied> applied = cluster::apply(*image, {&row.record, 1});
    ASSERT_FALSE(applied.has_value()) << row.why;
    EXPECT_THAT(applied.error().detail, HasSubstr(row.says)) << row.why;
  }
}

TEST(Apply, APartitionFoldsItsChanges) {
  const Record records[] = {
      make_topic("a", kOne),
      make_partition(kOne, 0),
      wire::PartitionChangeRecord{
          .partition_id = PartitionIndex(0), .topic_id = kOne, .isr = std::vector{BrokerId(2)}},
      wire::PartitionChangeRecord{.partition_id = PartitionIndex(0),
                                  .topic_id = kOne,
                                  .leader = BrokerId(2),
                                  .leader_recovery_state = 1},
  };
  const ImagePtr image = must(cluster::apply(Image{}, records)).image;
  const Partition* partition = image->find(TopicPartition{TopicName("a"), PartitionIndex(0)});
  ASSERT_NE(partition, nullptr);
  EXPECT_EQ(partition->isr, std::vector{BrokerId(2)});
  EXPECT_EQ(partition->leader, BrokerId(2));
  EXPECT_EQ(partition->leader_epoch, LeaderEpoch(1)) << "grows with each leader only";
  EXPECT_EQ(partition->epoch, 2) << "grows with each change";
  EXPECT_TRUE(partition->recovering);
}

// A random client and a random operator, who are refused now and then.
class History {
 public:
  explicit History(std::uint64_t seed) : random_(seed) {
    Broker self;
    self.id = BrokerId(1);
    take(register_broker(*image_, self));
  }

  void step() {
    switch (random_() % 8) {
      case 0:
      case 1:
        return create();
      case 2:
        return remove();
      case 3:
        return grow();
      case 4:
      case 5:
        return alter();
      case 6:
        return take(allocate_producer_ids(context(), 10).records);
      default:
        return join_or_fence();
    }
  }
  const ImagePtr& image() const { return image_; }
  const std::vector<Record>& log() const { return log_; }

 private:
  void take(const std::vector<Record>& records) {
    image_ = must(cluster::apply(*image_, records)).image;
    log_.insert(log_.end(), records.begin(), records.end());
  }
  Context context() {
    options_ = config::broker_options(image_->broker_layers(BrokerId(1), fixed_));
    return {*image_, options_, BrokerId(1), fixed_, [this] { return numbered(random_()); }};
  }
  std::string any_name() { return std::string("t") + ".-_"[random_() % 3] + "abc"[random_() % 3]; }

  void create() {
    std::vector<NewTopic> topics(1 + random_() % 3);
    for (NewTopic& topic : topics) {
      topic.name = TopicName(any_name());
      topic.partitions = static_cast<std::int32_t>(random_() % 5) - 1;
      topic.replication_factor = static_cast<std::int16_t>(random_() % 3);
      if (random_() % 2) topic.configs = {{"retention.ms", std::to_string(random_() % 9)}};
    }
    take(create_topics(context(), topics).records);
  }
  void remove() {
    const TopicRef ref{.name = TopicName(any_name()), .id = {}};
    take(delete_topics(context(), {&ref, 1}).records);
  }
  void grow() {
    const MorePartitions more{TopicName(any_name()), static_cast<std::int32_t>(random_() % 9), {}};
    take(create_partitions(context(), {&more, 1}).records);
  }
  void alter() {
    const char* names[] = {"retention.ms", "cleanup.policy", "log.retention.ms"};
    const bool broker = random_() % 4 == 0;
    AlterConfigs request{static_cast<std::int8_t>(broker ? 4 : 2), broker ? "" : any_name(), {}};
    request.changes = {{names[random_() % 3], static_cast<std::int8_t>(random_() % 4),
                        random_() % 2 ? "compact" : "5"}};
    take(alter_configs(context(), {&request, 1}).records);
  }
  void join_or_fence() {
    const BrokerId id(static_cast<std::int32_t>(1 + random_() % 3));
    const Broker* broker = image_->find(id);
    if (!broker || random_() % 2) {
      Broker fresh;
      fresh.id = id;
      take(register_broker(*image_, fresh));
    } else {
      const auto fenced = static_cast<std::int8_t>(broker->fenced ? -1 : 1);
      take({wire::BrokerRegistrationChangeRecord{
          .broker_id = id, .broker_epoch = broker->epoch, .fenced = fenced}});
    }
    take(elect_leaders(*image_));
  }

  std::mt19937_64 random_;
  ImagePtr image_ = std::make_shared<const Image>();
  std::vector<Record> log_;
  config::Pairs fixed_;
  config::BrokerOptions options_;
};

// Through the bytes of the log, as a restart would read them.
std::vector<Record> read_back(std::span<const Record> records) {
  std::vector<Record> read;
  for (const Record& record : records) {
    Result<Record> one = decode(encode(record));
    check(one.has_value(), "a record cannot be read back");
    check(*one == record, "a record is read back as another");
    read.push_back(*std::move(one));
  }
  return read;
}

TEST(Histories, AReplayEqualsWhatWasLived) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    History history(seed);
    for (int i = 0; i < 80; ++i) history.step();
    const ImagePtr replayed = must(cluster::apply(Image{}, read_back(history.log()))).image;
    EXPECT_TRUE(*replayed == *history.image()) << "seed " << seed;
  }
}

TEST(Histories, ASnapshotAndTheRestEqualTheWhole) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    History history(seed);
    const std::size_t cut = seed * 80 / 60;
    for (std::size_t i = 0; i < cut; ++i) history.step();
    const ImagePtr middle =
        must(cluster::apply(Image{}, read_back(snapshot(*history.image())))).image;
    EXPECT_TRUE(*middle == *history.image()) << "seed " << seed;
    const std::size_t known = history.log().size();
    for (std::size_t i = cut; i < 80; ++i) history.step();
    const std::span<const Record> rest = std::span(history.log()).subspan(known);
    EXPECT_TRUE(*must(cluster::apply(*middle, rest)).image == *history.image()) << "seed " << seed;
  }
}

TEST(Histories, RefusedRequestsLeaveEveryInvariant) {
  for (std::uint64_t seed = 100; seed < 130; ++seed) {
    History history(seed);
    for (int i = 0; i < 80; ++i) {
      history.step();
      const Image& image = *history.image();
      EXPECT_EQ(image.topics.size(), image.topics_by_id.size());
      image.topics.for_each([&](const TopicName& name, const TopicPtr& topic) {
        EXPECT_EQ(topic->name, name);
        EXPECT_EQ(image.find(topic->id), topic.get());
        for (const Partition& partition : topic->partitions) {
          EXPECT_FALSE(partition.replicas.empty());
          EXPECT_EQ(partition.directories.size(), partition.replicas.size());
        }
      });
      image.configs.for_each([&](const Resource& resource, const PairsPtr& pairs) {
        EXPECT_FALSE(pairs->empty());
        if (resource.type == ResourceType::Topic) {
          EXPECT_TRUE(image.topics.contains(TopicName(resource.name)));
        }
      });
    }
  }
}

TEST(Images, ManyTopicsOneByOneStayCheap) {
  // Not timed: with a copy of everything for each topic this would take minutes.
  ImagePtr image = std::make_shared<const Image>();
  for (std::uint64_t i = 1; i <= 5'000; ++i) {
    const TopicId id(numbered(i));
    const Record records[] = {make_topic("t" + std::to_string(i), id), make_partition(id, 0)};
    image = must(cluster::apply(*image, records)).image;
  }
  EXPECT_EQ(image->topics.size(), 5'000U);
  EXPECT_NE(image->find(TopicName("t4999")), nullptr);
}

struct BadRecord {
  const char* why;
  std::vector<std::uint32_t> front;
  const char* says;
};

TEST(Decode, RefusesWhatItDoesNotUnderstand) {
  const BadRecord rows[] = {
      {"nothing", {}, "ends within"},
      {"no kind", {1}, "ends within"},
      {"no version", {1, 2}, "ends within"},
      {"a frame from the future", {2, 2, 0}, "frame version 2"},
      {"a kind from the future", {1, 999, 0}, "unknown kind 999"},
      {"a kind that Kafka had once", {1, 21, 0}, "another program"},
      {"a version from the future", {1, 2, 1}, "TopicRecord has version 1"},
      {"a version beyond all", {1, 2, UINT32_MAX}, "TopicRecord has version 4294967295"},
      {"no message", {1, 2, 0}, ""},
  };
  for (const BadRecord& row : rows) {
    ByteVector value;
    for (const std::uint32_t number : row.front) put_uvarint(value, number);
    const Result<Record> record = decode(value);
    ASSERT_FALSE(record.has_value()) << row.why;
    EXPECT_THAT(record.error().detail, HasSubstr(row.says)) << row.why;
  }
}

TEST(Decode, RefusesEveryTruncation) {
  const Record records[] = {make_topic("orders", kOne), make_partition(kOne, 3),
                            set_config("a", "retention.ms", "5")};
  for (const Record& record : records) {
    const ByteVector value = encode(record);
    for (std::size_t size = 0; size < value.size(); ++size) {
      EXPECT_FALSE(decode(Bytes(value).first(size)).has_value()) << size;
    }
  }
}

}  // namespace
}  // namespace cluster
