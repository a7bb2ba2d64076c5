// A line of text as a record.
#pragma once
#include <string>
#include <string_view>

#include "client/record.h"

namespace app {

struct LineFormat {
  std::string key_separator;  // Empty: the whole line is the value, and there is no key.
  std::string null_as;        // A key or value that is just this is null. Empty: none is.
};

// A line without the separator is a value without a key. The record is a view into `line`.
client::RecordView parse_line(std::string_view line, const LineFormat& format);

}  // namespace app
