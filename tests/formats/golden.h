// Messages as Apache Kafka's own code (tools/oracle) writes them, with what it says is in them, and
// whether ours agrees: it must read the bytes, find the same value in every field, and write the
// same bytes again.
#pragma once
#include <functional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "wire/message_type.h"

namespace wire {

struct Golden {
  std::string name;  // Of the message; or RequestHeader, or ResponseHeader:18 with the API's key.
  Version version = 0;
  ByteVector sent;   // As Kafka sent it, perhaps with tagged fields that nobody knows.
  ByteVector plain;  // Without those. Empty if there were none.
  std::string json;
};

// Gives each that a stream of bytes holds: name (its length in one byte), version (two), then sent,
// plain and JSON (their lengths in four bytes each). `take` gives as many bytes as it is asked for,
// and fewer only at the end.
Result<void> read_golden(const std::function<ByteVector(std::size_t)>& take,
                         const std::function<void(const Golden&)>& each);

// Kafka also has what we do without: versions that are not stable yet, formats of its own.
bool is_ours(const Golden& golden);

// What is not as Kafka has it, in one line that names message, version and field; or nothing.
std::string difference(const Golden& golden);

}  // namespace wire
