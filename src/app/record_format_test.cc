#include "app/record_format.h"

#include <gtest/gtest.h>

namespace app {
namespace {

client::RecordView order() {
  return {.topic = "orders",
          .partition = PartitionIndex{2},
          .offset = Offset{41},
          .timestamp = Timestamp{1'795'435'262'345},
          .key = as_bytes("c7"),
          .value = as_bytes("{\"total\":5}"),
          .headers = {{"trace", as_bytes("a1")}, {"none", std::nullopt}}};
}

std::string printed(const RecordFormat& format, const client::RecordView& record) {
  std::string out;
  format.print(record, out);
  return out;
}

TEST(RecordFormat, PutsTheFieldsWhereTheTemplateSays) {
  struct Row {
    const char* why;
    const char* format;
    std::string text;
  };
  const Row rows[] = {
      {"the value alone", "%v", "{\"total\":5}\n"},
      {"all of it", "%t-%p@%o %k %T %I", "orders-2@41 c7 1795435262345 2026-11-23T12:01:02.345Z\n"},
      {"headers, one of them null", "%h", "trace=a1,none=-\n"},
      {"a size and a percent sign", "%S%%", "11%\n"},
      {"escapes", "%k\\t%p", "c7\t2\n"},
      {"its own line end", "%k\\n\\n", "c7\n\n"},
      {"ends in zero, for xargs -0", "%k\\0", std::string("c7\0", 3)},
      {"nothing", "", "\n"},
  };
  for (const Row& row : rows) {
    const auto format = RecordFormat::parse(row.format, Encoding::Text, "-");
    ASSERT_TRUE(format) << row.why;
    EXPECT_EQ(printed(*format, order()), row.text) << row.why;
  }
}

TEST(RecordFormat, RefusesWordsItDoesNotKnow) {
  for (const char* bad : {"%z", "%", "%k %"})
    EXPECT_FALSE(RecordFormat::parse(bad, Encoding::Text, "")) << bad;
}

TEST(RecordFormat, EncodesBytes) {
  client::RecordView record = order();
  record.value = as_bytes("\xff\x01");
  EXPECT_EQ(printed(*RecordFormat::parse("%v", Encoding::Hex, ""), record), "ff01\n");
  EXPECT_EQ(printed(*RecordFormat::parse("%v", Encoding::Base64, ""), record), "/wE=\n");
  record.value.reset();
  EXPECT_EQ(printed(*RecordFormat::parse("%v", Encoding::Hex, "NULL"), record), "NULL\n");
}

TEST(RecordFormat, JsonKeepsItsShape) {
  EXPECT_EQ(
      printed(RecordFormat::json(), order()),
      R"({"topic":"orders","partition":2,"offset":41,"timestamp":1795435262345,"key":"c7",)"
      R"("value":"{\"total\":5}","headers":[{"name":"trace","value":"a1"},{"name":"none","value":null}]})"
      "\n");
  client::RecordView record = order();
  record.key.reset();
  record.value = as_bytes("\xff");
  record.headers.clear();
  EXPECT_EQ(printed(RecordFormat::json(), record),
            R"({"topic":"orders","partition":2,"offset":41,"timestamp":1795435262345,"key":null,)"
            R"("value_base64":"/w==","headers":[]})"
            "\n");
}

}  // namespace
}  // namespace app
