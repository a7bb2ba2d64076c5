// ApiVersions, DescribeCluster, DescribeLogDirs, InitProducerId and FindCoordinator: what clients
// ask to find their way.
#include <algorithm>

#include "broker/apis.h"
#include "broker/broker_fixture.h"
#include "wire/010_find_coordinator.h"
#include "wire/018_api_versions.h"
#include "wire/022_init_producer_id.h"
#include "wire/035_describe_log_dirs.h"
#include "wire/060_describe_cluster.h"

namespace broker {
namespace {

class Cluster : public BrokerTest {};

TEST_F(Cluster, TellsWhatItServes) {
  start();
  for (wire::Version version = 0; version <= 4; ++version) {
    const wire::ApiVersionsRequest request{.client_software_name = "tests",
                                           .client_software_version = "1.0"};
    const auto answer = ask<wire::ApiVersionsResponse>(request, version);
    EXPECT_EQ(answer.error_code, ErrorCode::None);
    ASSERT_EQ(answer.api_keys.size(), served_apis().size());
    EXPECT_EQ(answer.api_keys[0].api_key, 0);
    EXPECT_EQ(answer.api_keys[0].min_version, 0) << "KAFKA-18659";
    EXPECT_EQ(answer.api_keys[0].max_version, 13);
    EXPECT_EQ(answer.finalized_features.empty(), version < 3);
  }
}

TEST_F(Cluster, AnswersWhoComesFromTheFutureInTheOldestVersion) {
  start();
  wire::Output out;
  out.bytes.resize(4);
  wire::write_request_header(
      {.api_key = 18, .api_version = 99, .correlation_id = 1, .client_id = "test"}, out);
  store_big(out.bytes.data(), static_cast<std::int32_t>(out.bytes.size() - 4));
  client().send_bytes(std::move(out.bytes));
  const auto answer = client().receive<wire::ApiVersionsResponse>(0);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error_code, ErrorCode::UnsupportedVersion);
  EXPECT_FALSE(answer->api_keys.empty());
}

TEST_F(Cluster, WantsToKnowWithWhatItSpeaks) {
  start();
  const struct {
    const char* name;
    const char* version;
    ErrorCode code;
  } cases[] = {{"librdkafka", "2.16.0", ErrorCode::None}, {"", "1", ErrorCode::InvalidRequest},
               {"a", "", ErrorCode::InvalidRequest},      {"-a", "1", ErrorCode::InvalidRequest},
               {"a.", "1", ErrorCode::InvalidRequest},    {"a b", "1", ErrorCode::InvalidRequest}};
  for (const auto& c : cases) {
    const wire::ApiVersionsRequest request{.client_software_name = c.name,
                                           .client_software_version = c.version};
    EXPECT_EQ(ask<wire::ApiVersionsResponse>(request, 3).error_code, c.code) << c.name;
    EXPECT_EQ(ask<wire::ApiVersionsResponse>(request, 2).error_code, ErrorCode::None) << c.name;
  }
}

TEST_F(Cluster, IsDescribed) {
  start({"broker.rack=cellar"});
  for (wire::Version version = 0; version <= 2; ++version) {
    const auto answer = ask<wire::DescribeClusterResponse>(
        wire::DescribeClusterRequest{.include_cluster_authorized_operations = true}, version);
    EXPECT_EQ(answer.error_code, ErrorCode::None);
    EXPECT_FALSE(answer.cluster_id.empty());
    EXPECT_EQ(answer.controller_id, BrokerId{1});
    ASSERT_EQ(answer.brokers.size(), 1U);
    EXPECT_EQ(answer.brokers[0].port, 9092);
    EXPECT_EQ(answer.brokers[0].rack, "cellar");
    EXPECT_GT(answer.cluster_authorized_operations, 0);
  }
  const auto controllers =
      ask<wire::DescribeClusterResponse>(wire::DescribeClusterRequest{.endpoint_type = 2});
  EXPECT_EQ(controllers.error_code, ErrorCode::MismatchedEndpointType);
}

TEST_F(Cluster, TellsWhereItIsReachedFromOutside) {
  start({"advertised.listeners=PLAINTEXT://broker.example:19092"});
  const auto answer = ask<wire::DescribeClusterResponse>(wire::DescribeClusterRequest{});
  EXPECT_EQ(answer.brokers.at(0).host, "broker.example");
  EXPECT_EQ(answer.brokers.at(0).port, 19092);
}

TEST_F(Cluster, ShowsWhatIsOnItsDisk) {
  start();
  create_topic("orders", 2);
  produce("orders", batch(3), 1);
  const auto size = static_cast<std::int64_t>(batch(3).size());
  for (wire::Version version = 1; version <= 4; ++version) {
    const auto answer = ask<wire::DescribeLogDirsResponse>(wire::DescribeLogDirsRequest{}, version);
    ASSERT_EQ(answer.results.size(), 1U);
    EXPECT_EQ(answer.results[0].log_dir, "/data");
    EXPECT_EQ(answer.results[0].total_bytes > 0, version >= 4);
    ASSERT_EQ(answer.results[0].topics.size(), 1U);
    const auto& partitions = answer.results[0].topics[0].partitions;
    ASSERT_EQ(partitions.size(), 2U);
    EXPECT_EQ(partitions[0].partition_size, 0);
    EXPECT_EQ(partitions[1].partition_size, size);
  }
  wire::DescribeLogDirsRequest one;
  one.topics.emplace();
  one.topics->push_back({.topic = TopicName{"orders"}, .partitions = {PartitionIndex{1}}});
  one.topics->push_back({.topic = TopicName{"nowhere"}, .partitions = {PartitionIndex{0}}});
  const auto answer = ask<wire::DescribeLogDirsResponse>(one);
  ASSERT_EQ(answer.results.at(0).topics.size(), 1U);
  EXPECT_EQ(answer.results[0].topics[0].partitions.size(), 1U);
}

TEST_F(Cluster, GivesEachProducerAnIdOfItsOwn) {
  start();
  std::vector<ProducerId> given;
  for (wire::Version version = 0; version <= 5; ++version) {
    const auto answer = ask<wire::InitProducerIdResponse>(wire::InitProducerIdRequest{}, version);
    EXPECT_EQ(answer.error_code, ErrorCode::None);
    EXPECT_EQ(answer.producer_epoch, ProducerEpoch{0});
    EXPECT_TRUE(std::ranges::find(given, answer.producer_id) == given.end());
    given.push_back(answer.producer_id);
  }
  const auto transactional = ask<wire::InitProducerIdResponse>(
      wire::InitProducerIdRequest{.transactional_id = TransactionalId{"pay"}});
  EXPECT_EQ(transactional.error_code, ErrorCode::CoordinatorNotAvailable) << "nobody looked for it";
  EXPECT_EQ(transactional.producer_epoch, ProducerEpoch{-1});
  stop();
  start();
  const auto after = ask<wire::InitProducerIdResponse>(wire::InitProducerIdRequest{});
  EXPECT_TRUE(std::ranges::find(given, after.producer_id) == given.end()) << "nor after a restart";
}

TEST_F(Cluster, HasNoProducerIdWhileItsDiskIsFull) {
  start();
  home_.disk().fail_next(sim::DiskCall::Write, sim::Fault::NoSpace, "__cluster_metadata");
  const auto refused = ask<wire::InitProducerIdResponse>(wire::InitProducerIdRequest{});
  EXPECT_EQ(refused.error_code, ErrorCode::CoordinatorNotAvailable);
  EXPECT_EQ(ask<wire::InitProducerIdResponse>(wire::InitProducerIdRequest{}).error_code,
            ErrorCode::None);
}

TEST_F(Cluster, FindsCoordinatorsOfGroups) {
  start();
  for (wire::Version version = 0; version <= 3; ++version) {
    const auto answer =
        ask<wire::FindCoordinatorResponse>(wire::FindCoordinatorRequest{.key = "group"}, version);
    EXPECT_EQ(answer.error_code, ErrorCode::None);
    EXPECT_EQ(answer.node_id, BrokerId{1});
    EXPECT_EQ(answer.port, 9092);
  }
  const auto many = ask<wire::FindCoordinatorResponse>(
      wire::FindCoordinatorRequest{.coordinator_keys = {"a", "b"}});
  ASSERT_EQ(many.coordinators.size(), 2U);
  EXPECT_EQ(many.coordinators[1].key, "b");
  EXPECT_EQ(many.coordinators[1].host, "10.0.0.1");
  const auto strange = ask<wire::FindCoordinatorResponse>(
      wire::FindCoordinatorRequest{.key_type = 9, .coordinator_keys = {"a"}});
  EXPECT_EQ(strange.coordinators.at(0).error_code, ErrorCode::InvalidRequest);
  EXPECT_EQ(strange.coordinators.at(0).node_id, BrokerId{-1});
}

TEST_F(Cluster, HasNoCoordinatorWhileTheTopicOfGroupsCannotBeMade) {
  start();
  home_.disk().fail_next(sim::DiskCall::Write, sim::Fault::NoSpace, "__cluster_metadata");
  const wire::FindCoordinatorRequest request{.coordinator_keys = {"a"}};
  const auto refused = ask<wire::FindCoordinatorResponse>(request);
  EXPECT_EQ(refused.coordinators.at(0).error_code, ErrorCode::CoordinatorNotAvailable);
  EXPECT_EQ(ask<wire::FindCoordinatorResponse>(request).coordinators.at(0).error_code,
            ErrorCode::None);
}

}  // namespace
}  // namespace broker
