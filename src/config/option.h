// One configuration option, declared once: everything that is known about it stands in its Option,
// and parsing, DescribeConfigs, docs/configuration.md and the simulator's extremes come from there.
//
// An option carries Kafka's name where Kafka has it, and begins with `thalweg.` where it is ours.
// The declarations are in *_options.h by subject; components never see them, but the plain structs
// of broker_options.h and topic_options.h.
#pragma once
#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace config {

// The numbers are those of DescribeConfigs.
enum class Type : std::int8_t {
  Bool = 1,
  String = 2,
  Int = 3,
  Short = 4,
  Long = 5,
  Double = 6,
  List = 7,
  Password = 9,
};

// What a whole number counts; with one, a config file may write "1GiB" or "7d".
enum class Unit : std::uint8_t { None, Bytes, Millis };

enum class Reload : std::uint8_t { Restart, Live };

// Another name under which Kafka knows the same setting, perhaps in a coarser unit.
struct Synonym {
  std::string_view name;
  std::int64_t scale = 1;  // Of the option's unit: 3'600'000 for log.retention.hours.
};

struct Option {
  std::string_view name;             // For the broker. Empty where only topics have it.
  std::string_view topic_name = {};  // Set where a topic may have it, or override the broker's.
  Type type = Type::Int;
  Unit unit = Unit::None;
  std::string_view fallback;  // As text; "" for a string or list that is not set.
  std::int64_t least = 0;     // Bounds of a whole number.
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
  std::int64_t except = std::numeric_limits<std::int64_t>::min();  // Within them, yet wrong.
  double least_ratio = 0;                                          // Bounds of a Double.
  double most_ratio = 1;
  std::array<std::string_view, 6> choices = {};  // Of a string or list, where it has choices.
  std::array<Synonym, 2> synonyms = {};          // Those declared first win.
  std::array<std::string_view, 2> hostile = {};  // What the simulator picks instead.
  Reload reload = Reload::Restart;
  std::string_view doc;

  std::string_view shown_name() const { return name.empty() ? topic_name : name; }
};

using Value = std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>>;

// All options, in the order of the documentation.
std::span<const Option* const> all();

// By the broker's name or one of its synonyms; by the topic's name. Null when there is none.
const Option* find_broker_option(std::string_view name);
const Option* find_topic_option(std::string_view name);

// "unknown option log.segment.byts; did you mean log.segment.bytes?"
Error unknown_broker_option(std::string_view name);
Error unknown_topic_option(std::string_view name);

// Reads a value as Kafka writes it. `name` is how the caller knows the option, for the error:
// "segment.bytes must be 1048576 to 2147483647, got 'abc'".
Result<Value> parse(const Option& option, std::string_view name, std::string_view text);

// As people write it in a file: whole numbers may have a unit, "64KiB", "1GB", "30s", "7d". Gives
// the value as Kafka writes it, checked, and brought from a synonym's unit to the option's own.
Result<std::string> canonical(const Option& option, std::string_view name, std::string_view text);

}  // namespace config
