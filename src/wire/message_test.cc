// What must hold for each message there is, in each of its versions.
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "testing/random_message.h"
#include "wire/message_type.h"

namespace wire {
namespace {

class EveryMessage : public ::testing::TestWithParam<const MessageType*> {
 protected:
  const MessageType& type() { return *GetParam(); }

  ByteVector write(void* message, Version version) {
    Output out;
    Writer writer(out, version, type().schema.flexible(version));
    type().walk(writer, message);
    EXPECT_FALSE(out.dropped) << type().name << " v" << version;
    EXPECT_TRUE(out.splices.empty());
    return out.bytes;
  }
  std::shared_ptr<void> read(Bytes bytes, Version version) {
    Reader reader(bytes, version, type().schema.flexible(version));
    auto message = type().make();
    type().walk(reader, message.get());
    return reader.done() ? message : nullptr;
  }
  std::shared_ptr<void> fill(::testing::RandomFiller& filler) {
    auto message = type().make();
    type().walk(filler, message.get());
    return message;
  }
  template <class Check>
  void for_each_version(Check check) {
    for (Version v = type().schema.first; v <= type().schema.last; ++v) check(v);
  }
};

TEST_P(EveryMessage, RoundTripAndTruncation) {
  constexpr int kMessages = 8;
  std::mt19937_64 random(1);
  for_each_version([&](Version version) {
    for (int i = 0; i < kMessages; ++i) {
      ::testing::RandomFiller filler(random, version, type().schema.flexible(version));
      const auto message = fill(filler);
      const ByteVector bytes = write(message.get(), version);
      const auto back = read(bytes, version);
      ASSERT_TRUE(back) << type().name << " v" << version;
      EXPECT_EQ(write(back.get(), version), bytes) << type().name << " v" << version;
      // A message with a NaN in it is not even equal to itself.
      if (type().equal(message.get(), message.get())) {
        EXPECT_TRUE(type().equal(message.get(), back.get())) << type().name << " v" << version;
      }
      const std::size_t step = bytes.size() / 100 + 1;
      for (std::size_t n = 0; n < bytes.size(); n += step) {
        EXPECT_FALSE(read(Bytes(bytes).first(n), version))
            << type().name << " v" << version << " cut from " << bytes.size() << " to " << n;
      }
    }
  });
}

TEST_P(EveryMessage, BytesLeftOverAreNoticed) {
  std::mt19937_64 random(3);
  for_each_version([&](Version version) {
    ::testing::RandomFiller filler(random, version, type().schema.flexible(version));
    ByteVector bytes = write(fill(filler).get(), version);
    ASSERT_TRUE(read(bytes, version)) << type().name << " v" << version;
    bytes.push_back(std::byte{0});
    EXPECT_FALSE(read(bytes, version)) << type().name << " v" << version;
  });
}

// A message whose every byte is a lie must end in a refusal or a message, and in reasonable time.
TEST_P(EveryMessage, NoiseIsSurvived) {
  std::mt19937_64 random(2);
  for_each_version([&](Version version) {
    ByteVector bytes(64);
    for (int i = 0; i < 50; ++i) {
      for (std::byte& b : bytes) b = static_cast<std::byte>(random() % 4 == 0 ? random() % 256 : 0);
      read(bytes, version);
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Wire, EveryMessage,
                         ::testing::ValuesIn(all_messages().begin(), all_messages().end()),
                         [](const auto& of) { return std::string(of.param->name); });

}  // namespace
}  // namespace wire
