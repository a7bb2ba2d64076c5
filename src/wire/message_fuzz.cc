// Reads any bytes as any message of any version. What is accepted must survive writing and reading
// again; nothing may crash, hang, or take memory out of proportion.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "wire/header.h"
#include "wire/message_type.h"

namespace {

ByteVector written(const wire::MessageType& type, wire::Version version, void* message) {
  wire::Output out;
  wire::Writer writer(out, version, type.schema.flexible(version));
  type.walk(writer, message);
  check(!out.dropped);
  return std::move(out.bytes);
}

bool read(const wire::MessageType& type, wire::Version version, Bytes bytes, void* message) {
  wire::Reader reader(bytes, version, type.schema.flexible(version));
  type.walk(reader, message);
  return reader.done();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const Bytes bytes(reinterpret_cast<const std::byte*>(data), size);
  (void)wire::read_request_header(bytes);

  // The first bytes choose what the rest is taken for.
  const auto types = wire::all_messages();
  const wire::MessageType& type =
      *types[static_cast<std::size_t>(load_big<std::uint16_t>(bytes.data())) % types.size()];
  const int versions = type.schema.last - type.schema.first + 1;
  const auto version = static_cast<wire::Version>(type.schema.first + data[2] % versions);

  const auto message = type.make();
  if (!read(type, version, bytes.subspan(3), message.get())) return 0;
  // Other bytes may mean the same, with unknown tags for instance; but what we write is stable.
  const ByteVector once = written(type, version, message.get());
  const auto again = type.make();
  check(read(type, version, once, again.get()));
  check(written(type, version, again.get()) == once);
  return 0;
}
