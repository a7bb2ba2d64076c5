// Holds our messages against Kafka's: tests/formats/wire/golden.bin.gz has some of every kind and
// version, written by Kafka 4.2.1 itself (tools/oracle). Each must read, and write back the same
// bytes.
#include <gtest/gtest.h>
#include <zlib.h>

#include <map>
#include <set>
#include <string>

#include "wire/message_type.h"

namespace wire {
namespace {

struct Golden {
  std::string name;
  Version version = 0;
  ByteVector message;
};

ByteVector unzipped(const char* path) {
  ByteVector all;
  gzFile file = gzopen(path, "rb");
  if (!file) return all;
  std::byte chunk[65536];
  for (int n = 0; (n = gzread(file, chunk, sizeof chunk)) > 0;)
    all.insert(all.end(), chunk, chunk + n);
  gzclose(file);
  return all;
}

std::vector<Golden> read_golden() {
  const ByteVector all = unzipped(THALWEG_SOURCE_DIR "/tests/formats/wire/golden.bin.gz");
  std::vector<Golden> found;
  Bytes rest = all;
  const auto take = [&](std::size_t n) {
    const Bytes taken = rest.first(n);
    rest = rest.subspan(n);
    return taken;
  };
  while (!rest.empty()) {
    Golden golden;
    golden.name = as_text(take(std::to_integer<std::size_t>(take(1)[0])));
    golden.version = load_big<Version>(take(2).data());
    golden.message = to_vector(take(load_big<std::uint32_t>(take(4).data())));
    found.push_back(std::move(golden));
  }
  return found;
}

// The bytes that reading and writing makes of a message; nothing if it cannot be read.
std::optional<ByteVector> rewritten(const MessageType& type, Version version, Bytes bytes) {
  const auto message = type.make();
  Reader reader(bytes, version, type.schema.flexible(version));
  type.walk(reader, message.get());
  if (!reader.done()) return {};
  Output out;
  Writer writer(out, version, type.schema.flexible(version));
  type.walk(writer, message.get());
  return std::move(out.bytes);
}

TEST(Golden, WeWriteWhatKafkaWrites) {
  std::map<std::string_view, const MessageType*> types;
  std::set<std::pair<std::string, Version>> missing;
  for (const MessageType* type : all_messages()) {
    types[type->name] = type;
    for (Version v = type->schema.first; v <= type->schema.last; ++v) {
      missing.emplace(type->name, v);
    }
  }
  for (const Golden& golden : read_golden()) {
    // Kafka also has what we do without: versions that are not stable yet, a format of its own.
    const auto found = types.find(golden.name);
    if (found == types.end() || !found->second->schema.has(golden.version)) continue;
    missing.erase({golden.name, golden.version});
    const auto bytes = rewritten(*found->second, golden.version, golden.message);
    ASSERT_TRUE(bytes) << golden.name << " v" << golden.version << " does not read";
    EXPECT_EQ(*bytes, golden.message) << golden.name << " v" << golden.version;
  }
  for (const auto& [name, version] : missing)
    ADD_FAILURE() << "no golden " << name << " v" << version;
}

}  // namespace
}  // namespace wire
