// Structured events for those who operate Thalweg, one line each on standard error:
//
//   observe::info("partition opened", {{"topic", topic}, {"partition", index}, {"end", end}});
//
//   12:01:07.482 INFO  partition opened topic=orders partition=3 end=81223
//   {"time":"2026-11-23T12:01:07.482Z","level":"info","event":"partition
//   opened","topic":"orders",...}
//
// The event text is constant and in words; what varies is in the fields. From any thread. A place
// in the code that logs more than kEventsPerSecond is cut short and says later how much it left
// out. Cores never log: what they decide is reported by the shell that runs them.
#pragma once
#include <chrono>
#include <concepts>
#include <functional>
#include <initializer_list>
#include <source_location>
#include <string>
#include <string_view>

#include "base/named.h"
#include "base/result.h"
#include "base/time.h"

namespace observe {

enum class Level { Debug, Info, Warn, Error };

enum class Format { Text, Json };

struct Field {
  Field(std::string_view k, std::string_view v) : key(k), text(v), quoted(true) {}
  Field(std::string_view k, const char* v) : Field(k, std::string_view(v)) {}
  Field(std::string_view k, const std::string& v) : Field(k, std::string_view(v)) {}
  Field(std::string_view k, bool v) : key(k), text(v ? "true" : "false") {}
  Field(std::string_view k, double v);
  template <std::integral T>
  Field(std::string_view k, T v) : key(k), text(std::to_string(v)) {}
  template <class T, class Tag>
  Field(std::string_view k, const Named<T, Tag>& v) : Field(k, v.value) {}
  Field(std::string_view k, Duration v);      // In milliseconds, as 12.345.
  Field(std::string_view k, const Error& v);  // Its sentence, or its code's name without one.

  std::string_view key;
  std::string text;
  bool quoted = false;  // A string, in JSON.
};
using Fields = std::initializer_list<Field>;

inline constexpr int kEventsPerSecond = 20;

void log(Level level, std::string_view event, Fields fields = {},
         std::source_location at = std::source_location::current());

inline void debug(std::string_view event, Fields fields = {},
                  std::source_location at = std::source_location::current()) {
  log(Level::Debug, event, fields, at);
}
inline void info(std::string_view event, Fields fields = {},
                 std::source_location at = std::source_location::current()) {
  log(Level::Info, event, fields, at);
}
inline void warn(std::string_view event, Fields fields = {},
                 std::source_location at = std::source_location::current()) {
  log(Level::Warn, event, fields, at);
}
inline void error(std::string_view event, Fields fields = {},
                  std::source_location at = std::source_location::current()) {
  log(Level::Error, event, fields, at);
}

// How and where events are written. Set before threads start, or in a test.
struct LogSettings {
  Level least = Level::Info;  // Below it nothing is written.
  Format format = Format::Text;
  bool colour = false;
  std::function<void(std::string_view line)> write;  // None: standard error. Line ends in '\n'.
  std::function<Timestamp()> clock;                  // None: the system's.
};
void set_log(LogSettings settings);

// Colour where standard error is a terminal that shows it and NO_COLOR is not set.
bool terminal_wants_colour();

Result<Level> parse_level(std::string_view text);    // "debug", "info", "warn", "error".
Result<Format> parse_format(std::string_view text);  // "text", "json".

}  // namespace observe
