#include "config/file.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/lines.h"

namespace config {
namespace {

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

// Checks one setting and puts it into `pairs`.
Result<void> take(Pairs& pairs, const std::string& name, std::string_view value) {
  const Option* option = find_broker_option(name);
  if (!option) return fail(unknown_broker_option(name));
  std::string plain = TRY(canonical(*option, name, value));
  pairs.insert_or_assign(name, std::move(plain));
  return {};
}

// Java's escapes: a letter behind a backslash, where it stands for itself unless it is one of
// these.
char unescaped(char letter) {
  switch (letter) {
    case 't':
      return '\t';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    default:
      return letter;
  }
}

// The value of one properties line, which may go on in the lines that follow.
std::string take_value(std::string_view value, std::string_view& rest, std::size_t& line) {
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] != '\\') {
      out += value[i];
    } else if (i + 1 < value.size()) {
      out += unescaped(value[++i]);
    } else {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      value = trim(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      ++line;
      i = static_cast<std::size_t>(-1);
    }
  }
  return out;
}

}  // namespace

Result<std::vector<Line>> read_properties(std::string_view text) {
  std::vector<Line> lines;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t at = ++number;
    if (line.empty() || line.front() == '#' || line.front() == '!') continue;
    const std::size_t sign = line.find_first_of("=: \t");
    const std::string_view key = line.substr(0, sign);
    std::string_view value = sign == std::string_view::npos ? "" : trim(line.substr(sign));
    if (!value.empty() && (value.front() == '=' || value.front() == ':')) {
      value = trim(value.substr(1));
    }
    lines.push_back({at, std::string(key), take_value(value, text, number)});
  }
  return lines;
}

Result<Pairs> parse_file(std::string_view path, std::string_view text) {
  const auto place = [&](std::size_t line, const std::string& what) {
    return fail(ErrorCode::InvalidConfig, fmt::format("{}:{}: {}", path, line, what));
  };
  std::size_t wrong_line = 0;
  const Result<std::vector<Line>> lines =
      path.ends_with(".properties") ? read_properties(text) : read_toml(text, wrong_line);
  if (!lines) return place(wrong_line, lines.error().detail);

  Pairs pairs;
  for (const Line& line : *lines) {
    if (pairs.contains(line.name)) {
      return place(line.number, fmt::format("{} is set a second time", line.name));
    }
    const Result<void> taken = take(pairs, line.name, line.value);
    if (!taken) return place(line.number, taken.error().detail);
  }
  return pairs;
}

Result<void> set(Pairs& pairs, std::string_view assignment) {
  const std::size_t sign = assignment.find('=');
  if (sign == std::string_view::npos || sign == 0) {
    return fail(ErrorCode::InvalidConfig,
                fmt::format("--set takes KEY=VALUE, got '{}'", assignment));
  }
  const std::string name(trim(assignment.substr(0, sign)));
  const Result<void> taken = take(pairs, name, assignment.substr(sign + 1));
  if (!taken) return fail(taken.error().code, "--set: " + taken.error().detail);
  return {};
}

}  // namespace config
