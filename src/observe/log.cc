#include "observe/log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <mutex>

namespace observe {
namespace {

constexpr std::array<std::string_view, 4> kNames{"debug", "info", "warn", "error"};
constexpr std::array<std::string_view, 4> kColumns{"DEBUG", "INFO ", "WARN ", "ERROR"};
constexpr std::array<std::string_view, 4> kColours{"\x1b[2m", "\x1b[32m", "\x1b[33m", "\x1b[31m"};
constexpr std::string_view kPlain = "\x1b[0m";

// How much one place in the code has logged in the current second.
struct Site {
  std::int64_t second = -1;
  int events = 0;
  std::uint64_t left_out = 0;
};

struct State {
  std::mutex mutex;
  LogSettings settings;
  std::map<std::pair<std::string_view, unsigned>, Site> sites;
};

State& state() {
  static State* const forever = new State;  // Threads may log until the very end.
  return *forever;
}
std::atomic<Level> least_level = Level::Info;

Timestamp system_time() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return Timestamp(std::chrono::duration_cast<Millis>(since).count());
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// Text from a peer may hold anything: a line must stay one line, and a terminal unharmed.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (is_control(c)) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      out += c;
    }
  }
  return out;
}

bool needs_quotes(std::string_view text) {
  if (text.empty()) return true;
  for (const char c : text) {
    if (c == ' ' || c == '"' || c == '=' || c == '\\' || is_control(c)) return true;
  }
  return false;
}

// Parts of a point in time, in UTC.
struct Moment {
  std::tm parts{};
  int millis = 0;
};
Moment moment_of(Timestamp at) {
  Moment moment;
  const auto seconds = static_cast<std::time_t>(at.value / 1000);
  gmtime_r(&seconds, &moment.parts);
  moment.millis = static_cast<int>(at.value % 1000);
  return moment;
}

std::string text_line(const LogSettings& settings, Level level, const Moment& at,
                      std::string_view event, Fields fields, std::uint64_t left_out) {
  const auto index = static_cast<std::size_t>(level);
  const bool colour = settings.colour;
  std::string line = fmt::format(
      "{:02}:{:02}:{:02}.{:03} {}{}{} {}", at.parts.tm_hour, at.parts.tm_min, at.parts.tm_sec,
      at.millis, colour ? kColours[index] : "", kColumns[index], colour ? kPlain : "", event);
  for (const Field& field : fields) {
    const bool quotes = field.quoted && needs_quotes(field.text);
    line += fmt::format(" {}{}={}", colour ? "\x1b[2m" : "", field.key, colour ? kPlain : "");
    line += quotes ? fmt::format("\"{}\"", escaped(field.text)) : field.text;
  }
  if (left_out > 0) line += fmt::format(" left_out={}", left_out);
  line += '\n';
  return line;
}

std::string json_line(Level level, const Moment& at, std::string_view event, Fields fields,
                      std::uint64_t left_out) {
  std::string line = fmt::format(
      R"({{"time":"{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z","level":"{}","event":"{}")",
      at.parts.tm_year + 1900, at.parts.tm_mon + 1, at.parts.tm_mday, at.parts.tm_hour,
      at.parts.tm_min, at.parts.tm_sec, at.millis, kNames[static_cast<std::size_t>(level)],
      escaped(event));
  for (const Field& field : fields) {
    line += field.quoted ? fmt::format(R"(,"{}":"{}")", field.key, escaped(field.text))
                         : fmt::format(R"(,"{}":{})", field.key, field.text);
  }
  if (left_out > 0) line += fmt::format(R"(,"left_out":{})", left_out);
  line += "}\n";
  return line;
}

// Whether a site may log now; if so, how much it had to leave out before.
bool admit(Site& site, Timestamp now, std::uint64_t& left_out) {
  const std::int64_t second = now.value / 1000;
  if (site.second != second) {
    site.second = second;
    site.events = 0;
  }
  if (++site.events > kEventsPerSecond) {
    ++site.left_out;
    return false;
  }
  left_out = std::exchange(site.left_out, 0);
  return true;
}

}  // namespace

Field::Field(std::string_view k, double v) : key(k), text(fmt::format("{}", v)) {
  quoted = !(v - v == 0);  // JSON has no word for infinity and the like.
}
Field::Field(std::string_view k, Duration v)
    : key(k), text(fmt::format("{:.3f}", static_cast<double>(v.count()) / 1e6)) {}
Field::Field(std::string_view k, const Error& v)
    : key(k), text(v.detail.empty() ? std::string(name_of(v.code)) : v.detail), quoted(true) {}

void log(Level level, std::string_view event, Fields fields, std::source_location at) {
  if (level < least_level.load(std::memory_order_relaxed)) return;
  State& s = state();
  const std::lock_guard lock(s.mutex);
  const Timestamp now = s.settings.clock ? s.settings.clock() : system_time();
  std::uint64_t left_out = 0;
  if (!admit(s.sites[{at.file_name(), at.line()}], now, left_out)) return;
  const Moment moment = moment_of(now);
  const std::string line = s.settings.format == Format::Json
                               ? json_line(level, moment, event, fields, left_out)
                               : text_line(s.settings, level, moment, event, fields, left_out);
  if (s.settings.write) {
    s.settings.write(line);
  } else {
    std::fwrite(line.data(), 1, line.size(), stderr);
  }
}

void set_log(LogSettings settings) {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  least_level.store(settings.least, std::memory_order_relaxed);
  s.settings = std::move(settings);
  s.sites.clear();
}

bool terminal_wants_colour() {
  const char* const term = std::getenv("TERM");
  return isatty(STDERR_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr && term != nullptr &&
         std::string_view(term) != "dumb";
}

Result<Level> parse_level(std::string_view text) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == text) return static_cast<Level>(i);
  }
  return fail(ErrorCode::InvalidConfig,
              fmt::format("'{}' is not a log level; say debug, info, warn or error", text));
}

Result<Format> parse_format(std::string_view text) {
  if (text == "text") return Format::Text;
  if (text == "json") return Format::Json;
  return fail(ErrorCode::InvalidConfig,
              fmt::format("'{}' is not a log format; say text or json", text));
}

}  // namespace observe
