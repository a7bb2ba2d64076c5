#include "app/position.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "app/human.h"

namespace app {

namespace {

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return {};
  return value;
}

}  // namespace

Result<Position> parse_position(std::string_view text, Timestamp now) {
  if (text == "earliest" || text == "beginning" || text == "start") return AtStart{};
  if (text == "latest" || text == "end") return AtEnd{};
  if (const auto number = whole_number(text); number && !text.starts_with("-")) {
    return AtOffset{Offset{*number}};
  }
  if (text.starts_with("-")) {
    if (const auto back = whole_number(text.substr(1)); back && *back >= 0) return BeforeEnd{*back};
    if (const Result<Millis> ago = parse_duration(text.substr(1));
        ago && ago->count() <= now.value) {
      return AtTime{Timestamp{now.value - ago->count()}};
    }
  }
  if (text.starts_with("@")) {
    if (const Result<Timestamp> time = parse_time(text.substr(1))) return AtTime{*time};
  } else if (const Result<Timestamp> time = parse_time(text); time && text.size() > 4) {
    return AtTime{*time};
  }
  return fail(ErrorCode::InvalidRequest,
              fmt::format("'{}' is no position: {}", text, kPositionHelp));
}

}  // namespace app
