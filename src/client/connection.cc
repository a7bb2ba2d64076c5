#include "client/connection.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/version.h"
#include "env/sync.h"
#include "wire/018_api_versions.h"

namespace client {

namespace {

constexpr std::size_t kSizeField = 4;

// A connection attempt that may outlive the one who waits for it.
struct Attempt {
  explicit Attempt(env::Shard& shard) : done(shard) {}
  std::optional<Result<env::ConnectionPtr>> outcome;
  env::Signal done;
};

env::Task<void> attempt(env::Shard& shard, env::Address to, std::shared_ptr<Attempt> into) {
  Result<env::ConnectionPtr> outcome = co_await shard.network().connect(std::move(to));
  into->outcome.emplace(std::move(outcome));
  into->done.notify_all();
}

Error unreachable(const env::Address& address, std::string_view why) {
  // What env says names the address too; once is enough.
  const std::string again = fmt::format("cannot connect to {}: ", to_text(address));
  if (why.starts_with(again)) why.remove_prefix(again.size());
  return {
      ErrorCode::NetworkException,
      fmt::format(
          "cannot reach {}: {}\nIs the broker running? Start one with ./do run, or give another "
          "address with -b HOST:PORT.",
          to_text(address), why)};
}

}  // namespace

env::Task<Result<std::unique_ptr<Connection>>> Connection::open(env::Shard& shard,
                                                                env::Address address,
                                                                Settings settings) {
  std::unique_ptr<Connection> connection(
      new Connection(shard, std::move(address), std::move(settings)));
  CO_TRY_VOID(co_await connection->reach());
  CO_TRY_VOID(co_await connection->learn_versions());
  co_return connection;
}

env::Task<Result<void>> Connection::reach() {
  const auto trying = std::make_shared<Attempt>(shard_);
  env::spawn(attempt(shard_, address_, trying));
  const Instant deadline = shard_.now() + settings_.timeout;
  while (!trying->outcome && shard_.now() < deadline) co_await trying->done.wait_until(deadline);
  if (!trying->outcome) {
    co_return fail(
        unreachable(address_, fmt::format("no answer in {} ms", settings_.timeout.count())));
  }
  Result<env::ConnectionPtr> stream = std::move(*trying->outcome);
  if (!stream) co_return fail(unreachable(address_, stream.error().detail));
  stream_ = *std::move(stream);
  co_return Result<void>{};
}

env::Task<Result<void>> Connection::learn_versions() {
  // A broker that does not know our newest version answers in version 0, with the error and, from
  // Kafka 2.4 on, the versions all the same. So ask with the oldest flexible one that all know.
  const wire::Api& api = wire::ApiVersionsRequest::api;
  for (const wire::Version version : {wire::Version{3}, wire::Version{0}}) {
    wire::Output frame = begin(api, version);
    wire::write(wire::ApiVersionsRequest{.client_software_name = "thalweg",
                                         .client_software_version = std::string(kThalwegVersion)},
                version, frame);
    CO_TRY(const ByteVector answer, co_await exchange(api, std::move(frame.bytes)));
    const Result<wire::ResponseFrame> opened = wire::read_response_header(answer, api, version);
    if (!opened) break;
    const Bytes rest = opened->body;
    if (rest.size() >= 2 &&
        load_big<std::int16_t>(rest.data()) == std::to_underlying(ErrorCode::UnsupportedVersion)) {
      continue;
    }
    const Result<wire::ApiVersionsResponse> response =
        wire::read_api_versions_response(rest, version);
    if (!response || response->error_code != ErrorCode::None) break;
    for (const auto& key : response->api_keys) {
      versions_[key.api_key] = {key.min_version, key.max_version};
    }
    for (const auto& feature : response->finalized_features) {
      features_[feature.name] = feature.max_version_level;
    }
    co_return Result<void>{};
  }
  co_return fail(
      ErrorCode::NetworkException,
      fmt::format("{} does not answer like a Kafka broker\nCheck the port: this may be an HTTP "
                  "port, or a listener that wants TLS.",
                  to_text(address_)));
}

Result<wire::Version> Connection::common_version(const wire::Api& api, wire::Version most) const {
  const auto theirs = versions_.find(api.key);
  if (theirs == versions_.end()) {
    return fail(ErrorCode::UnsupportedVersion,
                fmt::format("{} does not know the {} API", to_text(address_), api.name));
  }
  const wire::Version last = std::min({api.last, theirs->second.last, most});
  if (last < std::max(api.first, theirs->second.first)) {
    return fail(ErrorCode::UnsupportedVersion,
                fmt::format("{} speaks {} in versions {} to {}, this program in {} to {}",
                            to_text(address_), api.name, theirs->second.first, theirs->second.last,
                            api.first, std::min(api.last, most)));
  }
  return last;
}

wire::Output Connection::begin(const wire::Api& api, wire::Version version) {
  wire::Output frame;
  frame.bytes.resize(kSizeField);
  wire::write_request_header({.api_key = api.key,
                              .api_version = version,
                              .correlation_id = ++correlation_,
                              .client_id = settings_.client_id},
                             frame);
  return frame;
}

env::Task<Result<ByteVector>> Connection::exchange(const wire::Api& api, ByteVector frame) {
  if (!stream_) co_return fail(unreachable(address_, "the connection was lost"));
  store_big(frame.data(), static_cast<std::int32_t>(frame.size() - kSizeField));
  timed_out_ = false;
  const env::TimerId timer = shard_.arm(shard_.now() + settings_.timeout, [this] {
    timed_out_ = true;
    stream_->close();
  });
  Result<ByteVector> answer = co_await send_and_receive(std::move(frame));
  shard_.cancel(timer);
  if (answer) co_return answer;
  stream_.reset();
  if (timed_out_) {
    co_return fail(
        ErrorCode::RequestTimedOut,
        fmt::format("{} did not answer {} within {} ms\nIt may be overloaded; --timeout gives it "
                    "longer.",
                    to_text(address_), api.name, settings_.timeout.count()));
  }
  co_return fail(answer.error().code, fmt::format("{} broke off {}: {}", to_text(address_),
                                                  api.name, answer.error().detail));
}

env::Task<Result<ByteVector>> Connection::send_and_receive(ByteVector frame) {
  std::vector<env::Chunk> chunks;
  chunks.emplace_back(std::move(frame));
  CO_TRY_VOID(co_await stream_->write(std::move(chunks)));
  std::array<std::byte, kSizeField> prefix{};
  CO_TRY_VOID(co_await receive(prefix));
  const auto size = load_big<std::int32_t>(prefix.data());
  if (size < 4 || static_cast<std::size_t>(size) > settings_.largest_answer) {
    co_return fail(ErrorCode::NetworkException,
                   fmt::format("an answer of {} bytes cannot be; is this a Kafka port?", size));
  }
  // Grows with what arrives: a peer that lies about the size costs it nothing to say so.
  ByteVector answer;
  constexpr std::size_t kStep = 1 << 20;
  while (answer.size() < static_cast<std::size_t>(size)) {
    const std::size_t from = answer.size();
    answer.resize(std::min(from + kStep, static_cast<std::size_t>(size)));
    CO_TRY_VOID(co_await receive(MutableBytes(answer).subspan(from)));
  }
  if (load_big<std::int32_t>(answer.data()) != correlation_) {
    co_return fail(ErrorCode::NetworkException, "the answer belongs to another request");
  }
  co_return answer;
}

env::Task<Result<void>> Connection::receive(MutableBytes into) {
  while (!into.empty()) {
    CO_TRY(const std::size_t got, co_await stream_->read(into));
    if (got == 0) co_return fail(ErrorCode::NetworkException, "the broker closed the connection");
    into = into.subspan(got);
  }
  co_return Result<void>{};
}

Error Connection::nonsense(const wire::Api& api, const Error& error) const {
  return {error.code, fmt::format("{} answered {} with bytes that make no sense: {}",
                                  to_text(address_), api.name, error.detail)};
}

}  // namespace client
