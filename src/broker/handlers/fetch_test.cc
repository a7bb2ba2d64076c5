#include "wire/001_fetch.h"

#include "broker/broker_fixture.h"
#include "wire/020_delete_topics.h"

namespace broker {
namespace {

using namespace std::chrono_literals;
using Data = wire::FetchResponse::PartitionData;

class Fetch : public BrokerTest {
 protected:
  // A consumer without a session, that does not wait.
  static wire::FetchRequest from(const std::string& topic, std::int64_t offset, int partition = 0) {
    wire::FetchRequest request{.max_wait_ms = 0, .min_bytes = 1};
    request.topics.push_back({.topic = TopicName{topic},
                              .partitions = {{.partition = PartitionIndex{partition},
                                              .fetch_offset = Offset{offset},
                                              .partition_max_bytes = 1 << 20}}});
    return request;
  }
  static wire::FetchRequest::FetchPartition& part(wire::FetchRequest& request) {
    return request.topics[0].partitions[0];
  }
  wire::FetchResponse send(const wire::FetchRequest& request, wire::Version version = kLastByName) {
    return ask<wire::FetchResponse>(request, version);
  }
  static const Data& only(const wire::FetchResponse& response) {
    return response.responses.at(0).partitions.at(0);
  }
};

TEST_F(Fetch, GivesWholeBatchesAndTheEndsOfTheLog) {
  start();
  const TopicId id = create_topic("orders");
  const ByteVector first = batch(3);
  produce("orders", first);
  produce("orders", batch(2));
  const auto answer = send(from("orders", 0));
  const Data& data = only(answer);
  EXPECT_EQ(data.error_code, ErrorCode::None);
  EXPECT_EQ(data.high_watermark, Offset{5});
  EXPECT_EQ(data.last_stable_offset, Offset{5});
  EXPECT_EQ(data.log_start_offset, Offset{0});
  EXPECT_EQ(data.records->size(), first.size() + batch(2).size());
  EXPECT_FALSE(data.aborted_transactions);

  wire::FetchRequest by_id = from("", 3);
  by_id.topics[0].topic_id = id;
  EXPECT_EQ(only(send(by_id, 18)).records->size(), batch(2).size());
  for (wire::Version version = 4; version <= kLastByName; ++version) {
    EXPECT_EQ(only(send(from("orders", 3), version)).records->size(), batch(2).size());
  }
  wire::FetchRequest committed = from("orders", 0);
  committed.isolation_level = 1;
  EXPECT_TRUE(only(send(committed)).aborted_transactions);
}

TEST_F(Fetch, SaysWhyAPartitionHasNothing) {
  start();
  create_topic("orders");
  produce("orders", batch(3));
  const struct {
    const char* why;
    const char* topic;
    int partition;
    std::int64_t offset;
    std::int32_t epoch;
    wire::Version version;
    ErrorCode code;
  } cases[] = {
      {"no such topic", "nowhere", 0, 0, -1, 12, ErrorCode::UnknownTopicOrPartition},
      {"no topic of that id", "", 0, 0, -1, 13, ErrorCode::UnknownTopicId},
      {"no such partition", "orders", 1, 0, -1, 12, ErrorCode::UnknownTopicOrPartition},
      {"behind the end", "orders", 0, 4, -1, 12, ErrorCode::OffsetOutOfRange},
      {"before the start", "orders", 0, -1, -1, 12, ErrorCode::OffsetOutOfRange},
      {"a leader yet to come", "orders", 0, 0, 5, 12, ErrorCode::UnknownLeaderEpoch},
      {"at the end", "orders", 0, 3, 0, 12, ErrorCode::None},
  };
  for (const auto& c : cases) {
    wire::FetchRequest request = from(c.topic, c.offset, c.partition);
    part(request).current_leader_epoch = LeaderEpoch{c.epoch};
    const auto answer = send(request, c.version);
    EXPECT_EQ(only(answer).error_code, c.code) << c.why;
    EXPECT_EQ(only(answer).records->size(), 0U) << c.why;
  }
}

TEST_F(Fetch, ADiskThatCannotBeRead) {
  start();
  create_topic("orders", 1, {{"index.interval.bytes", "0"}});
  for (int i = 0; i < 3; ++i) produce("orders", batch(3));
  home_.disk().fail_next(sim::DiskCall::Read, sim::Fault::InputOutput, "/orders-0/");
  EXPECT_EQ(only(send(from("orders", 4))).error_code, ErrorCode::KafkaStorageError);
  EXPECT_EQ(only(send(from("orders", 4))).error_code, ErrorCode::None);
}

TEST_F(Fetch, KeepsToItsLimitsButGivesTheFirstBatchWhole) {
  start();
  create_topic("orders", 2);
  const std::size_t size = batch(3).size();
  for (int i = 0; i < 4; ++i) produce("orders", batch(3), i % 2);

  wire::FetchRequest narrow = from("orders", 0);
  part(narrow).partition_max_bytes = 1;
  EXPECT_EQ(only(send(narrow)).records->size(), size);

  wire::FetchRequest both = from("orders", 0);
  both.topics[0].partitions.push_back(part(both));
  both.topics[0].partitions[1].partition = PartitionIndex{1};
  both.max_bytes = 1;
  auto answer = send(both);
  EXPECT_EQ(answer.responses[0].partitions[0].records->size(), 2 * size) << "not cut any more";
  EXPECT_EQ(answer.responses[0].partitions[1].records->size(), 0U);
  both.max_bytes = static_cast<std::int32_t>(4 * size);
  answer = send(both);
  EXPECT_EQ(answer.responses[0].partitions[1].records->size(), 2 * size);
}

TEST_F(Fetch, WaitsForEnoughOrForItsTime) {
  start();
  create_topic("orders");
  wire::FetchRequest patient = from("orders", 0);
  patient.max_wait_ms = 60'000;
  const auto consumer = connect();
  consumer->send(patient, kLastByName);
  world_.run_for(1s);
  produce("orders", batch(3));
  const Instant before = world_.now();
  EXPECT_GT(only(*consumer->receive<wire::FetchResponse>(kLastByName)).records->size(), 0U);
  EXPECT_LT(world_.now() - before, 1s);

  part(patient).fetch_offset = Offset{3};
  consumer->send(patient, kLastByName);
  EXPECT_EQ(only(*consumer->receive<wire::FetchResponse>(kLastByName)).records->size(), 0U);
  EXPECT_GE(world_.now() - before, 60s);
}

TEST_F(Fetch, IsToldThatItsTopicIsDeletedWhileItWaits) {
  start();
  create_topic("orders");
  wire::FetchRequest patient = from("orders", 0);
  patient.max_wait_ms = 60'000;
  const auto consumer = connect();
  consumer->send(patient, kLastByName);
  world_.run_for(1s);
  wire::DeleteTopicsRequest deletion;
  deletion.topics.push_back({.name = TopicName{"orders"}});
  ask<wire::DeleteTopicsResponse>(deletion);
  EXPECT_EQ(only(*consumer->receive<wire::FetchResponse>(kLastByName)).error_code,
            ErrorCode::UnknownTopicOrPartition);
}

class Sessions : public Fetch {
 protected:
  Sessions() {
    start();
    id_ = create_topic("orders", 2);
    produce("orders", batch(3));
  }
  // Begins a session on both partitions, from their ends.
  std::int32_t begin() {
    wire::FetchRequest request = from("orders", 3);
    request.session_epoch = 0;
    request.topics[0].partitions.push_back(part(request));
    request.topics[0].partitions[1].partition = PartitionIndex{1};
    request.topics[0].partitions[1].fetch_offset = Offset{0};
    const auto answer = send(request);
    EXPECT_EQ(answer.error_code, ErrorCode::None);
    EXPECT_EQ(answer.responses.at(0).partitions.size(), 2U);
    EXPECT_NE(answer.session_id, 0);
    return answer.session_id;
  }
  static wire::FetchRequest next(std::int32_t session, std::int32_t epoch) {
    wire::FetchRequest request{.max_wait_ms = 0, .min_bytes = 1};
    request.session_id = session;
    request.session_epoch = epoch;
    return request;
  }
  TopicId id_;
};

TEST_F(Sessions, TellOnlyNews) {
  const std::int32_t session = begin();
  EXPECT_TRUE(send(next(session, 1)).responses.empty());
  produce("orders", batch(1), 1);
  const auto answer = send(next(session, 2));
  ASSERT_EQ(answer.responses.size(), 1U);
  EXPECT_EQ(only(answer).partition_index, PartitionIndex{1});

  wire::FetchRequest forget = next(session, 3);
  forget.forgotten_topics_data.push_back(
      {.topic = TopicName{"orders"}, .partitions = {PartitionIndex{1}}});
  EXPECT_TRUE(send(forget).responses.empty()) << "what is forgotten has no news";
}

TEST_F(Sessions, ThatAreNotAsTheClientThinks) {
  const std::int32_t session = begin();
  EXPECT_EQ(send(next(session + 1, 1)).error_code, ErrorCode::FetchSessionIdNotFound);
  EXPECT_EQ(send(next(session, 7)).error_code, ErrorCode::InvalidFetchSessionEpoch);
  EXPECT_EQ(send(next(session, 1), 13).error_code, ErrorCode::FetchSessionTopicIdError);
  EXPECT_EQ(send(next(session, 1)).error_code, ErrorCode::None) << "it is still there";
  EXPECT_EQ(send(next(session, -1)).error_code, ErrorCode::None) << "closed";
  EXPECT_EQ(send(next(session, 2)).error_code, ErrorCode::FetchSessionIdNotFound);
}

}  // namespace
}  // namespace broker
