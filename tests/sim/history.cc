#include "history.h"

#include <algorithm>

namespace simulation {
namespace {

constexpr std::size_t kMostContradictions = 20;  // One fault shows at every turn.
constexpr std::size_t kShown = 40;               // Characters of a value.

std::string place(const TopicPartition& partition) {
  return partition.topic.value + "-" + std::to_string(partition.partition.value);
}

std::string place(const TopicPartition& partition, Offset offset) {
  return place(partition) + "@" + std::to_string(offset.value);
}

std::string quoted(const std::string& value) {
  return "'" + value.substr(0, kShown) + (value.size() > kShown ? "…'" : "'");
}

std::pair<std::string, std::int64_t> parse(const std::string& value) {
  const std::size_t colon = value.find(':');
  return {value.substr(0, colon), std::stoll(value.substr(colon + 1))};
}

void check_partition(const TopicPartition& partition,
                     const std::vector<std::pair<Offset, std::string>>& records,
                     const History& history, std::set<std::string>& seen,
                     std::vector<std::string>& wrong) {
  Offset expected{0};
  if (!records.empty()) {
    expected = std::min(records.front().first, history.may_start_at(partition));
  }
  std::map<std::string, std::int64_t> last;
  for (const auto& [offset, value] : records) {
    if (offset != expected) wrong.push_back("a hole before " + place(partition, offset));
    expected = Offset{offset.value + 1};
    const std::string what = place(partition, offset) + " holds " + quoted(value);
    if (!history.attempted.contains(value)) {
      wrong.push_back(what + ", which nobody sent");
      continue;
    }
    const auto [producer, number] = parse(value);
    if (history.repeating.contains(producer)) continue;
    if (!seen.insert(value).second) wrong.push_back(what + " a second time");
    const auto before = last.find(producer);
    if (before != last.end() && before->second >= number) {
      wrong.push_back(what + " behind a later one");
    }
    last[producer] = number;
  }
}

}  // namespace

void History::contradict(std::string what) {
  if (contradictions.size() < kMostContradictions) contradictions.push_back(std::move(what));
}

Offset History::may_start_at(const TopicPartition& partition) const {
  const auto found = trimmed.find(partition);
  return found == trimmed.end() ? Offset{0} : found->second;
}

void History::note_read(const TopicPartition& partition, Offset offset, const std::string& value) {
  const auto [at, fresh] = read.try_emplace({partition, offset}, value);
  if (!fresh && at->second != value) {
    contradict(place(partition, offset) + " was " + quoted(at->second) + " and then " +
               quoted(value));
  }
}

Offset History::watermark_floor(const TopicPartition& partition) const {
  const auto found = watermarks.find(partition);
  return found == watermarks.end() ? Offset{0} : found->second;
}

void History::note_watermark(const TopicPartition& partition, Offset floor, Offset watermark) {
  if (watermark < floor) {
    contradict("the high watermark of " + place(partition) + " went from " +
               std::to_string(floor.value) + " back to " + std::to_string(watermark.value));
  }
  Offset& highest = watermarks[partition];
  highest = std::max(highest, watermark);
}

void History::note_acked(const TopicPartition& partition, Offset offset, const std::string& value) {
  acked.push_back({partition, offset, value});
  Offset& highest = watermarks[partition];
  highest = std::max(highest, Offset{offset.value + 1});
}

void History::note_damage(const TopicPartition& partition, Offset from) {
  if (from >= watermark_floor(partition)) return;
  contradict("the broker tells of damage from " + place(partition, from) +
             " on, which was promised up to " + std::to_string(watermark_floor(partition).value));
}

void History::note_first(const TopicPartition& partition, Offset from, Offset first) {
  if (first == from || (first > from && first <= may_start_at(partition))) return;
  contradict(place(partition) + " was read from " + std::to_string(from.value) +
             ", and the first record that came was " + std::to_string(first.value));
}

std::vector<std::string> faults(const History& history, const Content& content) {
  std::vector<std::string> wrong = history.contradictions;
  std::set<std::string> seen;
  std::map<std::pair<TopicPartition, Offset>, std::string> there;
  for (const auto& [partition, records] : content) {
    check_partition(partition, records, history, seen, wrong);
    for (const auto& [offset, value] : records) there.emplace(std::pair{partition, offset}, value);
  }
  const auto must_be = [&](const TopicPartition& partition, Offset offset, const std::string& value,
                           const char* why) {
    const auto found = there.find({partition, offset});
    if (found == there.end()) {
      if (offset < history.may_start_at(partition)) return;
      wrong.push_back(place(partition, offset) + " is gone: " + quoted(value) + " was " + why);
    } else if (found->second != value) {
      wrong.push_back(place(partition, offset) + " holds " + quoted(found->second) + ", but " +
                      quoted(value) + " was " + why);
    }
  };
  for (const Acked& a : history.acked) must_be(a.partition, a.offset, a.value, "acknowledged");
  for (const auto& [at, value] : history.read) must_be(at.first, at.second, value, "read");
  return wrong;
}

}  // namespace simulation
