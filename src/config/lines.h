// What both kinds of config file come to: settings with the line they stand on.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace config {

struct Line {
  std::size_t number = 0;  // From 1.
  std::string name;
  std::string value;
};

Result<std::vector<Line>> read_properties(std::string_view text);

// On an error `wrong_line` is where it is.
Result<std::vector<Line>> read_toml(std::string_view text, std::size_t& wrong_line);

}  // namespace config
