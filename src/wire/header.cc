#include "wire/header.h"

#include "base/check.h"
#include "wire/apis.h"
#include "wire/io.h"

namespace wire {

namespace {

constexpr std::int16_t kApiVersions = 18;

// The fields that every version of the header has, in the encoding that they always have.
void walk(Io& io, RequestHeader& header) {
  io.field(header.api_key);
  io.field(header.api_version);
  io.field(header.correlation_id);
  io.field(header.client_id);
}

bool has_flexible_response_header(const Api& api, Version version) {
  return api.flexible(version) && api.key != kApiVersions;
}

Error bad_header(const char* which) {
  return {ErrorCode::InvalidRequest, std::string("malformed header of a ") + which};
}

}  // namespace

Result<RequestFrame> read_request_header(Bytes frame) {
  RequestFrame request;
  Reader fixed(frame, 1, false);
  walk(fixed, request.header);
  if (!fixed.ok()) return ::fail(bad_header("request"));
  const Api* api = find_api(request.header.api_key);
  if (!api) return ::fail(ErrorCode::UnsupportedVersion, "no such API");

  Reader tags(fixed.rest(), 2, api->flexible(request.header.api_version));
  tags.end();
  if (!tags.ok()) return ::fail(bad_header("request"));
  request.body = tags.rest();
  return request;
}

void write_request_header(const RequestHeader& header, Output& out) {
  const Api* api = find_api(header.api_key);
  check(api != nullptr, "a request of an API that does not exist");
  Writer fixed(out, 1, false);
  walk(fixed, const_cast<RequestHeader&>(header));  // A Writer changes nothing.
  Writer(out, 2, api->flexible(header.api_version)).end();
}

Result<ResponseFrame> read_response_header(Bytes frame, const Api& api, Version version) {
  ResponseFrame response;
  Reader reader(frame, 1, has_flexible_response_header(api, version));
  reader.field(response.correlation_id);
  reader.end();
  if (!reader.ok()) return ::fail(bad_header("response"));
  response.body = reader.rest();
  return response;
}

void write_response_header(std::int32_t correlation_id, const Api& api, Version version,
                           Output& out) {
  Writer writer(out, 1, has_flexible_response_header(api, version));
  writer.field(correlation_id);
  writer.end();
}

}  // namespace wire
