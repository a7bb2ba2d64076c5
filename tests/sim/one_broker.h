// What tests of one simulated broker have in common: it, and a client that asks it one thing after
// another.
#pragma once
#include <gtest/gtest.h>

#include <memory>

#include "node.h"
#include "scene.h"
#include "wire/000_produce.h"
#include "wire/003_metadata.h"
#include "wire/record_batch_builder.h"

namespace simulation {

class OneBroker : public testing::Test {
 protected:
  explicit OneBroker(const std::vector<std::string>& settings = {}) : settings_(settings) {
    start();
  }
  ~OneBroker() override {
    link_.reset();
    node_.stop();
  }

  // Asks the broker, on a fresh connection where there is none.
  template <class Request, class Response>
  Response ask(Request request, Result<Response> (*read)(Bytes, wire::Version),
               wire::Version most = wire::kNever) {
    if (!link_) {
      auto reached = world_.run(client::Connection::open(away_.shard(0), kBrokerAddress, {}));
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

  void start() {
    const Result<void> started = node_.start();
    check(started.has_value(), started ? "" : started.error().detail.c_str());
  }

  void crash() {
    link_.reset();
    node_.crash();
    start();
  }

  std::vector<std::string> settings_;
  sim::World world_{7};
  sim::Machine& home_ = world_.add_machine("10.0.0.1", 2);
  sim::Machine& away_ = world_.add_machine("10.0.0.2", 1);
  Node node_{world_, home_, settings_};
  std::unique_ptr<client::Connection> link_;
};

}  // namespace simulation
