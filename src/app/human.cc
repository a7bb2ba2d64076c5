#include "app/human.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <optional>

namespace app {

namespace {

using std::chrono::days;

struct Unit {
  std::string_view name;
  std::int64_t size;
};

constexpr Unit kDurationUnits[] = {
    {"ms", 1},        {"s", 1'000},      {"m", 60'000},      {"min", 60'000},
    {"h", 3'600'000}, {"d", 86'400'000}, {"w", 604'800'000},
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::unexpected<Error> not_a(std::string_view kind, std::string_view text,
                             std::string_view example) {
  return fail(ErrorCode::InvalidRequest,
              fmt::format("'{}' is no {}; write it like {}", text, kind, example));
}

// Takes a number off the front of `text`.
template <class T>
std::optional<T> take_number(std::string_view& text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return {};
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

std::string_view take_letters(std::string_view& text) {
  std::size_t n = 0;
  while (n < text.size() &&
         ((text[n] >= 'a' && text[n] <= 'z') || (text[n] >= 'A' && text[n] <= 'Z')))
    ++n;
  const std::string_view letters = text.substr(0, n);
  text.remove_prefix(n);
  return letters;
}

// Exactly `digits` decimal digits off the front of `text`.
std::optional<int> take_digits(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return {};
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return {};
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

// The value as a whole number of the smallest unit, unless it does not fit.
std::optional<std::int64_t> scaled(double number, std::int64_t unit) {
  const double value = number * static_cast<double>(unit);
  if (!(value >= 0) || value > 9e18) return {};
  return std::llround(value);
}

std::optional<std::int64_t> take_date(std::string_view& text) {
  const auto year = take_digits(text, 4);
  if (!year || !take(text, '-')) return {};
  const auto month = take_digits(text, 2);
  if (!month || !take(text, '-')) return {};
  const auto day = take_digits(text, 2);
  if (!day) return {};
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return {};
  return std::chrono::duration_cast<Millis>(std::chrono::sys_days(date).time_since_epoch()).count();
}

std::optional<std::int64_t> take_fraction(std::string_view& text) {
  if (!take(text, '.')) return 0;
  std::int64_t millis = 0;
  std::int64_t weight = 100;
  if (text.empty() || text.front() < '0' || text.front() > '9') return {};
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    millis += (text.front() - '0') * weight;
    weight /= 10;
    text.remove_prefix(1);
  }
  return millis;
}

std::optional<std::int64_t> take_clock(std::string_view& text) {
  const auto hour = take_digits(text, 2);
  if (!hour || *hour > 23 || !take(text, ':')) return {};
  const auto minute = take_digits(text, 2);
  if (!minute || *minute > 59) return {};
  std::int64_t millis = *hour * 3'600'000LL + *minute * 60'000LL;
  if (!take(text, ':')) return millis;
  const auto second = take_digits(text, 2);
  if (!second || *second > 59) return {};
  const auto fraction = take_fraction(text);
  if (!fraction) return {};
  return millis + *second * 1'000LL + *fraction;
}

// How far the zone is ahead of UTC.
std::optional<std::int64_t> take_zone(std::string_view& text) {
  if (text.empty() || take(text, 'Z') || take(text, 'z')) return 0;
  const bool ahead = text.front() == '+';
  if (!ahead && text.front() != '-') return {};
  text.remove_prefix(1);
  const auto hours = take_digits(text, 2);
  if (!hours || *hours > 18) return {};
  take(text, ':');
  const auto minutes = text.empty() ? std::optional<int>(0) : take_digits(text, 2);
  if (!minutes || *minutes > 59) return {};
  const std::int64_t offset = *hours * 3'600'000LL + *minutes * 60'000LL;
  return ahead ? offset : -offset;
}

std::optional<Timestamp> parse_iso(std::string_view text) {
  const auto date = take_date(text);
  if (!date) return {};
  std::int64_t clock = 0;
  if (take(text, 'T') || take(text, ' ')) {
    const auto taken = take_clock(text);
    if (!taken) return {};
    clock = *taken;
  }
  const auto zone = take_zone(text);
  if (!zone || !text.empty()) return {};
  return Timestamp{*date + clock - *zone};
}

}  // namespace

std::string human_size(std::int64_t bytes) {
  constexpr std::array kUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes > -1024 && bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  // 1023.96 KiB would be shown as 1024.0 KiB: it is 1.0 MiB.
  while (std::abs(value) >= 1023.95 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string human_count(std::int64_t count) {
  std::string digits = fmt::format("{}", count);
  const std::size_t first = count < 0 ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

std::string human_rate(double per_second) {
  constexpr std::array kUnits = {"", " k", " M", " G"};
  std::size_t unit = 0;
  while (per_second >= 9999.5 && unit + 1 < kUnits.size()) {
    per_second /= 1000;
    ++unit;
  }
  return fmt::format("{:.{}f}{}", per_second, unit == 0 ? 0 : 1, kUnits[unit]);
}

std::string human_duration(Duration duration) {
  const double ns = static_cast<double>(duration.count());
  if (ns == 0) return "0 s";
  if (ns < 1e3) return fmt::format("{:.0f} ns", ns);
  if (ns < 1e6) return fmt::format("{:.1f} us", ns / 1e3);
  if (ns < 1e9) return fmt::format("{:.{}f} ms", ns / 1e6, ns < 1e7 ? 2 : 1);
  if (ns < 60e9) return fmt::format("{:.{}f} s", ns / 1e9, ns < 1e10 ? 2 : 1);
  const std::int64_t s = duration.count() / 1'000'000'000;
  const auto two = [](std::int64_t a, std::string_view a_unit, std::int64_t b,
                      std::string_view b_unit) {
    return b == 0 ? fmt::format("{} {}", a, a_unit)
                  : fmt::format("{} {} {} {}", a, a_unit, b, b_unit);
  };
  if (s < 3600) return two(s / 60, "min", s % 60, "s");
  if (s < 86400) return two(s / 3600, "h", s % 3600 / 60, "min");
  return two(s / 86400, "d", s % 86400 / 3600, "h");
}

constexpr Timestamp kYearZero{-62'167'219'200'000};
constexpr Timestamp kYear9999{253'402'300'799'999};

std::string iso_time(Timestamp at) {
  if (at == kNoTimestamp) return "-";
  // Producers may say anything. A date has four digits for the year.
  if (at < kYearZero || at > kYear9999) return std::to_string(at.value);
  const std::chrono::sys_time<Millis> time{Millis(at.value)};
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

Result<std::int64_t> parse_size(std::string_view text) {
  constexpr Unit kUnits[] = {
      {"", 1},
      {"b", 1},
      {"k", 1LL << 10},
      {"kib", 1LL << 10},
      {"kb", 1'000},
      {"m", 1LL << 20},
      {"mib", 1LL << 20},
      {"mb", 1'000'000},
      {"g", 1LL << 30},
      {"gib", 1LL << 30},
      {"gb", 1'000'000'000},
      {"t", 1LL << 40},
      {"tib", 1LL << 40},
      {"tb", 1'000'000'000'000},
  };
  std::string_view rest = text;
  const auto number = take_number<double>(rest);
  if (number) {
    while (take(rest, ' ')) {
    }
    const std::string unit = lower(rest);
    for (const Unit& known : kUnits) {
      if (known.name != unit) continue;
      if (const auto size = scaled(*number, known.size)) return *size;
    }
  }
  return not_a("size", text, "1048576, 1MiB or 1.5GB");
}

Result<Millis> parse_duration(std::string_view text) {
  constexpr std::string_view kExample = "250ms, 30s, 5m, 2h, 7d or 1h30m";
  const std::string small = lower(text);
  std::string_view rest = small;
  const bool iso = take(rest, 'p');
  bool clock = !iso;  // In ISO 8601 'm' before the T would be months, which have no length.
  std::int64_t total = 0;
  bool any = false;
  while (!rest.empty()) {
    if (iso && !clock && take(rest, 't')) clock = true;
    while (take(rest, ' ')) {
    }
    if (rest.empty() || rest.front() < '0' || rest.front() > '9')
      return not_a("duration", text, kExample);
    const auto number = take_number<double>(rest);
    const std::string_view name = take_letters(rest);
    std::int64_t unit = name.empty() && !iso && !any && rest.empty() ? 1 : 0;
    for (const Unit& known : kDurationUnits) {
      if (known.name == name && (clock || name == "d" || name == "w")) unit = known.size;
    }
    // ISO puts a 't' between days and hours, glued to the days' letter.
    if (iso && !clock && name.size() == 2 && name.back() == 't') {
      unit = name.front() == 'd' ? 86'400'000 : 0;
      clock = true;
    }
    const auto part = number && unit > 0 ? scaled(*number, unit) : std::nullopt;
    if (!part || __builtin_add_overflow(total, *part, &total))
      return not_a("duration", text, kExample);
    any = true;
  }
  if (!any) return not_a("duration", text, kExample);
  return Millis(total);
}

Result<Timestamp> parse_time(std::string_view text) {
  std::string_view rest = text;
  if (const auto millis = take_number<std::int64_t>(rest); millis && rest.empty() && *millis >= 0) {
    return Timestamp{*millis};
  }
  if (const auto time = parse_iso(text)) return *time;
  return not_a("time", text, "2026-11-23T12:00:00Z, 2026-11-23 or milliseconds since 1970");
}

}  // namespace app
