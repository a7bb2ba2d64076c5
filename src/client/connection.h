// A conversation with one broker over the Kafka protocol: asks which versions it speaks, then sends
// one request after another at the highest version that both sides know.
//
// Errors are sentences that say which broker and what to do. After an error of the transport the
// conversation is over: every later `ask` fails at once.
#pragma once
#include <fmt/format.h>

#include <map>
#include <memory>
#include <string>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "env/shard.h"
#include "wire/api.h"
#include "wire/header.h"
#include "wire/records.h"

namespace client {

struct Settings {
  std::string client_id = "thalweg";
  Millis timeout{30'000};  // For one request, and for reaching a broker.
  std::size_t largest_answer = std::size_t{256}
                               << 20;  // A broker that claims more is not believed.
};

// The versions of one API that a broker speaks.
struct VersionRange {
  std::int16_t first = 0;
  std::int16_t last = 0;
  bool operator==(const VersionRange&) const = default;
};

class Connection {
 public:
  // Reaches `address` and learns its versions. `shard` must outlive the connection.
  static env::Task<Result<std::unique_ptr<Connection>>> open(env::Shard& shard,
                                                             env::Address address,
                                                             Settings settings);

  // Sends `request` and gives what `read` makes of the answer: ask(request, wire::read_x_response).
  // `most` caps the version, for callers that cannot fill in what newer ones ask. One at a time.
  template <class Request, class Response>
  env::Task<Result<Response>> ask(Request request, Result<Response> (*read)(Bytes, wire::Version),
                                  wire::Version most = wire::kNever) {
    CO_TRY(Kept<Response> kept, co_await ask_and_keep(std::move(request), read, most));
    co_return std::move(kept.message);
  }

  // The same for answers with record sets, which are views of the bytes that came.
  template <class Response>
  struct Kept {
    ByteVector bytes;
    Response message;
  };
  template <class Request, class Response>
  env::Task<Result<Kept<Response>>> ask_and_keep(Request request,
                                                 Result<Response> (*read)(Bytes, wire::Version),
                                                 wire::Version most = wire::kNever) {
    CO_TRY(const wire::Version version, common_version(Request::api, most));
    wire::Output frame = begin(Request::api, version);
    write(request, version, frame);  // Of wire, found by its argument.
    CO_TRY(ByteVector answer, co_await exchange(Request::api, std::move(frame.bytes)));
    const Result<wire::ResponseFrame> body =
        wire::read_response_header(answer, Request::api, version);
    if (!body) co_return fail(nonsense(Request::api, body.error()));
    Result<Response> response = read(body->body, version);
    if (!response) co_return fail(nonsense(Request::api, response.error()));
    co_return Kept<Response>{std::move(answer), *std::move(response)};
  }

  // The highest version that both sides speak; an error when there is none.
  Result<wire::Version> common_version(const wire::Api& api,
                                       wire::Version most = wire::kNever) const;
  bool speaks(const wire::Api& api) const { return common_version(api).has_value(); }

  const std::map<std::int16_t, VersionRange>& versions() const { return versions_; }
  // The features that the cluster has agreed on, with their levels. Empty before Kafka 2.4.
  const std::map<std::string, std::int16_t>& features() const { return features_; }
  const env::Address& address() const { return address_; }

 private:
  Connection(env::Shard& shard, env::Address address, Settings settings)
      : shard_(shard), address_(std::move(address)), settings_(std::move(settings)) {}

  env::Task<Result<void>> reach();
  env::Task<Result<void>> learn_versions();
  // A frame with its header, and room for its length.
  wire::Output begin(const wire::Api& api, wire::Version version);
  // Sends the frame, and gives the answer from its header on.
  env::Task<Result<ByteVector>> exchange(const wire::Api& api, ByteVector frame);
  env::Task<Result<ByteVector>> send_and_receive(ByteVector frame);
  env::Task<Result<void>> receive(MutableBytes into);
  Error nonsense(const wire::Api& api, const Error& error) const;

  env::Shard& shard_;
  env::Address address_;
  Settings settings_;
  env::ConnectionPtr stream_;
  std::map<std::int16_t, VersionRange> versions_;
  std::map<std::string, std::int16_t> features_;
  std::int32_t correlation_ = 0;  // Of the request under way, or the last.
  bool timed_out_ = false;
};

}  // namespace client
