#include "group/assigned.h"

#include <algorithm>
#include <iterator>

namespace group {
namespace {

using Partitions = std::vector<PartitionIndex>;

void keep(Assigned& in, const TopicId& topic, Partitions partitions) {
  if (!partitions.empty()) in.emplace_hint(in.end(), topic, std::move(partitions));
}

}  // namespace

void put_in_order(Assigned& all) {
  for (auto& [topic, partitions] : all) {
    std::ranges::sort(partitions);
    partitions.erase(std::ranges::unique(partitions).begin(), partitions.end());
  }
  std::erase_if(all, [](const auto& topic) { return topic.second.empty(); });
}

void add(Assigned& to, const TopicId& topic, Partitions partitions) {
  if (partitions.empty()) return;
  Partitions& all = to[topic];
  all.insert(all.end(), partitions.begin(), partitions.end());
  std::ranges::sort(all);
  all.erase(std::ranges::unique(all).begin(), all.end());
}

bool contains(const Assigned& all, const TopicId& topic, PartitionIndex partition) {
  const auto at = all.find(topic);
  return at != all.end() && std::ranges::binary_search(at->second, partition);
}

bool is_subset(const Assigned& part, const Assigned& of) {
  return std::ranges::all_of(part, [&](const auto& topic) {
    const auto at = of.find(topic.first);
    return at != of.end() && std::ranges::includes(at->second, topic.second);
  });
}

bool overlap(const Assigned& a, const Assigned& b) { return !common(a, b).empty(); }

Assigned common(const Assigned& a, const Assigned& b) {
  Assigned both;
  for (const auto& [topic, partitions] : a) {
    const auto at = b.find(topic);
    if (at == b.end()) continue;
    Partitions kept;
    std::ranges::set_intersection(partitions, at->second, std::back_inserter(kept));
    keep(both, topic, std::move(kept));
  }
  return both;
}

Assigned without(const Assigned& from, const Assigned& what) {
  Assigned rest;
  for (const auto& [topic, partitions] : from) {
    const auto at = what.find(topic);
    Partitions kept;
    if (at == what.end()) {
      kept = partitions;
    } else {
      std::ranges::set_difference(partitions, at->second, std::back_inserter(kept));
    }
    keep(rest, topic, std::move(kept));
  }
  return rest;
}

Assigned together(const Assigned& a, const Assigned& b) {
  Assigned all = a;
  for (const auto& [topic, partitions] : b) add(all, topic, partitions);
  return all;
}

std::size_t count(const Assigned& assigned) {
  std::size_t count = 0;
  for (const auto& [topic, partitions] : assigned) count += partitions.size();
  return count;
}

std::string describe_change(const Assigned& before, const Assigned& after) {
  const std::size_t fewer = count(without(before, after));
  const std::size_t more = count(without(after, before));
  return std::to_string(more) + " partitions more, " + std::to_string(fewer) + " fewer, " +
         std::to_string(count(after)) + " in all";
}

}  // namespace group
