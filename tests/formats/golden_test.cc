// Holds our messages against Kafka's without Java: tests/formats/wire/golden.bin.gz has some of
// every kind and version, made by `./do oracle --golden`. `./do oracle` holds them against many
// more.
#include "golden.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <set>

namespace wire {
namespace {

template <class Each>
void for_each_golden(Each each) {
  gzFile file = gzopen(THALWEG_SOURCE_DIR "/tests/formats/wire/golden.bin.gz", "rb");
  ASSERT_TRUE(file);
  const Result<void> read = read_golden(
      [&](std::size_t n) {
        ByteVector bytes(n);
        const int got = gzread(file, bytes.data(), static_cast<unsigned>(n));
        bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        return bytes;
      },
      each);
  gzclose(file);
  EXPECT_TRUE(read) << read.error().detail;
}

TEST(Golden, WeReadAndWriteWhatKafkaWrites) {
  std::set<std::pair<std::string, Version>> missing{{"RequestHeader", 1},
                                                    {"RequestHeader", 2},
                                                    {"ResponseHeader:18", 0},
                                                    {"ResponseHeader:18", 4}};
  for (const MessageType* type : all_messages()) {
    for (Version v = type->schema.first; v <= type->schema.last; ++v) {
      missing.emplace(type->name, v);
    }
  }
  for_each_golden([&](const Golden& golden) {
    missing.erase({golden.name, golden.version});
    ASSERT_TRUE(is_ours(golden)) << golden.name << " v" << golden.version;
    EXPECT_EQ(difference(golden), "");
  });
  for (const auto& [name, version] : missing)
    ADD_FAILURE() << "no golden " << name << " v" << version;
}

// The bytes of a message and what it would mean if two fields of one type had changed places, if
// one were missing, if one were of another width: all of it must be told, and where.
TEST(Golden, ADifferenceIsToldByItsField) {
  struct Case {
    const char* why;
    const char* json;
    std::vector<int> bytes;
    const char* said;
  };
  const std::vector<Case> cases{
      {"equal",
       R"({"groupId":"g","generationId":1,"memberId":"m","groupInstanceId":null})",
       {2, 'g', 0, 0, 0, 1, 2, 'm', 0, 0},
       ""},
      {"swapped",
       R"({"groupId":"m","generationId":1,"memberId":"g","groupInstanceId":null})",
       {2, 'g', 0, 0, 0, 1, 2, 'm', 0, 0},
       "HeartbeatRequest v4: groupId: ours \"g\", Kafka's \"m\""},
      {"a field that we lack",
       R"({"groupId":"g","generationId":1,"memberId":"m","groupInstanceId":null,"new":7})",
       {2, 'g', 0, 0, 0, 1, 2, 'm', 0, 0},
       "HeartbeatRequest v4: new: ours nothing, Kafka's 7"},
      {"a field that Kafka lacks",
       R"({"groupId":"g","generationId":1,"memberId":"m"})",
       {2, 'g', 0, 0, 0, 1, 2, 'm', 0, 0},
       "HeartbeatRequest v4: groupInstanceId: ours null, Kafka's nothing"},
      {"left over",
       R"({"groupId":"g","generationId":1,"memberId":"m","groupInstanceId":null})",
       {2, 'g', 0, 0, 0, 1, 2, 'm', 0, 0, 9},
       "HeartbeatRequest v4: 1 bytes are left over"},
      {"other bytes",
       R"({"groupId":"g","generationId":1,"memberId":"m","groupInstanceId":null})",
       {0x82, 0, 'g', 0, 0, 0, 1, 2, 'm', 0, 0},
       "HeartbeatRequest v4: the same fields, but byte 0 of 11 differs: ours 02 67 00 00 00 01 02 "
       "6d, Kafka's 82 00 67 00 00 00 01 02"},
  };
  for (const Case& c : cases) {
    Golden golden{
        .name = "HeartbeatRequest", .version = 4, .sent = {}, .plain = {}, .json = c.json};
    for (const int b : c.bytes) golden.sent.push_back(static_cast<std::byte>(b));
    EXPECT_EQ(difference(golden), c.said) << c.why;
  }
}

// An array's element and a struct's field are named with their path.
TEST(Golden, TheFieldIsToldWithItsPath) {
  const Golden golden{.name = "DeleteGroupsRequest",
                      .version = 0,
                      .sent = {std::byte{0}, std::byte{0}, std::byte{0}, std::byte{1}, std::byte{0},
                               std::byte{1}, std::byte{'g'}},
                      .plain = {},
                      .json = R"({"groupsNames":["h"]})"};
  EXPECT_EQ(difference(golden),
            "DeleteGroupsRequest v0: groupsNames[0]: ours \"g\", Kafka's \"h\"");
}

}  // namespace
}  // namespace wire
