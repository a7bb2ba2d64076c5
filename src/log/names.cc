#include "log/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/check.h"

namespace logs {
namespace {

constexpr std::size_t kOffsetDigits = 20;
constexpr std::size_t kLongestName = 255;
constexpr std::string_view kDeleted = "-delete";

constexpr std::array<std::pair<std::string_view, FileKind>, 5> kSuffixes{{
    {".log", FileKind::Log},
    {".index", FileKind::Index},
    {".timeindex", FileKind::TimeIndex},
    {".txnindex", FileKind::TxnIndex},
    {".snapshot", FileKind::Snapshot},
}};

template <class T>
std::optional<T> parse_number(std::string_view digits) {
  T value{};
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), value);
  if (error != std::errc{} || end != digits.end() || value < 0) return {};
  return value;
}

}  // namespace

FileName parse_file_name(std::string_view name) {
  for (const std::string_view left : {".deleted", ".cleaned", ".tmp"}) {
    if (name.ends_with(left)) return {.kind = FileKind::LeftOver, .base = {}};
  }
  if (name.ends_with(".swap")) return {.kind = FileKind::Unfinished, .base = {}};
  if (name.size() <= kOffsetDigits) return {};
  const auto base = parse_number<std::int64_t>(name.substr(0, kOffsetDigits));
  if (!base) return {};
  for (const auto& [suffix, kind] : kSuffixes) {
    if (name.substr(kOffsetDigits) == suffix) return {.kind = kind, .base = Offset{*base}};
  }
  return {};
}

std::string file_name(FileKind kind, Offset base) {
  const auto found =
      std::ranges::find(kSuffixes, kind, [](const auto& entry) { return entry.second; });
  check(found != kSuffixes.end(), "a kind of file without a name");
  return fmt::format("{:020}{}", base.value, found->first);
}

std::string partition_folder(const TopicPartition& partition) {
  return fmt::format("{}-{}", partition.topic.value, partition.partition.value);
}

std::optional<TopicPartition> parse_partition_folder(std::string_view name) {
  const std::size_t dash = name.rfind('-');
  if (dash == std::string_view::npos || dash == 0) return {};
  const auto partition = parse_number<std::int32_t>(name.substr(dash + 1));
  if (!partition) return {};
  return TopicPartition{TopicName{std::string(name.substr(0, dash))}, PartitionIndex{*partition}};
}

std::string deleted_folder(std::string_view name, const Uuid& fresh) {
  std::string suffix = ".";
  for (const std::byte b : fresh.bytes) suffix += fmt::format("{:02x}", std::to_integer<int>(b));
  suffix += kDeleted;
  return std::string(name.substr(0, kLongestName - suffix.size())) + suffix;
}

bool is_deleted_folder(std::string_view name) {
  constexpr std::size_t kIdDigits = 32;
  if (!name.ends_with(kDeleted)) return false;
  name.remove_suffix(kDeleted.size());
  return name.size() > kIdDigits + 1 && name[name.size() - kIdDigits - 1] == '.' &&
         std::ranges::all_of(name.substr(name.size() - kIdDigits), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace logs
