// Any text as a config file, and as the value of every option. What is read must be a value that is
// read again as itself.
#include <cstddef>
#include <cstdint>

#include "config/broker_options.h"
#include "config/file.h"
#include "config/topic_options.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const char* path : {"a.toml", "a.properties"}) {
    const Result<config::Pairs> pairs = config::parse_file(path, text);
    if (!pairs) continue;
    for (const auto& [name, value] : *pairs) {
      const config::Option* option = config::find_broker_option(name);
      check(option && config::parse(*option, name, value).has_value());
    }
    config::broker_options({.fixed = &*pairs});
    config::topic_options({.fixed = &*pairs});
  }
  for (const config::Option* option : config::all()) {
    const Result<std::string> plain = config::canonical(*option, option->shown_name(), text);
    if (plain) check(config::canonical(*option, option->shown_name(), *plain) == *plain);
  }
  return 0;
}
