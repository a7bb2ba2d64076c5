#include "sim/world.h"

#include <gtest/gtest.h>

#include "env/sync.h"

namespace sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(World, TimePassesOnlyWhenSomethingHappens) {
  World world(1);
  env::Shard& shard = world.add_machine().shard();
  std::vector<int> fired;
  const Instant start = shard.now();
  shard.arm(start + seconds(5), [&] { fired.push_back(2); });
  shard.arm(start + seconds(1), [&] { fired.push_back(1); });
  const env::TimerId cancelled = shard.arm(start + seconds(2), [&] { fired.push_back(99); });
  shard.cancel(cancelled);
  shard.post([&] { fired.push_back(0); });
  world.run_for(seconds(3));
  EXPECT_EQ(fired, (std::vector<int>{0, 1}));
  EXPECT_EQ(shard.now() - start, seconds(3));
  world.run_until_idle();
  EXPECT_EQ(fired, (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(shard.now() - start, seconds(5));
  EXPECT_FALSE(world.run_until([] { return false; }));
}

// Sends `bytes`, and closes.
env::Task<Result<void>> send(env::Shard& shard, env::Address to, ByteVector bytes) {
  CO_TRY(const env::ConnectionPtr connection, co_await shard.network().connect(to));
  std::vector<env::Chunk> chunks;
  chunks.emplace_back(std::move(bytes));
  const Result<void> sent = co_await connection->write(std::move(chunks));
  co_return sent;
}

// Accepts one connection and reads it to its end.
env::Task<Result<ByteVector>> receive(env::Shard& shard, env::Listener& listener) {
  CO_TRY(std::unique_ptr<env::Accepted> accepted, co_await listener.accept());
  CO_TRY(const env::ConnectionPtr connection, shard.network().adopt(std::move(accepted)));
  ByteVector all;
  ByteVector buffer(5000);
  while (true) {
    CO_TRY(const std::size_t got, co_await connection->read(buffer));
    if (got == 0) co_return all;
    all.insert(all.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(got));
  }
}

ByteVector pattern(std::size_t size) {
  ByteVector bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = std::byte(i * 7 & 0xff);
  return bytes;
}

struct Outcome {
  std::uint64_t hash;
  Result<void> sent;
  Result<ByteVector> got;
};

Outcome transfer(std::uint64_t seed, std::uint64_t break_one_in = 0) {
  World world(seed);
  world.network().settings.break_one_in = break_one_in;
  env::Shard& server = world.add_machine("10.0.0.1").shard();
  env::Shard& client = world.add_machine("10.0.0.2").shard();
  const auto listener = server.network().listen({"0.0.0.0", 9092}).value();
  std::optional<Result<ByteVector>> got;
  std::optional<Result<void>> sent;
  env::spawn(receive(server, *listener), [&](Result<ByteVector> r) { got.emplace(std::move(r)); });
  env::spawn(send(client, {"10.0.0.1", 9092}, pattern(300'000)),
             [&](Result<void> r) { sent.emplace(std::move(r)); });
  world.run_until_idle();
  listener->close();
  world.run_until_idle();
  return {world.history_hash(), sent.value(), got.value()};
}

TEST(Network, DeliversInOrderForEverySeed) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Outcome run = transfer(seed);
    ASSERT_TRUE(run.sent) << run.sent.error().detail;
    ASSERT_TRUE(run.got) << run.got.error().detail;
    EXPECT_EQ(*run.got, pattern(300'000)) << seed;
  }
}

TEST(Network, TheSameSeedIsTheSameRun) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    EXPECT_EQ(transfer(seed).hash, transfer(seed).hash);
    EXPECT_NE(transfer(seed).hash, transfer(seed + 1).hash);
  }
}

TEST(Network, ABrokenConnectionFailsOnBothSides) {
  int broken = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Outcome run = transfer(seed, 20);
    if (run.got) continue;
    ++broken;
    EXPECT_EQ(run.got.error().detail, "connection reset by peer");
  }
  EXPECT_GT(broken, 5);
}

class TwoMachines : public testing::Test {
 protected:
  Result<void> connect() { return world.run(send(b.shard(), {"10.0.0.1", 9092}, {})); }
  World world{7};
  Machine& a = world.add_machine("10.0.0.1");
  Machine& b = world.add_machine("10.0.0.2", 2);
};

TEST_F(TwoMachines, ListenersAreKnownByAddress) {
  EXPECT_EQ(connect().error().detail, "cannot connect to 10.0.0.1:9092: connection refused");
  auto listener = a.shard().network().listen({"127.0.0.1", 9092});
  ASSERT_TRUE(listener);
  EXPECT_TRUE(connect());
  EXPECT_EQ(a.shard().network().listen({"0.0.0.0", 9092}).error().detail,
            "0.0.0.0:9092 is in use by another program");
  EXPECT_EQ(a.shard().network().listen({"10.0.0.2", 1}).error().detail,
            "10.0.0.2 is not an address of this machine");
  const auto any = b.shard(1).network().listen({"10.0.0.2", 0});
  ASSERT_TRUE(any);
  EXPECT_NE((*any)->local().port, 0);
  listener->reset();
  EXPECT_FALSE(connect());
}

TEST_F(TwoMachines, APartKeepsThemApart) {
  const auto listener = a.shard().network().listen({"10.0.0.1", 9092}).value();
  world.network().part("10.0.0.1", "10.0.0.2");
  EXPECT_EQ(connect().error().detail, "cannot connect to 10.0.0.1:9092: timed out");
  world.network().join("10.0.0.2", "10.0.0.1");
  EXPECT_TRUE(connect());
}

TEST_F(TwoMachines, ACrashEndsWhatTheMachineDid) {
  const auto listener = a.shard().network().listen({"10.0.0.1", 9092}).value();
  const env::FilePtr file = a.disk().open("/x", env::OpenMode::CreateNew).value();
  std::optional<Result<ByteVector>> got;
  env::spawn(receive(a.shard(), *listener),
             [&](Result<ByteVector> r) { got.emplace(std::move(r)); });
  auto connection = world.run(b.shard().network().connect({"10.0.0.1", 9092})).value();
  world.run_for(milliseconds(10));
  ASSERT_FALSE(got);
  a.crash();
  world.run_until_idle();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->error().detail, "connection reset by peer");
  ByteVector buffer(1);
  EXPECT_FALSE(world.run(connection->read(buffer)));
  EXPECT_FALSE(file->size());
  EXPECT_FALSE(connect());
  EXPECT_TRUE(a.shard().network().listen({"10.0.0.1", 9092})) << "the program starts anew";
}

env::Task<void> read_into(env::Connection& from, std::optional<Result<std::size_t>>& result) {
  ByteVector buffer(10);
  Result<std::size_t> got = co_await from.read(buffer);
  result.emplace(std::move(got));
}

TEST_F(TwoMachines, DestroyingAConnectionEndsItsRead) {
  const auto listener = a.shard().network().listen({"10.0.0.1", 9092}).value();
  auto near = world.run(b.shard().network().connect({"10.0.0.1", 9092})).value();
  auto far = a.shard().network().adopt(world.run(listener->accept()).value()).value();
  std::optional<Result<std::size_t>> got;
  env::spawn(read_into(*near, got));
  near.reset();
  world.run_until_idle();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->error().detail, "the connection was closed");
  std::optional<Result<std::size_t>> end;
  env::spawn(read_into(*far, end));
  world.run_until_idle();
  ASSERT_TRUE(end && *end);
  EXPECT_EQ(**end, 0U) << "the peer sees an orderly end";
}

env::Task<int> ask_other(env::Shard& here, env::Shard& there) {
  const auto make = []() -> env::Task<int> { co_return 7; };
  const int got = co_await env::ask<int>(here, there, make);
  co_return got;
}

TEST_F(TwoMachines, ShardsAskOneAnother) {
  EXPECT_EQ(world.run(ask_other(b.shard(0), b.shard(1))), 7);
}

}  // namespace
}  // namespace sim
