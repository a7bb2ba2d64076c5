#include "posix/network.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <thread>

#include "env/sync.h"
#include "posix/connection.h"
#include "posix/posix_test_support.h"

namespace posix {
namespace {

ByteVector pattern(std::size_t size, std::size_t seed) {
  ByteVector bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = std::byte((i * 31 + seed * 7 + i / 251) & 0xff);
  return bytes;
}

env::Task<Result<void>> send(env::Connection& to, ByteVector bytes) {
  std::vector<env::Chunk> chunks;
  chunks.emplace_back(std::move(bytes));
  const Result<void> sent = co_await to.write(std::move(chunks));
  co_return sent;
}

// Reads until `size` bytes are there or the peer closes.
env::Task<Result<ByteVector>> receive(env::Connection& from, std::size_t size) {
  ByteVector bytes(size);
  std::size_t done = 0;
  while (done < size) {
    CO_TRY(const std::size_t got, co_await from.read(MutableBytes(bytes).subspan(done)));
    if (got == 0) break;
    done += got;
  }
  bytes.resize(done);
  co_return bytes;
}

env::Task<void> echo(env::ConnectionPtr connection) {
  while (true) {
    ByteVector buffer(64 * 1024);
    const Result<std::size_t> got = co_await connection->read(buffer);
    if (!got || *got == 0) co_return;
    buffer.resize(*got);
    const Result<void> sent = co_await send(*connection, std::move(buffer));
    if (!sent) co_return;
  }
}

// Accepts on shard 0 and spreads connections over all shards.
env::Task<void> serve_echo(Process& process, env::Listener& listener, env::Gate& gate) {
  for (int next = 0;; ++next) {
    Result<std::unique_ptr<env::Accepted>> accepted = co_await listener.accept();
    if (!accepted) co_return;
    env::Shard& there = process.shard(next % process.shards());
    const auto shared = std::make_shared<std::unique_ptr<env::Accepted>>(std::move(*accepted));
    const auto on_there = [&there, shared]() -> env::Task<bool> {
      auto connection = there.network().adopt(std::move(*shared));
      return [](env::ConnectionPtr c) -> env::Task<bool> {
        co_await echo(std::move(c));
        co_return true;
      }(std::move(*connection));
    };
    gate.spawn([](env::Shard& from, env::Shard& to, auto make) -> env::Task<void> {
      const bool ended = co_await env::ask<bool>(from, to, make);
      check(ended);
    }(process.shard(0), there, on_there));
  }
}

env::Task<int> one_client(env::Shard& shard, env::Address to, std::size_t number) {
  Result<env::ConnectionPtr> connection = co_await shard.network().connect(to);
  if (!connection) co_return 0;
  const ByteVector message = pattern(1 << 20, number);
  Result<void> sent;
  env::Gate sending(shard);
  sending.spawn([](env::Connection& c, ByteVector bytes, Result<void>& result) -> env::Task<void> {
    result = co_await send(c, std::move(bytes));
  }(**connection, message, sent));
  const Result<ByteVector> back = co_await receive(**connection, message.size());
  co_await sending.drain();
  co_return sent&& back && *back == message ? 1 : 0;
}

env::Task<int> hundred_clients(Process& process) {
  env::Shard& here = process.shard(0);
  auto listener = here.network().listen({"127.0.0.1", 0}).value();
  env::Gate serving(here);
  serving.spawn(serve_echo(process, *listener, serving));
  std::vector<env::Task<int>> clients;
  for (std::size_t i = 0; i < 100; ++i) clients.push_back(one_client(here, listener->local(), i));
  const std::vector<int> served = co_await env::all(here, std::move(clients));
  listener->close();
  co_await serving.drain();
  int sum = 0;
  for (const int one : served) sum += one;
  co_return sum;
}

TEST(Network, EchoesMegabytesToAHundredClients) {
  EXPECT_EQ(run_on_shards<int>(2, hundred_clients), 100);
}

// Two ends of one connection on shard 0.
struct Pair {
  env::ConnectionPtr near;
  env::ConnectionPtr far;
};
env::Task<Result<Pair>> make_pair(env::Shard& shard) {
  CO_TRY(const auto listener, shard.network().listen({"127.0.0.1", 0}));
  CO_TRY(env::ConnectionPtr near, co_await shard.network().connect(listener->local()));
  CO_TRY(std::unique_ptr<env::Accepted> accepted, co_await listener->accept());
  CO_TRY(env::ConnectionPtr far, shard.network().adopt(std::move(accepted)));
  check(near->peer() == far->local() && near->local() == far->peer(), "both agree on who they are");
  co_return Pair{std::move(near), std::move(far)};
}

env::Task<bool> send_chunks(Process& process, std::string path) {
  env::Shard& shard = process.shard(0);
  Result<Pair> pair = co_await make_pair(shard);
  const ByteVector content = pattern(3'000'000, 3);
  auto file = shard.files().open(path, env::OpenMode::CreateNew);
  const Bytes part = content;
  const Result<void> written = co_await (*file)->write(0, {&part, 1});
  check(written.has_value());

  Buffer buffer(1000);
  std::ranges::fill(buffer.bytes(), std::byte{9});
  std::vector<env::Chunk> chunks;
  chunks.emplace_back(ByteVector(10, std::byte{1}));
  chunks.emplace_back(ByteVector{});
  chunks.emplace_back(buffer);
  chunks.emplace_back(env::FileRange{*file, 100, 2'000'000});
  chunks.emplace_back(env::FileRange{*file, 0, 0});
  for (int i = 0; i < 100; ++i) chunks.emplace_back(ByteVector(1, std::byte{4}));
  chunks.emplace_back(env::FileRange{*file, 2'999'999, 1});

  ByteVector expected(10, std::byte{1});
  expected.insert(expected.end(), 1000, std::byte{9});
  expected.insert(expected.end(), content.begin() + 100, content.begin() + 2'000'100);
  expected.insert(expected.end(), 100, std::byte{4});
  expected.push_back(content.back());

  Result<void> sent;
  env::Gate sending(shard);
  sending.spawn([](env::Connection& c, std::vector<env::Chunk> what,
                   Result<void>& result) -> env::Task<void> {
    result = co_await c.write(std::move(what));
  }(*pair->near, std::move(chunks), sent));
  const Result<ByteVector> got = co_await receive(*pair->far, expected.size());
  co_await sending.drain();
  co_return sent&& got && *got == expected;
}

TEST(Network, SendsMemoryAndFilesInOrder) {
  const TemporaryFolder folder;
  EXPECT_TRUE(run_on_shards<bool>(
      1, [&](Process& process) { return send_chunks(process, folder / "segment"); }));
}

env::Task<Result<void>> send_too_much_of_a_file(Process& process, std::string path) {
  env::Shard& shard = process.shard(0);
  CO_TRY(const Pair pair, co_await make_pair(shard));
  CO_TRY(const env::FilePtr file, shard.files().open(path, env::OpenMode::CreateNew));
  std::vector<env::Chunk> chunks;
  chunks.emplace_back(env::FileRange{file, 0, 10});
  const Result<void> sent = co_await pair.near->write(std::move(chunks));
  co_return sent;
}

TEST(Network, FailsWhenAFileIsShorterThanPromised) {
  const TemporaryFolder folder;
  const auto sent = run_on_shards<Result<void>>(
      1, [&](Process& process) { return send_too_much_of_a_file(process, folder / "segment"); });
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().detail, "a file ended before all that was promised of it was sent");
}

env::Task<void> read_into(env::Connection& from, ByteVector& buffer, Result<std::size_t>& result) {
  result = co_await from.read(buffer);
}

env::Task<std::string> close_while_reading(Process& process) {
  env::Shard& shard = process.shard(0);
  Result<Pair> pair = co_await make_pair(shard);
  ByteVector buffer(10);
  Result<std::size_t> got = std::size_t{99};
  env::Gate reading(shard);
  reading.spawn(read_into(*pair->near, buffer, got));
  pair->near.reset();  // Destroyed, while the read waits.
  co_await reading.drain();
  co_return got ? "no error" : got.error().detail;
}

TEST(Network, ClosingEndsAReadUnderWay) {
  EXPECT_EQ(run_on_shards<std::string>(1, close_while_reading), "the connection was closed");
}

env::Task<std::string> close_while_writing(Process& process) {
  env::Shard& shard = process.shard(0);
  Result<Pair> pair = co_await make_pair(shard);
  Result<void> sent;
  env::Gate writing(shard);
  writing.spawn([](env::Connection& c, Result<void>& result) -> env::Task<void> {
    result = co_await send(c, ByteVector(64 << 20));  // More than the kernel buffers.
  }(*pair->near, sent));
  co_await shard.sleep(std::chrono::milliseconds(20));
  pair->near->close();
  pair->near->close();
  co_await writing.drain();
  ByteVector buffer(1);
  const Result<std::size_t> after = co_await pair->near->read(buffer);
  check(!after, "reads after close fail");
  co_return sent ? "no error" : sent.error().detail;
}

TEST(Network, ClosingEndsAWriteUnderWay) {
  EXPECT_EQ(run_on_shards<std::string>(1, close_while_writing), "the connection was closed");
}

env::Task<bool> peer_goes_away(Process& process) {
  env::Shard& shard = process.shard(0);
  Result<Pair> pair = co_await make_pair(shard);
  const Result<void> sent = co_await send(*pair->far, pattern(100, 1));
  pair->far.reset();
  const Result<ByteVector> rest = co_await receive(*pair->near, 1000);
  check(sent.has_value());
  // What was sent before the end arrives, then the end.
  bool ok = rest && rest->size() == 100;
  Result<void> late;
  for (int i = 0; i < 100 && late; ++i) {  // The first may still go into the void.
    late = co_await send(*pair->near, ByteVector(100'000));
  }
  co_return ok && !late;
}

TEST(Network, SeesThePeerGo) { EXPECT_TRUE(run_on_shards<bool>(1, peer_goes_away)); }

// A peer that is done sending and still listens: a program of its own, on plain sockets.
std::string half_closed_client(std::uint16_t port) {
  const Fd fd(socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  check(::connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
  check(::send(fd.get(), "question", 8, 0) == 8);
  shutdown(fd.get(), SHUT_WR);
  std::string answer;
  char buffer[100];
  for (ssize_t got = 0; (got = recv(fd.get(), buffer, sizeof buffer, 0)) > 0;) {
    answer.append(buffer, static_cast<std::size_t>(got));
  }
  return answer;
}

env::Task<std::string> answer_half_closed(Process& process) {
  env::Shard& shard = process.shard(0);
  auto listener = shard.network().listen({"127.0.0.1", 0}).value();
  std::string answer;
  std::thread client([&, port = listener->local().port] { answer = half_closed_client(port); });
  Result<std::unique_ptr<env::Accepted>> accepted = co_await listener->accept();
  env::ConnectionPtr connection = shard.network().adopt(std::move(*accepted)).value();
  const Result<ByteVector> question = co_await receive(*connection, 1000);
  ByteVector reply = *question;
  std::ranges::reverse(reply);
  const Result<void> sent = co_await send(*connection, std::move(reply));
  check(sent.has_value());
  connection.reset();
  client.join();
  co_return answer;
}

TEST(Network, AnswersAPeerThatHasClosedItsSide) {
  EXPECT_EQ(run_on_shards<std::string>(1, answer_half_closed), "noitseuq");
}

env::Task<std::string> close_while_accepting(Process& process) {
  env::Shard& shard = process.shard(0);
  auto listener = shard.network().listen({"127.0.0.1", 0}).value();
  shard.post([&] { listener.reset(); });
  const auto accepted = co_await listener->accept();
  co_return accepted ? "no error" : accepted.error().detail;
}

TEST(Network, ClosingAListenerEndsItsAccept) {
  EXPECT_EQ(run_on_shards<std::string>(1, close_while_accepting), "the listener was closed");
}

TEST(Network, APortInUseIsSaidSo) {
  Process process(2);
  const auto first = process.shard(0).network().listen({"127.0.0.1", 0}).value();
  const auto second = process.shard(1).network().listen(first->local());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().detail, env::to_text(first->local()) + " is in use by another program");
  const auto foreign = process.shard(0).network().listen({"203.0.113.7", 0});
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().detail, "203.0.113.7 is not an address of this machine");
}

TEST(Network, ListensByNameOrVersionSixAddress) {
  Process process(1);
  env::Network& network = process.shard(0).network();
  const auto by_name = network.listen({"localhost", 0});
  ASSERT_TRUE(by_name) << by_name.error().detail;
  EXPECT_EQ((*by_name)->local().host, "127.0.0.1");
  const auto v6 = network.listen({"::1", 0});
  if (v6) EXPECT_EQ((*v6)->local().host, "::1");  // Not every machine has it.
}

env::Task<std::string> connect_to(Process& process, env::Address to) {
  const auto connection = co_await process.shard(0).network().connect(to);
  co_return connection ? "connected" : connection.error().detail;
}

TEST(Network, SaysWhyItCannotConnect) {
  std::uint16_t free_port = 0;
  {
    Process process(1);
    free_port = process.shard(0).network().listen({"127.0.0.1", 0}).value()->local().port;
  }
  const auto refused = run_on_shards<std::string>(
      1, [&](Process& process) { return connect_to(process, {"127.0.0.1", free_port}); });
  EXPECT_EQ(refused,
            "cannot connect to 127.0.0.1:" + std::to_string(free_port) + ": Connection refused");
  const auto unknown = run_on_shards<std::string>(
      1, [&](Process& process) { return connect_to(process, {"no such host.invalid", 1}); });
  EXPECT_TRUE(unknown.starts_with("cannot find the host 'no such host.invalid'")) << unknown;
}

env::Task<bool> accept_without_descriptors(Process& process) {
  env::Shard& shard = process.shard(0);
  auto listener = shard.network().listen({"127.0.0.1", 0}).value();
  const Result<env::ConnectionPtr> near = co_await shard.network().connect(listener->local());
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none);
  shard.arm(shard.now() + std::chrono::milliseconds(150),
            [before] { setrlimit(RLIMIT_NOFILE, &before); });
  const auto accepted = co_await listener->accept();
  co_return near&& accepted;
}

TEST(Network, AcceptsAgainOnceThereAreDescriptors) {
  EXPECT_TRUE(run_on_shards<bool>(1, accept_without_descriptors));
}

}  // namespace
}  // namespace posix
