// What stands before a message in its frame, and finds the message that belongs to it. The four
// bytes of the frame's length are not part of it.
//
// A header has versions of its own, which follow from those of the message: flexible messages have
// flexible headers. Two exceptions keep old and new able to meet: the client id is always an old
// string, and the response to ApiVersions always has the old header, because who asks for versions
// cannot know yet which headers the other side reads.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "wire/api.h"
#include "wire/records.h"

namespace wire {

struct RequestHeader {
  std::int16_t api_key = 0;
  Version api_version = 0;
  std::int32_t correlation_id = 0;
  std::optional<std::string> client_id;
  bool operator==(const RequestHeader&) const = default;
};

struct RequestFrame {
  RequestHeader header;
  Bytes body;  // A view into the frame.
};

struct ResponseFrame {
  std::int32_t correlation_id = 0;
  Bytes body;  // A view into the frame.
};

// Fails with UnsupportedVersion if there is no such API. Whether the API has the version is for the
// caller to look at: an ApiVersions of a version from the future still gets an answer.
Result<RequestFrame> read_request_header(Bytes frame);
void write_request_header(const RequestHeader& header, Output& out);

Result<ResponseFrame> read_response_header(Bytes frame, const Api& api, Version version);
void write_response_header(std::int32_t correlation_id, const Api& api, Version version,
                           Output& out);

}  // namespace wire
