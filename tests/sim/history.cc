#include "history.h"

namespace simulation {
namespace {

std::string place(const TopicPartition& partition, Offset offset) {
  return partition.topic.value + "-" + std::to_string(partition.partition.value) + "@" +
         std::to_string(offset.value);
}

// Values are "<producer>:<number>".
std::pair<std::string, std::int64_t> parse(const std::string& value) {
  const std::size_t colon = value.find(':');
  return {value.substr(0, colon), std::stoll(value.substr(colon + 1))};
}

void check_partition(const TopicPartition& partition,
                     const std::vector<std::pair<Offset, std::string>>& records,
                     const History& history, std::set<std::string>& seen,
                     std::vector<std::string>& wrong) {
  Offset expected{0};
  std::map<std::string, std::int64_t> last;
  for (const auto& [offset, value] : records) {
    if (offset != expected) wrong.push_back("a hole before " + place(partition, offset));
    expected = Offset{offset.value + 1};
    if (!history.attempted.contains(value)) {
      wrong.push_back(place(partition, offset) + " holds '" + value + "', which nobody sent");
      continue;
    }
    if (!seen.insert(value).second) {
      wrong.push_back(place(partition, offset) + " holds '" + value + "' a second time");
    }
    const auto [producer, number] = parse(value);
    const auto before = last.find(producer);
    if (before != last.end() && before->second >= number) {
      wrong.push_back(place(partition, offset) + " holds '" + value + "' behind a later one");
    }
    last[producer] = number;
  }
}

}  // namespace

void History::note_read(const TopicPartition& partition, Offset offset, const std::string& value) {
  const auto [at, fresh] = read.try_emplace({partition, offset}, value);
  if (!fresh && at->second != value) {
    contradictions.push_back(place(partition, offset) + " was '" + at->second + "' and then '" +
                             value + "'");
  }
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
      wrong.push_back(place(partition, offset) + " is gone: '" + value + "' was " + why);
    } else if (found->second != value) {
      wrong.push_back(place(partition, offset) + " holds '" + found->second + "', but '" + value +
                      "' was " + why);
    }
  };
  for (const Acked& a : history.acked) must_be(a.partition, a.offset, a.value, "acknowledged");
  for (const auto& [at, value] : history.read) must_be(at.first, at.second, value, "read");
  return wrong;
}

}  // namespace simulation
