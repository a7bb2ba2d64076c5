// What a restart must not take back, beyond what the random runs are likely to meet.
#include <gtest/gtest.h>

#include "node.h"
#include "scene.h"
#include "wire/000_produce.h"
#include "wire/001_fetch.h"
#include "wire/003_metadata.h"
#include "wire/020_delete_topics.h"
#include "wire/021_delete_records.h"
#include "wire/record_batch_builder.h"

namespace simulation {
namespace {

using namespace std::chrono_literals;
using client::Connection;

constexpr int kPartitions = 3;

class Restart : public testing::Test {
 protected:
  Restart() { start(); }
  ~Restart() override {
    link_.reset();
    node_.stop();
  }

  // Asks the broker, on a fresh connection where there is none.
  template <class Request, class Response>
  Response ask(Request request, Result<Response> (*read)(Bytes, wire::Version),
               wire::Version most = wire::kNever) {
    if (!link_) {
      auto reached = world_.run(Connection::open(away_.shard(0), kBrokerAddress, {}));
      check(reached.has_value(), "the broker cannot be reached");
      link_ = std::move(*reached);
    }
    Result<Response> answer = world_.run(link_->ask(std::move(request), read, most));
    check(answer.has_value(), answer ? "" : answer.error().detail.c_str());
    return std::move(*answer);
  }

  void make_topic() {
    wire::MetadataRequest request;
    request.topics.emplace();
    request.topics->push_back({.topic_id = {}, .name = kTopic});
    const auto made = ask(std::move(request), &wire::read_metadata_response);
    ASSERT_EQ(made.topics.front().error_code, ErrorCode::None);
  }

  Offset produce(int records) {
    const auto data = send(records);
    EXPECT_EQ(data.error_code, ErrorCode::None);
    return data.base_offset;
  }

  // What the broker answers to so many records at once.
  wire::ProduceResponse::PartitionProduceResponse send(int records) {
    wire::BatchBuilder builder;
    for (int i = 0; i < records; ++i) {
      builder.add(Timestamp{1000}, std::nullopt, as_bytes("value"));
    }
    const ByteVector batch = builder.finish();
    wire::ProduceRequest request;
    request.acks = -1;
    wire::ProduceRequest::TopicProduceData topic;
    topic.name = kTopic;
    topic.partition_data.push_back({PartitionIndex{0}, wire::Records{.bytes = batch}});
    request.topic_data.push_back(std::move(topic));
    const auto answer = ask(std::move(request), &wire::read_produce_response, kLastByName);
    return answer.responses.front().partition_responses.front();
  }

  void delete_records(Offset to) {
    wire::DeleteRecordsRequest request;
    request.topics.push_back({kTopic, {{PartitionIndex{0}, to}}});
    const auto answer = ask(std::move(request), &wire::read_delete_records_response);
    EXPECT_EQ(answer.topics.front().partitions.front().low_watermark, to);
  }

  void delete_topic() {
    wire::DeleteTopicsRequest request;
    request.topics.push_back({.name = kTopic, .topic_id = {}});
    const auto answer = ask(std::move(request), &wire::read_delete_topics_response);
    EXPECT_EQ(answer.responses.front().error_code, ErrorCode::None);
  }

  void start() {
    const Result<void> started = node_.start();
    check(started.has_value(), started ? "" : started.error().detail.c_str());
  }

  void crash() {
    link_.reset();
    node_.crash();
    start();
  }

  std::size_t records_there() {
    const auto content = world_.run(read_everything(away_.shard(0), kBrokerAddress, kPartitions));
    check(content.has_value(), "the content cannot be read");
    return content->at({kTopic, PartitionIndex{0}}).size();
  }

  sim::World world_{7};
  sim::Machine& home_ = world_.add_machine("10.0.0.1", 2);
  sim::Machine& away_ = world_.add_machine("10.0.0.2", 1);
  Node node_{world_, home_, {"num.partitions=3", "log.flush.offset.checkpoint.interval.ms=2000"}};
  std::unique_ptr<Connection> link_;
};

TEST_F(Restart, ATopicMadeUnderADeletedOnesNameKeepsItsRecords) {
  make_topic();
  produce(10);
  delete_records(Offset{10});
  world_.run_for(5s);  // The checkpoints say now that the log begins at 10.
  delete_topic();
  make_topic();
  EXPECT_EQ(produce(3), Offset{0});
  crash();
  EXPECT_EQ(records_there(), 3U);
  EXPECT_EQ(produce(1), Offset{3});
}

TEST_F(Restart, DeletedRecordsStayDeletedAfterACleanStop) {
  make_topic();
  produce(10);
  delete_records(Offset{4});
  link_.reset();
  node_.stop();
  start();
  wire::FetchRequest request{.max_wait_ms = 0, .min_bytes = 0};
  request.session_epoch = -1;
  wire::FetchRequest::FetchTopic topic;
  topic.topic = kTopic;
  topic.partitions.push_back(
      {.partition = PartitionIndex{0}, .fetch_offset = Offset{3}, .partition_max_bytes = 1000});
  request.topics.push_back(std::move(topic));
  const auto answer = ask(std::move(request), &wire::read_fetch_response, kLastByName);
  EXPECT_EQ(answer.responses.front().partitions.front().error_code, ErrorCode::OffsetOutOfRange);
  EXPECT_EQ(produce(1), Offset{10});
}

TEST_F(Restart, AFailedSyncIsRememberedOverACleanStop) {
  make_topic();
  produce(5);
  home_.disk().fail_syncs("/orders-0/");
  EXPECT_EQ(send(1).error_code, ErrorCode::NotEnoughReplicasAfterAppend)
      << "it was written, and may be there after the restart";
  link_.reset();
  node_.stop();
  home_.disk().heal();
  EXPECT_FALSE(home_.disk().content("/data/.kafka_cleanshutdown"));
  start();
  EXPECT_GE(records_there(), 5U);
}

}  // namespace
}  // namespace simulation
