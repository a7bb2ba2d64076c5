#include "client/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/world.h"
#include "wire/016_list_groups.h"
#include "wire/018_api_versions.h"

namespace client {
namespace {

using ::testing::HasSubstr;

const env::Address kBroker{"10.0.0.1", 9092};

// What a stand-in for a broker answers to the frames it gets, length in front included.
using Answer = std::function<std::optional<ByteVector>(Bytes frame)>;

ByteVector framed(ByteVector body) {
  ByteVector out(4);
  store_big(out.data(), static_cast<std::int32_t>(body.size()));
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

template <class Response>
ByteVector answer_to(Bytes frame, const Response& response) {
  const auto request = wire::read_request_header(frame);
  check(request.has_value());
  wire::Output out;
  wire::write_response_header(request->header.correlation_id, Response::api,
                              request->header.api_version, out);
  write(response, request->header.api_version, out);
  return framed(std::move(out.bytes));
}

wire::ApiVersionsResponse versions() {
  wire::ApiVersionsResponse response;
  response.api_keys = {{18, 0, 4}, {16, 0, 3}, {3, 0, 1000}, {19, 100, 200}};
  response.finalized_features = {{"metadata.version", 29, 1}};
  return response;
}

// A broker that is honest about its versions, and answers everything else with `then`.
Answer honest(Answer then) {
  return [then = std::move(then)](Bytes frame) -> std::optional<ByteVector> {
    if (load_big<std::int16_t>(frame.data()) == 18) return answer_to(frame, versions());
    return then(frame);
  };
}

env::Task<bool> read_exactly(env::Connection& from, MutableBytes into) {
  while (!into.empty()) {
    const Result<std::size_t> got = co_await from.read(into);
    if (!got || *got == 0) co_return false;
    into = into.subspan(*got);
  }
  co_return true;
}

// Serves one connection until the client closes it, or `answer` gives nothing: then it stays
// silent.
env::Task<void> serve(env::Shard& shard, std::shared_ptr<env::Listener> listener, Answer answer) {
  Result<std::unique_ptr<env::Accepted>> accepted = co_await listener->accept();
  if (!accepted) co_return;
  Result<env::ConnectionPtr> stream = shard.network().adopt(*std::move(accepted));
  for (;;) {
    std::array<std::byte, 4> size{};
    const bool more = co_await read_exactly(**stream, size);
    if (!more) co_return;
    ByteVector frame(static_cast<std::size_t>(load_big<std::int32_t>(size.data())));
    const bool whole = co_await read_exactly(**stream, frame);
    if (!whole) co_return;
    std::optional<ByteVector> reply = answer(frame);
    if (!reply) continue;
    std::vector<env::Chunk> chunks;
    chunks.emplace_back(*std::move(reply));
    const Result<void> sent = co_await (*stream)->write(std::move(chunks));
    if (!sent) co_return;
  }
}

class ConnectionTest : public ::testing::Test {
 protected:
  void start(Answer answer) {
    auto listener = broker_.shard().network().listen(kBroker);
    ASSERT_TRUE(listener);
    env::spawn(serve(broker_.shard(), *std::move(listener), std::move(answer)));
  }
  Result<std::unique_ptr<Connection>> open() {
    return world_.run(Connection::open(client_.shard(), kBroker, {.timeout = Millis(500)}));
  }
  Result<wire::ListGroupsResponse> ask(Connection& connection) {
    return world_.run(connection.ask(wire::ListGroupsRequest{}, wire::read_list_groups_response));
  }

  sim::World world_{1};
  sim::Machine& broker_ = world_.add_machine("10.0.0.1");
  sim::Machine& client_ = world_.add_machine("10.0.0.2");
};

TEST_F(ConnectionTest, AsksInTheHighestVersionThatBothSpeak) {
  std::int16_t asked = -1;
  start(honest([&](Bytes frame) {
    asked = load_big<std::int16_t>(frame.data() + 2);
    wire::ListGroupsResponse response;
    response.groups.emplace_back().group_id = GroupId{"billing"};
    return answer_to(frame, response);
  }));
  auto connection = open();
  ASSERT_TRUE(connection) << connection.error().detail;
  EXPECT_EQ((*connection)->features().at("metadata.version"), 29);
  const auto groups = ask(**connection);
  ASSERT_TRUE(groups) << groups.error().detail;
  EXPECT_EQ(asked, 3) << "the broker speaks up to 3, we more";
  EXPECT_EQ(groups->groups.at(0).group_id, GroupId{"billing"});
  connection->reset();
  world_.run_until_idle();
}

TEST_F(ConnectionTest, SaysWhatIsMissing) {
  start(honest([](Bytes) { return std::nullopt; }));
  auto connection = open();
  ASSERT_TRUE(connection) << connection.error().detail;
  const wire::Api unknown{.key = 77, .name = "Nothing", .first = 0, .last = 1};
  EXPECT_THAT((*connection)->common_version(unknown).error().detail,
              HasSubstr("does not know the Nothing API"));
  const wire::Api newer{.key = 19, .name = "CreateTopics", .first = 2, .last = 7};
  EXPECT_THAT((*connection)->common_version(newer).error().detail,
              HasSubstr("versions 100 to 200"));
  EXPECT_FALSE((*connection)->speaks(newer));
  connection->reset();
  world_.run_until_idle();
}

TEST_F(ConnectionTest, NobodyThere) {
  const auto connection = open();
  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().code, ErrorCode::NetworkException);
  EXPECT_THAT(connection.error().detail, HasSubstr("cannot reach 10.0.0.1:9092"));
  EXPECT_THAT(connection.error().detail, HasSubstr("-b HOST:PORT"));
}

TEST_F(ConnectionTest, GivesUpOnSilence) {
  start([](Bytes) { return std::nullopt; });
  const auto connection = open();
  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().code, ErrorCode::RequestTimedOut);
  EXPECT_THAT(connection.error().detail, HasSubstr("within 500 ms"));
  world_.run_until_idle();
}

TEST_F(ConnectionTest, AnAnswerThatCannotBe) {
  struct Row {
    const char* why;
    std::function<ByteVector(Bytes frame)> answer;
    const char* says;
  };
  const auto text = [](std::string_view bytes) { return to_vector(as_bytes(bytes)); };
  const Row rows[] = {
      {"an HTTP server", [&](Bytes) { return text("HTTP/1.1 400 Bad Request\r\n\r\n"); },
       "Kafka port"},
      {"a length below zero", [&](Bytes) { return text("\xff\xff\xff\xff...."); }, "Kafka port"},
      {"an answer to something else",
       [&](Bytes) { return framed(text(std::string_view("\0\0\0\x63", 4))); }, "another request"},
      {"less than a header", [&](Bytes) { return framed(text("ab")); }, "cannot be"},
      {"random bytes",
       [&](Bytes frame) {
         ByteVector body = to_vector(frame.subspan(4, 4));
         body.resize(40, std::byte{0x7f});
         return framed(std::move(body));
       },
       "make no sense"},
  };
  for (const Row& row : rows) {
    sim::World world(2);
    sim::Machine& broker = world.add_machine("10.0.0.1");
    sim::Machine& client = world.add_machine("10.0.0.2");
    auto listener = broker.shard().network().listen(kBroker);
    ASSERT_TRUE(listener);
    env::spawn(serve(broker.shard(), *std::move(listener),
                     honest([&](Bytes frame) { return std::optional(row.answer(frame)); })));
    auto connection =
        world.run(Connection::open(client.shard(), kBroker, {.timeout = Millis(500)}));
    ASSERT_TRUE(connection) << row.why;
    const auto groups =
        world.run((*connection)->ask(wire::ListGroupsRequest{}, wire::read_list_groups_response));
    ASSERT_FALSE(groups) << row.why;
    EXPECT_THAT(groups.error().detail, HasSubstr(row.says)) << row.why;
    EXPECT_THAT(groups.error().detail, HasSubstr("10.0.0.1:9092")) << row.why;
    connection->reset();
    world.run_until_idle();
  }
}

TEST_F(ConnectionTest, IsOverAfterTheTransportFailed) {
  start(honest([](Bytes) { return framed(to_vector(as_bytes("ab"))); }));
  auto connection = open();
  ASSERT_TRUE(connection);
  EXPECT_FALSE(ask(**connection));
  const auto again = ask(**connection);
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().detail, HasSubstr("the connection was lost"));
  connection->reset();
  world_.run_until_idle();
}

}  // namespace
}  // namespace client
