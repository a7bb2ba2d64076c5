// Where the value of an option comes from: a topic's own configuration before that of the broker,
// what was altered at run time before what the node was started with, and the default last.
//
// Layers hold what was checked when it was set. A value that this version no longer understands (it
// came from a log written by another) is passed over, never believed.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/option.h"

namespace config {

// Settings as they are stored and sent: name and text.
using Pairs = std::map<std::string, std::string, std::less<>>;

// The numbers are those of DescribeConfigs.
enum class Source : std::int8_t {
  Topic = 1,
  DynamicBroker = 2,
  DynamicDefaultBroker = 3,
  Static = 4,
  Default = 5,
  Group = 8,
};

// From the strongest to the weakest. Null where there is none.
struct Layers {
  const Pairs* topic = nullptr;
  const Pairs* broker = nullptr;          // Altered at run time for this broker,
  const Pairs* default_broker = nullptr;  // and for all brokers.
  const Pairs* fixed = nullptr;           // From the config file and --set.
};

struct Setting {
  std::string name;
  std::string value;
  Source source = Source::Default;
  bool operator==(const Setting&) const = default;
};

// All settings of an option that are there, the one that counts first. Never empty.
std::vector<Setting> settings_of_topic(const Option& option, const Layers& layers);
std::vector<Setting> settings_of_broker(const Option& option, const Layers& layers);

// The value that counts: the topic's where `layers` has a topic, else the broker's.
Value value_of(const Option& option, const Layers& layers);

// A setting's value in the option's own unit, which its name may not count in.
std::string plain_value(const Option& option, const Setting& setting);

// One entry of a DescribeConfigs answer.
struct Described {
  std::string name;
  std::optional<std::string> value;  // None where it is secret.
  Source source = Source::Default;
  bool read_only = false;
  bool sensitive = false;
  Type type = Type::String;
  std::string doc;
  std::vector<Setting> synonyms;
};

// Of all options, or of those named; unknown names are left out, as Kafka does.
std::vector<Described> describe_topic(const Layers& layers,
                                      const std::optional<std::vector<std::string>>& names);
std::vector<Described> describe_broker(const Layers& layers,
                                       const std::optional<std::vector<std::string>>& names);

// Whether a topic could be given these settings, on top of `below`. The sentence of the error says
// which setting is wrong and what it may be.
Result<void> check_topic(const Pairs& topic, const Layers& below);
// Whether these settings of a broker may be altered while it runs.
Result<void> check_dynamic_broker(const Pairs& settings);

}  // namespace config
