#include "wire/header.h"

#include <gtest/gtest.h>

#include "wire/013_leave_group.h"
#include "wire/018_api_versions.h"

namespace wire {
namespace {

std::string hex(Bytes bytes) {
  std::string text;
  for (const std::byte b : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += kDigits[std::to_integer<int>(b) >> 4];
    text += kDigits[std::to_integer<int>(b) & 15];
  }
  return text;
}

TEST(Header, RequestBytes) {
  struct Row {
    std::int16_t key;
    Version version;
    std::optional<std::string> client;
    const char* bytes;
    const char* why;
  };
  const Row rows[] = {
      {13, 3, "me",
       "000d"
       "0003"
       "00000007"
       "00026d65",
       "not flexible: no tags"},
      {13, 4, "me",
       "000d"
       "0004"
       "00000007"
       "00026d65"
       "00",
       "flexible, but an old string"},
      {13,
       4,
       {},
       "000d"
       "0004"
       "00000007"
       "ffff"
       "00",
       "no client id is null"},
      {18, 9, "",
       "0012"
       "0009"
       "00000007"
       "0000"
       "00",
       "a version from the future is flexible"},
  };
  for (const Row& row : rows) {
    const RequestHeader header{row.key, row.version, 7, row.client};
    Output out;
    write_request_header(header, out);
    EXPECT_EQ(hex(out.bytes), row.bytes) << row.why;
    const auto back = read_request_header(out.bytes);
    ASSERT_TRUE(back) << row.why;
    EXPECT_EQ(back->header, header) << row.why;
    EXPECT_TRUE(back->body.empty()) << row.why;
    for (std::size_t n = 0; n < out.bytes.size(); ++n) {
      EXPECT_FALSE(read_request_header(Bytes(out.bytes).first(n))) << row.why << " cut to " << n;
    }
  }
}

TEST(Header, BodyFollows) {
  Output out;
  write_request_header({13, 5, 1, "me"}, out);
  write(LeaveGroupRequest{.group_id = GroupId{"g"}}, 5, out);
  const auto frame = read_request_header(out.bytes);
  ASSERT_TRUE(frame);
  const auto request = read_leave_group_request(frame->body, 5);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->group_id, GroupId{"g"});
}

TEST(Header, UnknownApiIsRefused) {
  Output out;
  write_request_header({13, 0, 1, {}}, out);
  out.bytes[1] = std::byte{0x07};  // ControlledShutdown, which is gone.
  EXPECT_EQ(read_request_header(out.bytes).error().code, ErrorCode::UnsupportedVersion);
}

TEST(Header, ResponseBytes) {
  const auto bytes = [](const Api& api, Version version) {
    Output out;
    write_response_header(7, api, version, out);
    return hex(out.bytes);
  };
  EXPECT_EQ(bytes(LeaveGroupResponse::api, 3), "00000007");
  EXPECT_EQ(bytes(LeaveGroupResponse::api, 4), "0000000700");
  EXPECT_EQ(bytes(ApiVersionsResponse::api, 4), "00000007") << "always readable by the oldest";
}

TEST(Header, ResponseBodyFollows) {
  const ByteVector frame{std::byte{0}, std::byte{0}, std::byte{0},
                         std::byte{7}, std::byte{0}, std::byte{9}};
  const auto old_header = read_response_header(frame, LeaveGroupResponse::api, 3);
  ASSERT_TRUE(old_header);
  EXPECT_EQ(old_header->correlation_id, 7);
  EXPECT_EQ(hex(old_header->body), "0009");
  const auto flexible = read_response_header(frame, LeaveGroupResponse::api, 4);
  ASSERT_TRUE(flexible);
  EXPECT_EQ(hex(flexible->body), "09");
  EXPECT_FALSE(read_response_header(Bytes(frame).first(3), LeaveGroupResponse::api, 3));
}

}  // namespace
}  // namespace wire
