// The config file: TOML, or Kafka's server.properties where the name ends in ".properties". This
// reads text; whoever opens the file stands outside.
//
// Values come out as Kafka writes them: checked, in the option's own unit, under the name they had.
// An error is one line that begins with file and line, as compilers write it.
#pragma once
#include <string_view>

#include "config/layers.h"

namespace config {

Result<Pairs> parse_file(std::string_view path, std::string_view text);

// Takes one `--set KEY=VALUE` on top of `pairs`.
Result<void> set(Pairs& pairs, std::string_view assignment);

// docs/configuration.md: every option, from its declaration.
std::string markdown();

}  // namespace config
