#include "broker/door.h"

#include "broker/broker_fixture.h"
#include "wire/018_api_versions.h"
#include "wire/044_incremental_alter_configs.h"

namespace broker {
namespace {

using namespace std::chrono_literals;

class Doors : public BrokerTest {
 protected:
  void greet(TestClient& client) { client.send(wire::ApiVersionsRequest{}, 0); }
  bool answered(TestClient& client) {
    return client.receive<wire::ApiVersionsResponse>(0).has_value();
  }
  static env::Task<void> listen(env::Connection& stream, bool& heard) {
    ByteVector some(1);
    const Result<std::size_t> got = co_await stream.read(some);
    heard = got && *got > 0;
  }
};

TEST_F(Doors, BeyondMaxConnectionsClientsWaitUntilOneGoes) {
  start({"max.connections=2"});
  auto first = connect();
  auto second = connect();
  greet(*first);
  greet(*second);
  EXPECT_TRUE(answered(*first));
  EXPECT_TRUE(answered(*second));

  auto third = connect();
  greet(*third);
  bool heard = false;
  env::spawn(listen(third->stream(), heard));
  world_.run_for(1min);
  EXPECT_FALSE(heard);
  first->stream().close();
  world_.run_for(1s);
  EXPECT_TRUE(heard);
  greet(*second);
  EXPECT_TRUE(answered(*second)) << "those who are in are not disturbed";
}

TEST_F(Doors, OpenFilesAreALimitToo) {
  open_files_.connections = 1;
  start();
  auto first = connect();
  greet(*first);
  EXPECT_TRUE(answered(*first));
  auto second = connect();
  greet(*second);
  bool heard = false;
  env::spawn(listen(second->stream(), heard));
  world_.run_for(1min);
  EXPECT_FALSE(heard);
  stop();  // Ends while somebody waits.
  world_.run_for(1s);
  EXPECT_FALSE(heard);
}

TEST_F(Doors, TheLimitMayBeRaisedWhileClientsWait) {
  start({"max.connections=1"});
  auto first = connect();
  greet(*first);
  EXPECT_TRUE(answered(*first));
  auto second = connect();
  greet(*second);
  wire::IncrementalAlterConfigsRequest request;
  request.resources.push_back(
      {.resource_type = 4,
       .resource_name = "",
       .configs = {{.name = "max.connections", .config_operation = 0, .value = "2"}}});
  const auto changed = first->ask<wire::IncrementalAlterConfigsResponse>(request, 1);
  EXPECT_EQ(changed.responses.front().error_code, ErrorCode::None);
  EXPECT_TRUE(answered(*second));
}

TEST_F(Doors, BeyondMaxConnectionsPerIpOneIsClosedAndOthersAreServed) {
  start({"max.connections.per.ip=2"});
  auto first = connect();
  auto second = connect();
  auto third = connect();
  greet(*first);
  greet(*second);
  EXPECT_TRUE(answered(*first));
  EXPECT_TRUE(answered(*second));
  EXPECT_FALSE(answered(*third)) << "closed at once";
  EXPECT_EQ(metric("thalweg_connection_limits_total{limit=\"max.connections.per.ip\"}"), "1");

  sim::Machine& elsewhere = world_.add_machine("10.0.0.3");
  TestClient other(world_, elsewhere.shard(), server_->kafka());
  greet(other);
  EXPECT_TRUE(answered(other));

  first->stream().close();
  world_.run_for(1s);
  auto fourth = connect();
  greet(*fourth);
  EXPECT_TRUE(answered(*fourth)) << "a place was free again";
}

}  // namespace
}  // namespace broker
