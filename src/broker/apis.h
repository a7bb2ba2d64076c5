// Which APIs this broker serves, in which versions, and by whom. The ApiVersions answer, the metric
// labels and docs/protocol.md are computed from this one table.
#pragma once
#include <cstdint>
#include <span>

#include "base/result.h"
#include "broker/call.h"
#include "env/task.h"
#include "wire/api.h"
#include "wire/io.h"

namespace broker {

inline constexpr std::int32_t kLeastFrame = 8;  // A request's head without a client id.

struct ServedApi {
  const wire::Api* api;
  std::int16_t first;
  std::int16_t last;
  // Decodes, serves and encodes behind what `out` holds. Fails when the body cannot be read.
  env::Task<Result<void>> (*serve)(Call& call, Bytes body, wire::Output& out);
};

std::span<const ServedApi> served_apis();     // By key.
const ServedApi* find_api(std::int16_t key);  // Null when it is not served.

// Reads the head of a request, checking that its API and version are served. ApiVersions passes in
// any version: its handler answers those in v0 (KIP-511). An error ends the connection, as no
// answer could be understood.
Result<RequestHead> read_request_head(Bytes frame);

// Serves one request and gives the whole answer, with four bytes in front for its length.
env::Task<Result<wire::Output>> serve_request(Call& call, const RequestHead& head);

}  // namespace broker
