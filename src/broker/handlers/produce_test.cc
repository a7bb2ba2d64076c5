#include "broker/broker_fixture.h"
#include "wire/010_find_coordinator.h"
#include "wire/018_api_versions.h"

namespace broker {
namespace {

using Answer = wire::ProduceResponse::PartitionProduceResponse;

class Produce : public BrokerTest {
 protected:
  static wire::ProduceRequest to(const std::string& topic, Bytes batch, int partition = 0) {
    wire::ProduceRequest request{.acks = -1};
    request.topic_data.push_back(
        {.name = TopicName{topic},
         .partition_data = {{PartitionIndex{partition}, wire::Records{.bytes = batch}}}});
    return request;
  }
  Answer send(const wire::ProduceRequest& request, wire::Version version = kLastByName) {
    auto answer = ask<wire::ProduceResponse>(request, version);
    return answer.responses.at(0).partition_responses.at(0);
  }
  static ByteVector numbered(ProducerId id, std::int32_t sequence, ProducerEpoch epoch = {}) {
    wire::BatchBuilder builder(
        {.producer_id = id, .producer_epoch = epoch, .base_sequence = sequence});
    builder.add(Timestamp{1000}, std::nullopt, as_bytes("value"));
    return builder.finish();
  }
  static ByteVector with(wire::BatchOptions options, std::optional<std::string> key = {},
                         std::int64_t timestamp = 1000) {
    wire::BatchBuilder builder(options);
    std::optional<Bytes> bytes;
    if (key) bytes = as_bytes(*key);
    builder.add(Timestamp{timestamp}, bytes, as_bytes("value"));
    return builder.finish();
  }
};

TEST_F(Produce, GivesEachBatchItsOffset) {
  start();
  const TopicId id = create_topic("orders", 2);
  EXPECT_EQ(produce("orders", batch(3)).base_offset, Offset{0});
  EXPECT_EQ(produce("orders", batch(2)).base_offset, Offset{3});
  EXPECT_EQ(produce("orders", batch(1), 1).base_offset, Offset{0});

  const ByteVector records = batch();
  wire::ProduceRequest by_id = to("", records);
  by_id.topic_data[0].topic_id = id;
  const Answer answer = send(by_id, 13);
  EXPECT_EQ(answer.error_code, ErrorCode::None);
  EXPECT_EQ(answer.base_offset, Offset{5});
  EXPECT_EQ(answer.log_append_time_ms, kNoTimestamp);
  for (wire::Version version = 3; version <= kLastByName; ++version) {
    EXPECT_EQ(send(to("orders", records), version).base_offset, Offset{version + 3});
  }
}

TEST_F(Produce, TellsTheTimeOfALogThatStampsItself) {
  start();
  create_topic("stamped", 1, {{"message.timestamp.type", "LogAppendTime"}});
  EXPECT_GT(produce("stamped", batch()).log_append_time_ms, Timestamp{1000});
}

TEST_F(Produce, RefusesWhatATopicDoesNotTake) {
  start();
  create_topic("orders");
  create_topic("compacted", 1, {{"cleanup.policy", "compact"}});
  create_topic("small", 1, {{"max.message.bytes", "100"}});
  create_topic("recent", 1, {{"message.timestamp.before.max.ms", "1000"}});
  const ByteVector good = batch();
  ByteVector damaged = good;
  damaged.back() ^= std::byte{1};
  ByteVector old_format = good;
  old_format[16] = std::byte{1};  // The magic byte.
  const ByteVector transactional = with({.producer_id = ProducerId{7},
                                         .producer_epoch = ProducerEpoch{0},
                                         .base_sequence = 0,
                                         .transactional = true});
  const ByteVector large = with({}, std::string(200, 'k'));
  const ByteVector zstd = with({.compression = {wire::Codec::Zstd}}, std::string(500, 'k'));
  ByteVector two = good;
  two.insert(two.end(), good.begin(), good.end());

  const struct {
    const char* why;
    const char* topic;
    Bytes batch;
    ErrorCode code;
    int partition = 0;
    wire::Version version = kLastByName;
  } cases[] = {
      {"no such topic", "nowhere", good, ErrorCode::UnknownTopicOrPartition},
      {"no such topic, by id", "", good, ErrorCode::UnknownTopicId, 0, 13},
      {"no such partition", "orders", good, ErrorCode::UnknownTopicOrPartition, 1},
      {"a negative partition", "orders", good, ErrorCode::UnknownTopicOrPartition, -1},
      {"a flipped bit", "orders", damaged, ErrorCode::CorruptMessage},
      {"the format of Kafka 0.10", "orders", old_format, ErrorCode::InvalidRecord},
      {"no batch at all", "orders", {}, ErrorCode::InvalidRecord},
      {"two batches", "orders", two, ErrorCode::InvalidRecord},
      {"a transaction", "orders", transactional, ErrorCode::InvalidTxnState},
      {"no key, where keys are what counts", "compacted", good, ErrorCode::InvalidRecord},
      {"more than the topic allows", "small", large, ErrorCode::MessageTooLarge},
      {"a time long past", "recent", good, ErrorCode::InvalidTimestamp},
      {"zstd before it was known", "orders", zstd, ErrorCode::UnsupportedCompressionType, 0, 6},
  };
  for (const auto& c : cases) {
    const Answer answer = send(to(c.topic, c.batch, c.partition), c.version);
    EXPECT_EQ(answer.error_code, c.code) << c.why << ": " << name_of(answer.error_code);
    EXPECT_EQ(answer.base_offset, Offset{-1}) << c.why;
    EXPECT_EQ(answer.index, PartitionIndex{c.partition}) << c.why;
    EXPECT_TRUE(c.version < 8 || (answer.error_message && !answer.error_message->empty())) << c.why;
  }
  EXPECT_EQ(send(to("orders", zstd), 7).error_code, ErrorCode::None);
  EXPECT_EQ(produce("orders", good).base_offset, Offset{1}) << "nothing of all that was written";
}

TEST_F(Produce, NamesTheRecordsAtFault) {
  start();
  create_topic("compacted", 1, {{"cleanup.policy", "compact"}});
  wire::BatchBuilder builder;
  builder.add(Timestamp{1}, as_bytes("key"), as_bytes("good"));
  builder.add(Timestamp{2}, std::nullopt, as_bytes("keyless"));
  const Answer answer = produce("compacted", builder.finish());
  ASSERT_EQ(answer.record_errors.size(), 1U);
  EXPECT_EQ(answer.record_errors[0].batch_index, 1);
}

TEST_F(Produce, RefusesWholeRequests) {
  start();
  create_topic("orders");
  const ByteVector good = batch();
  for (const std::int16_t acks : {std::int16_t{2}, std::int16_t{-2}}) {
    wire::ProduceRequest request = to("orders", good);
    request.acks = acks;
    EXPECT_EQ(send(request).error_code, ErrorCode::InvalidRequiredAcks);
  }
}

TEST_F(Produce, InternalTopicsAreTheBrokersOwn) {
  start();
  wire::FindCoordinatorRequest find{.coordinator_keys = {"group"}};
  ask<wire::FindCoordinatorResponse>(find);  // Makes the topic.
  EXPECT_EQ(produce("__consumer_offsets", batch()).error_code, ErrorCode::InvalidTopicException);
}

TEST_F(Produce, NumbersOfIdempotentProducers) {
  start();
  create_topic("orders");
  constexpr ProducerId kId{7};
  const struct {
    const char* why;
    ByteVector batch;
    ErrorCode code;
    Offset base;
  } steps[] = {
      {"begins", numbered(kId, 0), ErrorCode::None, Offset{0}},
      {"goes on", numbered(kId, 1), ErrorCode::None, Offset{1}},
      {"was there already", numbered(kId, 0), ErrorCode::None, Offset{0}},
      {"leaves one out", numbered(kId, 3), ErrorCode::OutOfOrderSequenceNumber, Offset{-1}},
      {"begins anew", numbered(kId, 0, ProducerEpoch{1}), ErrorCode::None, Offset{2}},
      {"is of before that", numbered(kId, 2), ErrorCode::InvalidProducerEpoch, Offset{-1}},
  };
  for (const auto& step : steps) {
    const Answer answer = produce("orders", step.batch);
    EXPECT_EQ(answer.error_code, step.code) << step.why;
    EXPECT_EQ(answer.base_offset, step.base) << step.why;
  }
}

TEST_F(Produce, ADiskThatFails) {
  start();
  create_topic("orders");
  home_.disk().fail_next(sim::DiskCall::Write, sim::Fault::NoSpace, "/orders-0/");
  EXPECT_EQ(produce("orders", batch()).error_code, ErrorCode::KafkaStorageError);
  EXPECT_EQ(produce("orders", batch()).error_code, ErrorCode::None) << "there was room again";
  home_.disk().fail_syncs("/orders-0/");
  EXPECT_EQ(produce("orders", batch()).error_code, ErrorCode::NotEnoughReplicasAfterAppend);
  EXPECT_EQ(produce("orders", batch()).error_code, ErrorCode::KafkaStorageError) << "offline now";
  home_.disk().heal();
}

TEST_F(Produce, WithoutAcksThereIsNoAnswerAndAnErrorEndsTheConnection) {
  start();
  create_topic("orders");
  const ByteVector good = batch();
  wire::ProduceRequest request = to("orders", good);
  request.acks = 0;
  const auto quiet = connect();
  quiet->send(request, kLastByName);
  quiet->send(wire::ApiVersionsRequest{}, 0);
  quiet->skip_answer();
  EXPECT_TRUE(quiet->receive<wire::ApiVersionsResponse>(0)) << "the next answer is the next one's";
  EXPECT_EQ(produce("orders", batch()).base_offset, Offset{1});

  request.topic_data[0].name = TopicName{"nowhere"};
  quiet->send(request, kLastByName);
  EXPECT_FALSE(quiet->receive<wire::ApiVersionsResponse>(0));
}

}  // namespace
}  // namespace broker
