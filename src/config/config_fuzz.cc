// Any text as a config file, and as the value of an option that its first byte chooses. What is
// read must be a value that is read again as itself.
#include <cstddef>
#include <cstdint>

#include "config/broker_options.h"
#include "config/file.h"
#include "config/topic_options.h"
#include "testing/gives.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
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
  const auto options = config::all();
  const config::Option& option = *options[data[0] % options.size()];
  const Result<std::string> plain = config::canonical(option, option.shown_name(), text);
  if (plain) check(testing::gives(config::canonical(option, option.shown_name(), *plain), *plain));
  return 0;
}
