// For tests: a whole broker on a simulated machine, and clients that ask it over the network in a
// version of their choice.
//
//   start({"auto.create.topics.enable=false"});
//   create_topic("orders", 3);
//   const auto answer = ask<wire::MetadataResponse>(wire::MetadataRequest{}, 12);
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/server.h"
#include "config/file.h"
#include "sim/world.h"
#include "wire/000_produce.h"
#include "wire/019_create_topics.h"
#include "wire/header.h"
#include "wire/io.h"
#include "wire/record_batch_builder.h"

namespace broker {

inline constexpr wire::Version kLastByName = 12;  // Produce and Fetch name topics up to here.

// A client's connection, with nothing done for the client.
class TestClient {
 public:
  TestClient(sim::World& world, env::Shard& shard, env::Address to) : world_(world) {
    Result<env::ConnectionPtr> stream = world.run(shard.network().connect(std::move(to)));
    check(stream.has_value(), stream ? "" : stream.error().detail.c_str());
    stream_ = std::move(*stream);
  }

  template <class Request>
  void send(const Request& request, wire::Version version) {
    wire::Output out;
    out.bytes.resize(4);
    wire::write_request_header({.api_key = Request::api.key,
                                .api_version = version,
                                .correlation_id = ++sent_,
                                .client_id = "test"},
                               out);
    write(request, version, out);
    check(!out.dropped, "the request says what its version cannot");
    store_big(out.bytes.data(), static_cast<std::int32_t>(out.bytes.size() - 4));
    send_bytes(std::move(out.bytes));
  }
  void send_bytes(ByteVector bytes) {
    std::vector<env::Chunk> chunks;
    chunks.emplace_back(std::move(bytes));
    const Result<void> sent = world_.run(stream_->write(std::move(chunks)));
    check(sent.has_value(), "the broker cannot be written to");
  }

  // The next answer; none if the broker hung up. What its records point into is kept until the
  // next.
  template <class Response>
  std::optional<Response> receive(wire::Version version) {
    frame_ = world_.run(read_frame(*stream_));
    if (frame_.empty()) return {};
    const Result<wire::ResponseFrame> frame =
        wire::read_response_header(frame_, Response::api, version);
    check(frame.has_value(), "the answer has no header");
    check(frame->correlation_id == ++received_, "an answer out of turn");
    Result<Response> response = wire::read_message<Response>(frame->body, version, Response::api);
    check(response.has_value(), response ? "" : response.error().detail.c_str());
    return std::move(*response);
  }

  template <class Response, class Request>
  Response ask(const Request& request, wire::Version version) {
    send(request, version);
    std::optional<Response> response = receive<Response>(version);
    check(response.has_value(), "the broker hung up");
    return std::move(*response);
  }

  // The next request sent is to have none.
  void skip_answer() { ++received_; }

  env::Connection& stream() { return *stream_; }

 private:
  static env::Task<ByteVector> read_frame(env::Connection& from) {
    ByteVector length(4);
    bool whole = co_await fill(from, length);
    if (!whole) co_return ByteVector{};
    ByteVector frame(static_cast<std::size_t>(load_big<std::int32_t>(length.data())));
    whole = co_await fill(from, frame);
    co_return whole ? frame : ByteVector{};
  }
  static env::Task<bool> fill(env::Connection& from, MutableBytes into) {
    while (!into.empty()) {
      const Result<std::size_t> got = co_await from.read(into);
      if (!got || *got == 0) co_return false;
      into = into.subspan(*got);
    }
    co_return true;
  }

  sim::World& world_;
  env::ConnectionPtr stream_;
  ByteVector frame_;
  std::int32_t sent_ = 0;
  std::int32_t received_ = 0;
};

class TestBroker {
 public:
  ~TestBroker() { stop(); }

  // `settings` as --set takes them.
  void start(const std::vector<std::string>& settings = {}) {
    config::Pairs pairs;
    for (const std::string& one : base_settings()) must_set(pairs, one);
    for (const std::string& one : settings) must_set(pairs, one);
    server_ = std::make_unique<Server>(std::vector<env::Shard*>{&home_.shard(0), &home_.shard(1)},
                                       pairs, open_files_);
    const Result<void> started = world_.run(server_->start());
    check(started.has_value(), started ? "" : started.error().detail.c_str());
  }
  void stop() {
    if (!server_) return;
    client_.reset();
    world_.run(server_->stop());
    server_.reset();
  }

  std::unique_ptr<TestClient> connect() {
    return std::make_unique<TestClient>(world_, away_.shard(), server_->kafka());
  }
  TestClient& client() {
    if (!client_) client_ = connect();
    return *client_;
  }
  template <class Response, class Request>
  Response ask(const Request& request, wire::Version version = Request::api.last) {
    return client().ask<Response>(request, version);
  }

  // Gives its id.
  TopicId create_topic(const std::string& name, int partitions = 1,
                       const std::vector<std::pair<std::string, std::string>>& configs = {}) {
    wire::CreateTopicsRequest::CreatableTopic topic{
        .name = TopicName{name}, .num_partitions = partitions, .replication_factor = -1};
    for (const auto& [key, value] : configs) topic.configs.push_back({key, value});
    const auto answer =
        ask<wire::CreateTopicsResponse>(wire::CreateTopicsRequest{.topics = {topic}});
    check(answer.topics.front().error_code == ErrorCode::None, "the topic was not created");
    return answer.topics.front().topic_id;
  }

  // One batch to partition 0, with acks=all.
  wire::ProduceResponse::PartitionProduceResponse produce(const std::string& topic,
                                                          const ByteVector& batch,
                                                          int partition = 0) {
    wire::ProduceRequest request{.acks = -1};
    request.topic_data.push_back(
        {.name = TopicName{topic},
         .partition_data = {{PartitionIndex{partition}, wire::Records{.bytes = batch}}}});
    const auto answer = ask<wire::ProduceResponse>(request, kLastByName);
    return answer.responses.front().partition_responses.front();
  }

  // The value of a metric without labels, as /metrics has it.
  std::string metric(const std::string& name) {
    const std::string page = world_.run(get_metrics(away_.shard().network(), server_->http()));
    const std::string before = "\n" + name + " ";
    const std::size_t at = page.find(before);
    check(at != std::string::npos, "there is no such metric");
    const std::size_t from = at + before.size();
    return page.substr(from, page.find('\n', from) - from);
  }

  static ByteVector batch(int records = 1, std::int64_t timestamp = 1000) {
    wire::BatchBuilder builder;
    for (int i = 0; i < records; ++i) {
      builder.add(Timestamp{timestamp + i}, std::nullopt, as_bytes("value"));
    }
    return builder.finish();
  }

 protected:
  sim::World world_{7};
  sim::Machine& home_ = world_.add_machine("10.0.0.1", 2);
  sim::Machine& away_ = world_.add_machine("10.0.0.2", 1);
  OpenFiles open_files_;
  std::unique_ptr<Server> server_;

 private:
  static env::Task<std::string> get_metrics(env::Network& network, env::Address at) {
    const Result<env::ConnectionPtr> stream = co_await network.connect(std::move(at));
    check(stream.has_value(), "metrics are not served");
    std::vector<env::Chunk> chunks;
    chunks.emplace_back(
        to_vector(as_bytes("GET /metrics HTTP/1.1\r\nHost: broker\r\nConnection: close\r\n\r\n")));
    const Result<void> sent = co_await (*stream)->write(std::move(chunks));
    check(sent.has_value(), "metrics are not read for");
    std::string page;
    ByteVector some(65536);
    for (Result<std::size_t> got = 1; got && *got > 0;) {
      got = co_await (*stream)->read(some);
      page += as_text(Bytes(some).first(got.value_or(0)));
    }
    co_return page;
  }
  static std::vector<std::string> base_settings() {
    return {"listeners=PLAINTEXT://10.0.0.1:9092", "thalweg.http.listener=10.0.0.1:8080",
            "log.dirs=/data", "offsets.topic.num.partitions=2"};
  }
  static void must_set(config::Pairs& pairs, const std::string& assignment) {
    const Result<void> done = config::set(pairs, assignment);
    check(done.has_value(), done ? "" : done.error().detail.c_str());
  }

  std::unique_ptr<TestClient> client_;
};

}  // namespace broker
