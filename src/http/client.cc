#include "http/client.h"

#include "http/parse.h"

namespace http {
namespace {

constexpr std::size_t kReadBytes = 16 * 1024;

std::unexpected<Error> refuse(const env::Address& to, std::string_view why) {
  return fail(ErrorCode::NetworkException, "http://" + to_text(to) + ": " + std::string(why));
}

env::Task<Result<Response>> converse(env::Connection& connection, env::Address to, Request request,
                                     std::size_t body_bytes) {
  std::vector<env::Chunk> chunks;
  chunks.emplace_back(to_vector(as_bytes(to_bytes(request, to_text(to)))));
  // A server may answer and close before it has read all: its answer counts, not our failure.
  const Result<void> sent = co_await connection.write(std::move(chunks));
  ResponseParser parser(body_bytes, request.method == "HEAD");
  ByteVector unused;
  while (!parser.done()) {
    const std::size_t before = unused.size();
    unused.resize(before + kReadBytes);
    const Result<std::size_t> got = co_await connection.read(MutableBytes(unused).subspan(before));
    if (!got) co_return refuse(to, sent ? got.error().detail : sent.error().detail);
    unused.resize(before + *got);
    if (*got == 0) {
      const Taken<void> ended = parser.put_end();
      if (!ended) co_return refuse(to, ended.error().why);
      break;
    }
    while (!unused.empty() && !parser.done()) {
      const Taken<std::size_t> taken = parser.put(unused);
      if (!taken) co_return refuse(to, taken.error().why);
      if (*taken == 0) break;
      unused.erase(unused.begin(), unused.begin() + static_cast<std::ptrdiff_t>(*taken));
    }
  }
  co_return parser.take();
}

}  // namespace

env::Task<Result<Response>> fetch(env::Shard& shard, env::Address to, Request request,
                                  FetchLimits limits) {
  CO_TRY(const env::ConnectionPtr connection, co_await shard.network().connect(to));
  bool late = false;
  const env::TimerId timer = shard.arm(shard.now() + limits.time, [&] {
    late = true;
    connection->close();
  });
  Result<Response> response =
      co_await converse(*connection, to, std::move(request), limits.body_bytes);
  shard.cancel(timer);
  if (!response && late) co_return refuse(to, "no answer in time");
  co_return response;
}

}  // namespace http
