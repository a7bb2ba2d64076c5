#include "group/pending.h"

#include <algorithm>
#include <utility>

#include "base/probe.h"

namespace group {
namespace {

bool is_of(const OffsetStored& offset, const GroupId& group, const TopicPartition& partition) {
  return offset.group == group && offset.partition == partition;
}

}  // namespace

void PendingOffsets::add(ProducerId producer, OffsetStored offset) {
  std::vector<Said>& said = by_producer_[producer];
  std::erase_if(said, [&](const Said& earlier) {
    return is_of(earlier.offset, offset.group, offset.partition);
  });
  said.push_back({next_++, std::move(offset)});
}

std::vector<OffsetStored> PendingOffsets::commit(ProducerId producer) {
  const auto ended = by_producer_.extract(producer);
  std::vector<OffsetStored> offsets;
  if (ended.empty()) return offsets;
  for (Said& said : ended.mapped()) {
    overrule(said.offset.group, said.offset.partition, said.order);
    offsets.push_back(std::move(said.offset));
  }
  return offsets;
}

void PendingOffsets::overrule(const GroupId& group, const TopicPartition& partition) {
  overrule(group, partition, next_);
}

void PendingOffsets::overrule(const GroupId& group, const TopicPartition& partition,
                              std::uint64_t before) {
  for (auto at = by_producer_.begin(); at != by_producer_.end();) {
    const std::size_t overruled = std::erase_if(at->second, [&](const Said& said) {
      return said.order < before && is_of(said.offset, group, partition);
    });
    if (overruled > 0) probe::reached<"an offset of an open transaction was overruled">();
    at = at->second.empty() ? by_producer_.erase(at) : std::next(at);
  }
}

bool PendingOffsets::holds(const GroupId& group) const {
  return std::ranges::any_of(by_producer_, [&](const auto& one) {
    return std::ranges::any_of(one.second,
                               [&](const Said& said) { return said.offset.group == group; });
  });
}

bool PendingOffsets::holds(const GroupId& group, const TopicPartition& partition) const {
  return std::ranges::any_of(by_producer_, [&](const auto& one) {
    return std::ranges::any_of(
        one.second, [&](const Said& said) { return is_of(said.offset, group, partition); });
  });
}

// The order matters, the numbers do not.
bool PendingOffsets::operator==(const PendingOffsets& other) const {
  const auto flat = [](const PendingOffsets& pending) {
    std::vector<std::pair<std::uint64_t, std::pair<ProducerId, OffsetStored>>> all;
    for (const auto& [producer, saids] : pending.by_producer_) {
      for (const Said& said : saids) all.emplace_back(said.order, std::pair(producer, said.offset));
    }
    std::ranges::sort(all, {}, [](const auto& one) { return one.first; });
    return all;
  };
  const auto mine = flat(*this);
  const auto theirs = flat(other);
  return std::ranges::equal(
      mine, theirs, {}, [](const auto& one) { return one.second; },
      [](const auto& one) { return one.second; });
}

}  // namespace group
