// How the text of a value is read, and what is said when it is wrong.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "config/option.h"

namespace config {
namespace {

std::string_view trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::int64_t most_of(Type type) {
  switch (type) {
    case Type::Int:
      return std::numeric_limits<std::int32_t>::max();
    case Type::Short:
      return std::numeric_limits<std::int16_t>::max();
    default:
      return std::numeric_limits<std::int64_t>::max();
  }
}

bool is_whole(Type type) { return type == Type::Int || type == Type::Short || type == Type::Long; }

std::vector<std::string_view> choices_of(const Option& option) {
  std::vector<std::string_view> choices;
  for (const std::string_view choice : option.choices) {
    if (!choice.empty()) choices.push_back(choice);
  }
  return choices;
}

// A wrong value may be long or hold anything: what is shown of it is short and printable.
std::string shown(std::string_view text) {
  constexpr std::size_t kMost = 60;
  std::string out(text.substr(0, kMost));
  std::ranges::replace_if(out, [](char c) { return static_cast<unsigned char>(c) < ' '; }, '?');
  return out + (text.size() > kMost ? "..." : "");
}

std::string what_it_may_be(const Option& option, std::int64_t scale) {
  switch (option.type) {
    case Type::Bool:
      return "true or false";
    case Type::Double:
      return fmt::format("{} to {}", option.least_ratio, option.most_ratio);
    case Type::String:
      return fmt::format("one of {}", fmt::join(choices_of(option), ", "));
    case Type::List:
      return fmt::format("a list of different ones of {}", fmt::join(choices_of(option), ", "));
    case Type::Password:
      return "text";
    case Type::Int:
    case Type::Short:
    case Type::Long:
      break;
  }
  const std::int64_t most = std::min(option.most, most_of(option.type)) / scale;
  const std::int64_t least = option.least > 0 ? option.least / scale : option.least;
  std::string range = most == std::numeric_limits<std::int64_t>::max()
                          ? fmt::format("a whole number, at least {}", least)
                          : fmt::format("{} to {}", least, most);
  if (option.except >= option.least && option.except <= option.most) {
    range += fmt::format(" and not {}", option.except);
  }
  return range;
}

std::unexpected<Error> wrong(const Option& option, std::string_view name, std::string_view text,
                             std::int64_t scale = 1) {
  return fail(ErrorCode::InvalidConfig, fmt::format("{} must be {}, got '{}'", name,
                                                    what_it_may_be(option, scale), shown(text)));
}

std::int64_t scale_of(const Option& option, std::string_view name) {
  for (const Synonym& synonym : option.synonyms) {
    if (synonym.name == name && !name.empty()) return synonym.scale;
  }
  return 1;
}

template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return value;
}

// In the option's own unit.
std::optional<std::int64_t> whole(const Option& option, std::string_view text, std::int64_t scale) {
  const std::optional<std::int64_t> count = number<std::int64_t>(text);
  if (!count) return {};
  // -1 and -2 have a meaning of their own in every unit.
  std::int64_t value = *count;
  if (value > 0 && __builtin_mul_overflow(value, scale, &value)) return {};
  const bool fits = value >= option.least && value <= std::min(option.most, most_of(option.type));
  if (!fits || value == option.except) return {};
  return value;
}

Result<Value> parse_list(const Option& option, std::string_view name, std::string_view text) {
  std::vector<std::string> items;
  const std::vector<std::string_view> choices = choices_of(option);
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t comma = rest.find(',');
    const std::string_view item = trim(rest.substr(0, comma));
    rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
    if (choices.empty()) {
      items.emplace_back(item);
      continue;
    }
    const bool known = std::ranges::find(choices, item) != choices.end();
    const bool repeated = std::ranges::find(items, item) != items.end();
    if (!known || repeated) return wrong(option, name, text);
    items.emplace_back(item);
  }
  return Value(std::move(items));
}

Result<Value> parse_bool(const Option& option, std::string_view name, std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (lower == "true") return Value(true);
  if (lower == "false") return Value(false);
  return wrong(option, name, text);
}

Result<Value> parse_double(const Option& option, std::string_view name, std::string_view text) {
  const std::optional<double> value = number<double>(text);
  const bool fits =
      value && std::isfinite(*value) && *value >= option.least_ratio && *value <= option.most_ratio;
  if (!fits) return wrong(option, name, text);
  return Value(*value);
}

Result<Value> parse_string(const Option& option, std::string_view name, std::string_view text) {
  const std::vector<std::string_view> choices = choices_of(option);
  const bool known = choices.empty() || std::ranges::find(choices, text) != choices.end();
  if (!known) return wrong(option, name, text);
  return Value(std::string(text));
}

struct Suffix {
  std::string_view text;
  std::int64_t factor;
};
constexpr std::array kByteSuffixes{
    Suffix{"KiB", 1LL << 10},
    Suffix{"MiB", 1LL << 20},
    Suffix{"GiB", 1LL << 30},
    Suffix{"TiB", 1LL << 40},
    Suffix{"kB", 1'000},
    Suffix{"MB", 1'000'000},
    Suffix{"GB", 1'000'000'000},
    Suffix{"TB", 1'000'000'000'000},
    Suffix{"B", 1},
};
constexpr std::array kMillisSuffixes{
    Suffix{"ms", 1},        Suffix{"s", 1'000},      Suffix{"m", 60'000},
    Suffix{"h", 3'600'000}, Suffix{"d", 86'400'000},
};

// "64KiB" as 65536. Nothing where the text has no unit, or one that the option does not take.
std::optional<std::int64_t> with_unit(Unit unit, std::string_view text) {
  std::span<const Suffix> suffixes;
  if (unit == Unit::Bytes) suffixes = kByteSuffixes;
  if (unit == Unit::Millis) suffixes = kMillisSuffixes;
  for (const Suffix& suffix : suffixes) {
    if (!text.ends_with(suffix.text)) continue;
    const auto count = number<std::int64_t>(trim(text.substr(0, text.size() - suffix.text.size())));
    std::int64_t value = 0;
    if (!count || __builtin_mul_overflow(*count, suffix.factor, &value)) return {};
    return value;
  }
  return {};
}

}  // namespace

Result<Value> parse(const Option& option, std::string_view name, std::string_view text) {
  if (option.type == Type::Password) return Value(std::string(text));
  const std::string_view trimmed = trim(text);
  switch (option.type) {
    case Type::Bool:
      return parse_bool(option, name, trimmed);
    case Type::Double:
      return parse_double(option, name, trimmed);
    case Type::String:
      return parse_string(option, name, trimmed);
    case Type::List:
      return parse_list(option, name, trimmed);
    default:
      break;
  }
  const std::int64_t scale = scale_of(option, name);
  const std::optional<std::int64_t> value = whole(option, trimmed, scale);
  if (!value) return wrong(option, name, trimmed, scale);
  return Value(*value);
}

Result<std::string> canonical(const Option& option, std::string_view name, std::string_view text) {
  std::string plain(option.type == Type::Password ? text : trim(text));
  if (is_whole(option.type)) {
    if (const auto value = with_unit(option.unit, plain)) {
      const std::int64_t scale = scale_of(option, name);
      if (*value % scale != 0) return wrong(option, name, text, scale);
      plain = std::to_string(*value / scale);
    }
  }
  TRY(parse(option, name, plain));
  return plain;
}

}  // namespace config
