// Reads any bytes as any message of any version, and as headers. What is accepted must survive
// writing and reading again; nothing may crash, hang, or take memory out of proportion.
#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/check.h"
#include "testing/memory.h"
#include "wire/apis.h"
#include "wire/header.h"
#include "wire/message_type.h"

namespace {

struct Choice {
  std::uint16_t number;
  const wire::MessageType* type;
};

// Messages by a number made of their names, so that a corpus means the same when others are added.
const std::vector<Choice>& choices() {
  static const auto all = [] {
    std::vector<Choice> made;
    for (const wire::MessageType* type : wire::all_messages()) {
      const auto* name = reinterpret_cast<const Bytef*>(type->name.data());
      const auto sum = crc32(0, name, static_cast<uInt>(type->name.size()));
      made.push_back({static_cast<std::uint16_t>(sum), type});
    }
    std::ranges::sort(made, {}, &Choice::number);
    return made;
  }();
  return all;
}

const wire::MessageType& choose(std::uint16_t number) {
  const auto found = std::ranges::lower_bound(choices(), number, {}, &Choice::number);
  return *(found == choices().end() ? choices().front() : *found).type;
}

ByteVector written(const wire::MessageType& type, wire::Version version, void* message) {
  wire::Output out;
  wire::Writer writer(out, version, type.schema.flexible(version));
  type.walk(writer, message);
  check(!out.dropped);
  return std::move(out.bytes);
}

// Strings have a little room of their own beside what is counted.
bool in_proportion(std::size_t made, Bytes bytes) {
  constexpr std::size_t kAround = 16 * 1024;
  return made <= bytes.size() * (wire::kMostMadePerByte + 2) + wire::kMostMadeOfFew + kAround;
}

bool read(const wire::MessageType& type, wire::Version version, Bytes bytes, void* message) {
  const std::size_t before = testing::memory_held();
  wire::Reader reader(bytes, version, type.schema.flexible(version));
  type.walk(reader, message);
  const std::size_t after = testing::memory_held();
  check(in_proportion(std::max(reader.made(), after > before ? after - before : 0), bytes));
  return reader.done();
}

void read_headers(Bytes bytes) {
  if (const auto request = wire::read_request_header(bytes)) {
    wire::Output out;
    wire::write_request_header(request->header, out);
    const auto again = wire::read_request_header(out.bytes);
    check(again && again->header == request->header && again->body.empty());
  }
  for (const wire::Api& api : wire::all_apis()) {
    for (const wire::Version version : {api.first, api.last}) {
      const auto response = wire::read_response_header(bytes, api, version);
      check(!response || response->body.size() < bytes.size());
    }
  }
}

}  // namespace

// The first bytes choose what the rest is taken for: a message and its version, or headers.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const Bytes all(reinterpret_cast<const std::byte*>(data), size);
  const Bytes bytes = all.subspan(3);
  if (data[2] == 0xff) {
    read_headers(bytes);
    return 0;
  }
  const wire::MessageType& type = choose(load_big<std::uint16_t>(all.data()));
  const int versions = type.schema.last - type.schema.first + 1;
  const auto version = static_cast<wire::Version>(type.schema.first + data[2] % versions);

  const auto message = type.make();
  if (!read(type, version, bytes, message.get())) return 0;
  // Other bytes may mean the same, with unknown tags for instance; but what we write is stable.
  const ByteVector once = written(type, version, message.get());
  const auto again = type.make();
  check(read(type, version, once, again.get()));
  check(written(type, version, again.get()) == once);
  return 0;
}
