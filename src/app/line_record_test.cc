#include "app/line_record.h"

#include <gtest/gtest.h>

namespace app {
namespace {

std::string shown(const std::optional<Bytes>& bytes) {
  return bytes ? std::string(as_text(*bytes)) : "(null)";
}

TEST(LineRecord, IsKeyAndValue) {
  struct Row {
    const char* why;
    const char* line;
    LineFormat format;
    const char* key;
    const char* value;
  };
  const Row rows[] = {
      {"a value alone", "a:b", {}, "(null)", "a:b"},
      {"a key", "a:b", {":", ""}, "a", "b"},
      {"only the first separator parts", "a:b:c", {":", ""}, "a", "b:c"},
      {"a separator of several letters", "a=>b", {"=>", ""}, "a", "b"},
      {"no separator, no key", "ab", {":", ""}, "(null)", "ab"},
      {"an empty key", ":b", {":", ""}, "", "b"},
      {"an empty value is no null", "a:", {":", ""}, "a", ""},
      {"a tombstone", "a:NULL", {":", "NULL"}, "a", "(null)"},
      {"a null key", "NULL:b", {":", "NULL"}, "(null)", "b"},
      {"the word within a value", "a:NULLS", {":", "NULL"}, "a", "NULLS"},
      {"an empty line", "", {}, "(null)", ""},
  };
  for (const Row& row : rows) {
    const client::RecordView record = parse_line(row.line, row.format);
    EXPECT_EQ(shown(record.key), row.key) << row.why;
    EXPECT_EQ(shown(record.value), row.value) << row.why;
  }
}

}  // namespace
}  // namespace app
