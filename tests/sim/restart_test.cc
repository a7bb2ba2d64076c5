// What a restart must not take back, beyond what the random runs are likely to meet.
#include "one_broker.h"
#include "wire/001_fetch.h"
#include "wire/020_delete_topics.h"
#include "wire/021_delete_records.h"

namespace simulation {
namespace {

using namespace std::chrono_literals;

constexpr int kPartitions = 3;

class Restart : public OneBroker {
 protected:
  Restart() : OneBroker({"num.partitions=3", "log.flush.offset.checkpoint.interval.ms=2000"}) {}

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

  std::size_t records_there() {
    const auto content = world_.run(read_everything(away_.shard(0), kBrokerAddress, kPartitions));
    check(content.has_value(), "the content cannot be read");
    return content->at({kTopic, PartitionIndex{0}}).size();
  }
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
