// The transactional producer against a stand-in for a broker, in both protocols.
#include "client/transactional_producer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/world.h"
#include "wire/003_metadata.h"
#include "wire/010_find_coordinator.h"
#include "wire/018_api_versions.h"
#include "wire/022_init_producer_id.h"
#include "wire/024_add_partitions_to_txn.h"
#include "wire/025_add_offsets_to_txn.h"
#include "wire/026_end_txn.h"
#include "wire/028_txn_offset_commit.h"
#include "wire/io.h"

namespace client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using State = TransactionalProducer::State;

const env::Address kAddress{"10.0.0.1", 9092};
const TopicName kTopic{"orders"};
const GroupId kGroup{"audit"};

// What it was asked, in a few words each, and what it shall refuse next.
class StandIn {
 public:
  StandIn(env::Shard& shard, std::int16_t transaction_version)
      : shard_(shard), transaction_version_(transaction_version) {
    auto listener = shard.network().listen(kAddress);
    check(listener.has_value(), "the stand-in listens");
    env::spawn(accept(*std::move(listener)));
  }

  std::vector<std::string> asked;
  std::map<std::int16_t, std::deque<ErrorCode>> refuse;  // By API.

 private:
  env::Task<void> accept(std::shared_ptr<env::Listener> listener) {
    for (;;) {
      Result<std::unique_ptr<env::Accepted>> accepted = co_await listener->accept();
      if (!accepted) co_return;
      Result<env::ConnectionPtr> stream = shard_.network().adopt(*std::move(accepted));
      if (stream) env::spawn(serve(*std::move(stream)));
    }
  }
  static env::Task<bool> fill(env::Connection& from, MutableBytes into) {
    while (!into.empty()) {
      const Result<std::size_t> got = co_await from.read(into);
      if (!got || *got == 0) co_return false;
      into = into.subspan(*got);
    }
    co_return true;
  }
  env::Task<void> serve(env::ConnectionPtr stream) {
    for (;;) {
      std::array<std::byte, 4> size{};
      const bool more = co_await fill(*stream, size);
      if (!more) co_return;
      ByteVector frame(static_cast<std::size_t>(load_big<std::int32_t>(size.data())));
      const bool whole = co_await fill(*stream, frame);
      if (!whole) co_return;
      std::vector<env::Chunk> chunks;
      chunks.emplace_back(answer(frame));
      const Result<void> sent = co_await stream->write(std::move(chunks));
      if (!sent) co_return;
    }
  }

  template <class Response>
  static ByteVector framed(const wire::RequestHeader& to, const Response& response) {
    wire::Output out;
    out.bytes.resize(4);
    wire::write_response_header(to.correlation_id, Response::api, to.api_version, out);
    write(response, to.api_version, out);
    store_big(out.bytes.data(), static_cast<std::int32_t>(out.bytes.size() - 4));
    return std::move(out.bytes);
  }
  ErrorCode verdict(std::int16_t api) {
    std::deque<ErrorCode>& planned = refuse[api];
    if (planned.empty()) return ErrorCode::None;
    const ErrorCode code = planned.front();
    planned.pop_front();
    return code;
  }

  ByteVector answer(Bytes frame) {
    const auto request = wire::read_request_header(frame);
    check(request.has_value(), "a request has a header");
    const wire::RequestHeader& header = request->header;
    const Bytes body = request->body;
    switch (header.api_key) {
      case 18:
        return framed(header, versions());
      case 3:
        return framed(header, metadata());
      case 10:
        return framed(header, coordinator());
      case 22:
        return framed(header, init());
      case 24:
        return framed(header, add_partitions(header));
      case 25:
        note("join group");
        return framed(header, wire::AddOffsetsToTxnResponse{.error_code = verdict(25)});
      case 28:
        return framed(header, offsets(header, body));
      case 26:
        return framed(header, end(header, body));
      default:
        return framed(header, produce(header, body));
    }
  }
  void note(std::string what) { asked.push_back(std::move(what)); }

  wire::ApiVersionsResponse versions() const {
    wire::ApiVersionsResponse response;
    response.api_keys = {{0, 3, 13}, {3, 0, 12}, {10, 0, 4}, {18, 0, 4}, {22, 0, 5},
                         {24, 0, 5}, {25, 0, 4}, {26, 0, 5}, {28, 0, 5}};
    response.finalized_features = {{"transaction.version", transaction_version_, 0}};
    return response;
  }
  static wire::MetadataResponse metadata() {
    wire::MetadataResponse response;
    auto& broker = response.brokers.emplace_back();
    broker.node_id = BrokerId{1};
    broker.host = kAddress.host;
    broker.port = kAddress.port;
    response.controller_id = BrokerId{1};
    return response;
  }
  wire::FindCoordinatorResponse coordinator() {
    wire::FindCoordinatorResponse response;
    auto& one = response.coordinators.emplace_back();
    one.node_id = BrokerId{1};
    one.host = kAddress.host;
    one.port = kAddress.port;
    return response;
  }
  wire::InitProducerIdResponse init() {
    const ErrorCode code = verdict(22);
    note("begin");
    if (code == ErrorCode::None) ++epoch_.value;
    return {.error_code = code, .producer_id = ProducerId{7}, .producer_epoch = epoch_};
  }
  wire::AddPartitionsToTxnResponse add_partitions(const wire::RequestHeader& header) {
    note(fmt::format("join partition v{}", header.api_version));
    wire::AddPartitionsToTxnResponse response;
    response.results_by_topic_v3_and_below = {
        {.name = kTopic, .results_by_partition = {{PartitionIndex{0}, verdict(24)}}}};
    return response;
  }
  wire::TxnOffsetCommitResponse offsets(const wire::RequestHeader& header, Bytes body) {
    const auto request = wire::read_txn_offset_commit_request(body, header.api_version);
    check(request.has_value(), "offsets are well-formed");
    note(fmt::format("offsets v{} to {}", header.api_version,
                     request->topics.at(0).partitions.at(0).committed_offset.value));
    wire::TxnOffsetCommitResponse response;
    response.topics = {{.name = kTopic, .partitions = {{PartitionIndex{0}, verdict(28)}}}};
    return response;
  }
  wire::EndTxnResponse end(const wire::RequestHeader& header, Bytes body) {
    const auto request = wire::read_end_txn_request(body, header.api_version);
    check(request.has_value(), "an end is well-formed");
    note(fmt::format("{} v{}", request->committed ? "commit" : "abort", header.api_version));
    const ErrorCode code = verdict(26);
    if (code == ErrorCode::None && header.api_version >= 5) ++epoch_.value;
    return {.error_code = code, .producer_id = ProducerId{7}, .producer_epoch = epoch_};
  }
  wire::ProduceResponse produce(const wire::RequestHeader& header, Bytes body) {
    const auto request = wire::read_produce_request(body, header.api_version);
    check(request.has_value(), "a produce request is well-formed");
    wire::ProduceResponse response;
    auto& topic = response.responses.emplace_back();
    topic.name = kTopic;
    for (const auto& partition : request->topic_data.at(0).partition_data) {
      const auto batch = wire::peek_batch(partition.records->bytes);
      check(batch.has_value() && batch->has_value(), "a batch is whole");
      check((*batch)->transactional && request->transactional_id.has_value(), "and transactional");
      note(fmt::format("produce v{} epoch {} from {}", header.api_version,
                       (*batch)->producer_epoch.value, (*batch)->base_sequence));
      topic.partition_responses.push_back(
          {.index = partition.index, .error_code = verdict(0), .base_offset = Offset{0}});
    }
    return response;
  }

  env::Shard& shard_;
  std::int16_t transaction_version_;
  ProducerEpoch epoch_{-1};
};

class TransactionalProducerTest : public ::testing::Test {
 protected:
  void open(std::int16_t transaction_version) {
    broker_ = std::make_unique<StandIn>(broker_machine_.shard(), transaction_version);
    auto cluster =
        world_.run(Cluster::open(client_machine_.shard(), {kAddress}, {.timeout = Millis(500)}));
    ASSERT_TRUE(cluster) << cluster.error().detail;
    cluster_ = *std::move(cluster);
    TopicInfo topic;
    topic.name = kTopic;
    topic.partitions.emplace_back().leader = BrokerId{1};
    auto producer = world_.run(
        TransactionalProducer::open(*cluster_, {topic}, {.id = TransactionalId{"transfers"}}));
    ASSERT_TRUE(producer) << producer.error().detail;
    producer_ = *std::move(producer);
  }
  void TearDown() override {
    if (producer_) world_.run(producer_->close());
    producer_.reset();
    cluster_.reset();
    broker_machine_.kill();
    world_.run_until_idle();
  }

  Result<void> write(int records = 1) {
    const std::vector<NewRecord> batch(static_cast<std::size_t>(records),
                                       {.timestamp = Timestamp{1}, .value = as_bytes("value")});
    return world_.run(producer_->write({kTopic, PartitionIndex{0}}, batch));
  }
  Result<void> add_offsets(std::int64_t offset) {
    return world_.run(
        producer_->add_offsets(kGroup, {{{TopicName{"in"}, PartitionIndex{0}}, Offset{offset}}}));
  }
  Result<void> flush() { return world_.run(producer_->flush()); }
  Result<void> commit() { return world_.run(producer_->commit()); }
  Result<void> abort() { return world_.run(producer_->abort()); }
  std::vector<std::string> asked() { return std::exchange(broker_->asked, {}); }

  sim::World world_{1};
  sim::Machine& broker_machine_ = world_.add_machine("10.0.0.1");
  sim::Machine& client_machine_ = world_.add_machine("10.0.0.2");
  std::unique_ptr<StandIn> broker_;
  std::unique_ptr<Cluster> cluster_;
  std::unique_ptr<TransactionalProducer> producer_;
};

TEST_F(TransactionalProducerTest, TheSecondProtocolAsksForNothingBesideTheWork) {
  open(2);
  EXPECT_EQ(producer_->protocol(), TransactionProtocol::Second);
  ASSERT_TRUE(write(3));
  ASSERT_TRUE(flush());
  ASSERT_TRUE(write());
  ASSERT_TRUE(flush());
  ASSERT_TRUE(add_offsets(5));
  ASSERT_TRUE(commit());
  ASSERT_TRUE(write());
  ASSERT_TRUE(commit());
  EXPECT_THAT(asked(), ElementsAre("begin", "produce v12 epoch 0 from 0",
                                   "produce v12 epoch 0 from 3", "offsets v5 to 5", "commit v5",
                                   "produce v12 epoch 1 from 0", "commit v5"));
  EXPECT_EQ(producer_->identity(), (ProducerIdentity{ProducerId{7}, ProducerEpoch{2}}));
}

TEST_F(TransactionalProducerTest, TheFirstTellsTheCoordinatorOfEachPartitionOnce) {
  open(1);
  EXPECT_EQ(producer_->protocol(), TransactionProtocol::First);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(write());
    ASSERT_TRUE(flush());
    ASSERT_TRUE(add_offsets(5 + i));
  }
  ASSERT_TRUE(commit());
  ASSERT_TRUE(write());
  ASSERT_TRUE(commit());
  EXPECT_THAT(asked(), ElementsAre("begin", "join partition v3", "produce v11 epoch 0 from 0",
                                   "join group", "offsets v4 to 5", "produce v11 epoch 0 from 1",
                                   "offsets v4 to 6", "commit v4", "join partition v3",
                                   "produce v11 epoch 0 from 2", "commit v4"));
}

TEST_F(TransactionalProducerTest, NothingWrittenIsNothingToEnd) {
  for (const std::int16_t version : {std::int16_t{1}, std::int16_t{2}}) {
    open(version);
    ASSERT_TRUE(write(0));
    ASSERT_TRUE(commit());
    ASSERT_TRUE(abort());
    EXPECT_THAT(asked(), ElementsAre("begin")) << version;
    TearDown();
  }
}

TEST_F(TransactionalProducerTest, AsksAgainWhereThatHelps) {
  open(2);
  using enum ErrorCode;
  broker_->refuse[0] = {ConcurrentTransactions, NotEnoughReplicas};
  broker_->refuse[28] = {CoordinatorLoadInProgress};
  broker_->refuse[26] = {NotCoordinator};
  ASSERT_TRUE(write());
  ASSERT_TRUE(flush());
  ASSERT_TRUE(add_offsets(5));
  ASSERT_TRUE(commit());
  EXPECT_EQ(producer_->retries(), 4);
  EXPECT_THAT(asked(), ElementsAre("begin", "produce v12 epoch 0 from 0",
                                   "produce v12 epoch 0 from 0", "produce v12 epoch 0 from 0",
                                   "offsets v5 to 5", "offsets v5 to 5", "commit v5", "commit v5"));
}

TEST_F(TransactionalProducerTest, GivesUpAskingAfterAWhile) {
  open(2);
  broker_->refuse[26] = std::deque<ErrorCode>(1'000, ErrorCode::CoordinatorLoadInProgress);
  ASSERT_TRUE(write());
  const Result<void> ended = commit();
  ASSERT_FALSE(ended);
  EXPECT_THAT(ended.error().detail, HasSubstr("CoordinatorLoadInProgress"));
}

TEST_F(TransactionalProducerTest, CanAbortWhatIsLostAndGoOn) {
  open(2);
  broker_->refuse[0] = {ErrorCode::TransactionAbortable};
  ASSERT_TRUE(write());
  const Result<void> lost = commit();
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, ErrorCode::TransactionAbortable);
  EXPECT_EQ(producer_->state(), State::Lost);
  EXPECT_FALSE(write()) << "not before the abort";
  EXPECT_EQ(producer_->state(), State::Lost);
  ASSERT_TRUE(abort());
  ASSERT_TRUE(write());
  ASSERT_TRUE(commit());
  EXPECT_THAT(asked(), ElementsAre("begin", "produce v12 epoch 0 from 0", "abort v5",
                                   "produce v12 epoch 1 from 0", "commit v5"));
}

TEST_F(TransactionalProducerTest, AnAbortInTheFirstProtocolTakesANewEpoch) {
  open(1);
  ASSERT_TRUE(write());
  ASSERT_TRUE(flush());
  ASSERT_TRUE(abort());
  ASSERT_TRUE(write());
  ASSERT_TRUE(commit());
  EXPECT_THAT(asked(),
              ElementsAre("begin", "join partition v3", "produce v11 epoch 0 from 0", "abort v4",
                          "begin", "join partition v3", "produce v11 epoch 1 from 0", "commit v4"));
}

TEST_F(TransactionalProducerTest, IsOverOnceAnotherHasItsId) {
  open(2);
  broker_->refuse[26] = {ErrorCode::ProducerFenced};
  ASSERT_TRUE(write());
  const Result<void> ended = commit();
  ASSERT_FALSE(ended);
  EXPECT_THAT(ended.error().detail, HasSubstr("'transfers' was taken over"));
  EXPECT_EQ(producer_->state(), State::Over);
  for (const Result<void>& more : {write(), commit(), abort()}) {
    ASSERT_FALSE(more);
    EXPECT_THAT(more.error().detail, HasSubstr("can do no more"));
  }
}

TEST_F(TransactionalProducerTest, IsOverWhenTheBrokerIsGone) {
  open(2);
  ASSERT_TRUE(write());
  ASSERT_TRUE(flush());
  broker_machine_.kill();
  ASSERT_TRUE(write());
  const Result<void> ended = commit();
  ASSERT_FALSE(ended);
  EXPECT_THAT(ended.error().detail, HasSubstr("10.0.0.1:9092"));
  EXPECT_EQ(producer_->state(), State::Over);
}

}  // namespace
}  // namespace client
