#include "http/server.h"

#include <gtest/gtest.h>

#include "http/client.h"
#include "sim/world.h"

namespace http {
namespace {

using std::chrono::seconds;

env::Task<Response> hello(Request) { co_return text("hello\n"); }
env::Task<Response> echo(Request request) {
  co_return json(request.method + " " + request.path + " " + request.params["subject"] + " " +
                 request.query["q"] + " " + request.body);
}
env::Task<Response> latest(Request) { co_return text("latest"); }
env::Task<Response> slow(env::Shard& shard) {
  co_await shard.sleep(seconds(5));
  co_return text("at last");
}

class ServerTest : public testing::TestWithParam<std::uint64_t> {
 protected:
  ServerTest() {
    server.route("GET", "/hello", hello);
    server.route("POST", "/subjects/{subject}/versions", echo);
    server.route("GET", "/subjects/{subject}/versions", echo);
    server.route("GET", "/subjects/latest/versions", latest);
    server.route("PUT", "/small", echo, 10);
    server.route("GET", "/slow", [this](Request) { return slow(here); });
    const Result<void> listening = server.listen({"127.0.0.1", 8080});
    check(listening.has_value());
  }
  void TearDown() override { world.run(server.stop()); }

  Result<Response> ask(Request request) {
    return world.run(fetch(here, server.address(), std::move(request)));
  }

  // What comes back for these bytes, until the server closes.
  static env::Task<std::string> converse(env::Shard& shard, env::Address to, std::string bytes) {
    Result<env::ConnectionPtr> connection = co_await shard.network().connect(to);
    std::vector<env::Chunk> chunks;
    chunks.emplace_back(to_vector(as_bytes(bytes)));
    const Result<void> sent = co_await (*connection)->write(std::move(chunks));
    std::string answer = sent ? "" : "(not all sent) ";
    ByteVector buffer(1000);
    while (true) {
      const Result<std::size_t> got = co_await (*connection)->read(buffer);
      if (!got || *got == 0) co_return answer;
      answer += as_text(Bytes(buffer).first(*got));
    }
  }
  std::string raw(std::string bytes) {
    return world.run(converse(here, server.address(), std::move(bytes)));
  }

  sim::World world{GetParam()};
  env::Shard& here = world.add_machine().shard();
  Server server{here, {}};
};

TEST_P(ServerTest, AnswersByRoute) {
  struct Case {
    const char* why;
    Request request;
    int status;
    std::string body;
  };
  const std::vector<Case> cases{
      {"a plain path", {"GET", "/hello"}, 200, "hello\n"},
      {"with a query", {"GET", "/hello?x=1"}, 200, "hello\n"},
      {"a whole URL", {"GET", "http://somewhere/hello"}, 200, "hello\n"},
      {"parameters and a body",
       {"POST", "/subjects/my%2Ftopic/versions?q=a+b%26c", {}, "{}"},
       200,
       "POST /subjects/my/topic/versions my/topic a b&c {}"},
      {"words before names", {"GET", "/subjects/latest/versions"}, 200, "latest"},
      {"nothing there",
       {"GET", "/none"},
       404,
       R"({"error_code":404,"message":"there is nothing at /none"})"},
      {"an empty name is no name",
       {"GET", "/subjects//versions"},
       404,
       R"({"error_code":404,"message":"there is nothing at /subjects//versions"})"},
      {"another method",
       {"DELETE", "/subjects/x/versions"},
       405,
       R"({"error_code":405,"message":"DELETE is not possible at /subjects/x/versions; )"
       R"(GET, HEAD, POST is"})"},
      {"a bad escape",
       {"GET", "/%zz"},
       400,
       R"({"error_code":400,"message":"a '%' in '/%zz' is not followed by two hexadecimal )"
       R"(digits"})"},
      {"within the route's limit",
       {"PUT", "/small", {}, "0123456789"},
       200,
       "PUT /small   0123456789"},
      {"beyond it",
       {"PUT", "/small", {}, "0123456789a"},
       413,
       R"({"error_code":413,"message":"the body of the request is too long"})"},
  };
  for (const Case& c : cases) {
    const Result<Response> response = ask(c.request);
    ASSERT_TRUE(response) << c.why << ": " << response.error().detail;
    EXPECT_EQ(response->status, c.status) << c.why;
    EXPECT_EQ(response->body, c.body) << c.why;
  }
}

TEST_P(ServerTest, HeadHasNoBody) {
  const Result<Response> response = ask({"HEAD", "/hello"});
  ASSERT_TRUE(response) << response.error().detail;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "");
  EXPECT_EQ(*find(response->headers, "content-length"), "6");
}

TEST_P(ServerTest, TakesLargeBodies) {
  const std::string body(3'000'000, 'x');
  const Result<Response> response = ask({"POST", "/subjects/a/versions", {}, body});
  ASSERT_TRUE(response) << response.error().detail;
  EXPECT_EQ(response->body.size(),
            body.size() + std::string("POST /subjects/a/versions a  ").size());
}

TEST_P(ServerTest, KeepsConnectionsOpen) {
  const std::string answers =
      raw("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
          "POST /subjects/s/versions HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
          "2\r\nhi\r\n0\r\n\r\n"
          "GET /none HTTP/1.1\r\nHost: a\r\n\r\n"
          "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  std::size_t count = 0;
  for (std::size_t at = 0; (at = answers.find("HTTP/1.1 ", at)) != std::string::npos; ++at) ++count;
  EXPECT_EQ(count, 4U) << answers;
  EXPECT_TRUE(answers.contains("POST /subjects/s/versions s  hi")) << answers;
  EXPECT_TRUE(answers.contains("Date: Thu, 01 Jan 2026 00:00:00 GMT")) << answers;
}

TEST_P(ServerTest, AnOldClientIsClosed) {
  const std::string answer = raw("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(answer.contains("Connection: close\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("hello\n")) << answer;
}

TEST_P(ServerTest, SaysContinueToThoseWhoWait) {
  const std::string answer =
      raw("PUT /small HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n"
          "Connection: close\r\n\r\nhi");
  EXPECT_TRUE(answer.ends_with("PUT /small   hi")) << answer;
}

TEST_P(ServerTest, RefusesWhatIsBad) {
  struct Case {
    const char* why;
    std::string bytes;
    std::string begins;
  };
  const std::vector<Case> cases{
      {"not HTTP", "hello\r\n\r\n", "HTTP/1.1 400 "},
      {"two opinions on the length",
       "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
       "0\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n",
       "HTTP/1.1 400 "},
      {"a huge header", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'x'),
       "HTTP/1.1 431 "},
      {"many headers",
       [] {
         std::string text = "GET / HTTP/1.1\r\nHost: a\r\n";
         for (int i = 0; i < 5000; ++i) text += "X: y\r\n";
         return text;
       }(),
       "HTTP/1.1 431 "},
      {"a body beyond all bounds",
       "POST /subjects/a/versions HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999\r\n\r\nx",
       "HTTP/1.1 413 "},
      {"cut off in the head", "GET /hello HTTP/1.1\r\nHo", ""},
      {"cut off in the body", "PUT /small HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe", ""},
  };
  for (const Case& c : cases) {
    const std::string answer = raw(c.bytes);
    EXPECT_TRUE(answer.starts_with(c.begins)) << c.why << ": " << answer;
    EXPECT_EQ(answer.empty(), c.begins.empty()) << c.why << ": " << answer;
    EXPECT_FALSE(answer.contains("hello")) << c.why << ": what followed is not a request";
  }
}

// A byte a second, for ever: the head must be there in ten seconds all the same.
env::Task<Duration> drip(env::Shard& shard, env::Address to) {
  Result<env::ConnectionPtr> connection = co_await shard.network().connect(to);
  const Instant start = shard.now();
  while (true) {
    std::vector<env::Chunk> chunks;
    chunks.emplace_back(ByteVector(1, std::byte{'X'}));
    const Result<void> sent = co_await (*connection)->write(std::move(chunks));
    if (!sent) co_return shard.now() - start;
    co_await shard.sleep(seconds(1));
  }
}

TEST_P(ServerTest, ClosesOnASlowHead) {
  const Duration lasted = world.run(drip(here, server.address()));
  EXPECT_GE(lasted, seconds(10));
  EXPECT_LE(lasted, seconds(13));
}

env::Task<Duration> stay_silent(env::Shard& shard, env::Address to) {
  Result<env::ConnectionPtr> connection = co_await shard.network().connect(to);
  const Instant start = shard.now();
  ByteVector buffer(1);
  const Result<std::size_t> got = co_await (*connection)->read(buffer);
  check(got && *got == 0, "the server closes");
  co_return shard.now() - start;
}

TEST_P(ServerTest, ClosesOnASilentClient) {
  const Duration lasted = world.run(stay_silent(here, server.address()));
  EXPECT_GE(lasted, seconds(60));
  EXPECT_LE(lasted, seconds(61));
}

TEST_P(ServerTest, StoppingLetsAnswersFinish) {
  std::optional<Result<Response>> answer;
  std::optional<Duration> idle_lasted;
  env::spawn(fetch(here, server.address(), {"GET", "/slow"}),
             [&](Result<Response> response) { answer.emplace(std::move(response)); });
  env::spawn(stay_silent(here, server.address()), [&](Duration lasted) { idle_lasted = lasted; });
  world.run_for(seconds(1));
  world.run(server.stop());
  world.run_for(seconds(1));
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ((*answer)->body, "at last");
  EXPECT_LT(idle_lasted.value(), seconds(3));
  EXPECT_FALSE(ask({"GET", "/hello"})) << "nobody listens any more";
}

TEST_P(ServerTest, ManyAtOnce) {
  int answered = 0;
  for (int i = 0; i < 200; ++i) {
    env::spawn(fetch(here, server.address(), {"GET", "/hello"}), [&](Result<Response> response) {
      answered += response && response->body == "hello\n" ? 1 : 0;
    });
  }
  world.run_for(seconds(10));
  EXPECT_EQ(answered, 200);
}

TEST_P(ServerTest, SurvivesBrokenConnections) {
  world.network().settings.break_one_in = 20;
  int answered = 0;
  for (int i = 0; i < 300; ++i) {
    env::spawn(fetch(here, server.address(), {"POST", "/subjects/a/versions", {}, "body"}),
               [&](Result<Response> response) { answered += response ? 1 : 0; });
  }
  world.run_for(seconds(200));
  EXPECT_GT(answered, 50);
  EXPECT_LT(answered, 300);
}

INSTANTIATE_TEST_SUITE_P(Seeds, ServerTest, testing::Range<std::uint64_t>(1, 6));

// A server of nonsense.
env::Task<void> answer_with(env::Shard& shard, env::Listener& listener, std::string bytes) {
  auto accepted = co_await listener.accept();
  const env::ConnectionPtr connection = shard.network().adopt(std::move(*accepted)).value();
  std::vector<env::Chunk> chunks;
  chunks.emplace_back(to_vector(as_bytes(bytes)));
  const Result<void> sent = co_await connection->write(std::move(chunks));
  check(sent.has_value());
  co_await shard.sleep(seconds(1));
}

TEST(Fetch, SaysWhatIsWrongWithAnAnswer) {
  struct Case {
    const char* why;
    std::string bytes;
    std::string detail;
  };
  const std::vector<Case> cases{
      {"nothing", "", "http://127.0.0.1:81: the connection was closed without an answer"},
      {"cut off", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
       "http://127.0.0.1:81: the connection was closed within the answer"},
      {"too long", "HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\nabc",
       "http://127.0.0.1:81: the answer is too long"},
      {"fine, until the end", "HTTP/1.1 200 OK\r\n\r\nabc", ""},
  };
  for (const Case& c : cases) {
    sim::World world(3);
    env::Shard& shard = world.add_machine().shard();
    const auto listener = shard.network().listen({"127.0.0.1", 81}).value();
    env::spawn(answer_with(shard, *listener, c.bytes));
    const Result<Response> response = world.run(fetch(shard, listener->local(), {}));
    EXPECT_EQ(response ? "" : response.error().detail, c.detail) << c.why;
    if (response) EXPECT_EQ(response->body, "abc") << c.why;
    world.run_for(seconds(2));
  }
}

TEST(Fetch, DoesNotWaitForEver) {
  sim::World world(3);
  env::Shard& shard = world.add_machine().shard();
  const auto listener = shard.network().listen({"127.0.0.1", 81}).value();
  const Result<Response> response = world.run(fetch(shard, listener->local(), {}));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().detail, "http://127.0.0.1:81: no answer in time");
}

}  // namespace
}  // namespace http
