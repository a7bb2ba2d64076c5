#include "transfers.h"

#include <algorithm>
#include <utility>

namespace simulation {
namespace {

std::string to_text(const TopicPartition& partition) {
  return partition.topic.value + "-" + std::to_string(partition.partition.value);
}
std::string to_text(const std::pair<std::string, int>& name) {
  return name.first + "/" + std::to_string(name.second);
}

}  // namespace

void Transfers::attempt(const std::string& producer, int transaction,
                        const TopicPartition& partition, const std::string& value) {
  const Name name{producer, transaction};
  transactions_[name].values[partition].push_back(value);
  written_in_[value] = name;
}

void Transfers::end(const std::string& producer, int transaction, End how) {
  transactions_[{producer, transaction}].end = how;
}

void Transfers::note_read(const TopicPartition& partition, Offset offset,
                          const std::string& value) {
  const auto [at, fresh] = read_.try_emplace({partition, offset}, value);
  if (!fresh && at->second != value) {
    fault(to_text(partition) + " at " + std::to_string(offset.value) + " was read as " +
          at->second + " and as " + value);
  }
}

void Transfers::judge(const Content& content, const std::map<std::string, std::int64_t>& groups) {
  visible_.clear();
  for (const auto& [partition, records] : content) judge_partition(partition, records);
  for (const auto& [name, transaction] : transactions_) judge_transaction(name, transaction);
  judge_reads(content);
  for (const auto& [producer, told] : groups) judge_group(producer, told);
}

// Nothing made up, and each producer's values in its order.
void Transfers::judge_partition(const TopicPartition& partition,
                                const std::vector<std::pair<Offset, std::string>>& records) {
  std::map<std::string, std::pair<int, std::size_t>> last;  // Of each producer.
  for (const auto& [offset, value] : records) {
    ++visible_[value];
    const auto of = written_in_.find(value);
    if (of == written_in_.end()) {
      fault(to_text(partition) + " holds " + value + ", which nobody wrote");
      continue;
    }
    const auto& [producer, number] = of->second;
    const auto& values = transactions_.at(of->second).values[partition];
    const auto at = std::ranges::find(values, value);
    if (at == values.end()) {
      fault(to_text(partition) + " holds " + value + ", which was written elsewhere");
      continue;
    }
    const std::pair<int, std::size_t> place{number, static_cast<std::size_t>(at - values.begin())};
    const auto [before, first] = last.try_emplace(producer, place);
    if (!first && place <= before->second) {
      fault(to_text(partition) + " holds " + value + " behind what " + producer + " wrote later");
    }
    before->second = std::max(before->second, place);
  }
}

void Transfers::judge_transaction(const Name& name, const Transaction& transaction) {
  std::size_t written = 0;
  std::size_t there = 0;
  for (const auto& [partition, values] : transaction.values) {
    for (const std::string& value : values) {
      ++written;
      const auto seen = visible_.find(value);
      if (seen == visible_.end()) continue;
      ++there;
      if (seen->second > 1) fault(value + " is there " + std::to_string(seen->second) + " times");
    }
  }
  const std::string counted = std::to_string(there) + " of " + std::to_string(written);
  const bool is_over = transaction.end == End::Aborted || transaction.end == End::Open;
  if (is_over && there > 0) fault(to_text(name) + " was never committed, and is read: " + counted);
  if (transaction.end == End::Committed && there < written) {
    fault(to_text(name) + " was committed, and is there in part: " + counted);
  }
  if (transaction.end == End::InDoubt && there > 0 && there < written) {
    fault(to_text(name) + " is torn: " + counted + " are there");
  }
}

// What was read once stays.
void Transfers::judge_reads(const Content& content) {
  for (const auto& [place, value] : read_) {
    const auto records = content.find(place.first);
    const auto found = records == content.end() ? nullptr : [&]() -> const std::string* {
      const auto at = std::ranges::lower_bound(records->second, place.second, {},
                                               [](const auto& record) { return record.first; });
      return at != records->second.end() && at->first == place.second ? &at->second : nullptr;
    }();
    if (found && *found == value) continue;
    fault(value + " was read from " + to_text(place.first) + " at " +
          std::to_string(place.second.value) + ", and is not there any more");
  }
}

// The group has read as far as the producer's last committed transaction says: offsets and records
// are committed together or not at all.
void Transfers::judge_group(const std::string& producer, std::int64_t told) {
  std::int64_t expected = 0;
  for (const auto& [name, transaction] : transactions_) {
    if (name.first != producer) continue;
    const auto is_there = [&](const auto& of_partition) {
      return std::ranges::any_of(
          of_partition.second, [&](const std::string& value) { return visible_.contains(value); });
    };
    if (std::ranges::any_of(transaction.values, is_there)) expected = name.second + 1;
  }
  if (told != expected) {
    fault("the group of " + producer + " has read up to " + std::to_string(told) +
          ", its records say " + std::to_string(expected));
  }
}

std::size_t Transfers::committed() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      transactions_, [](const auto& one) { return one.second.end == End::Committed; }));
}

std::set<std::string> Transfers::producers() const {
  std::set<std::string> names;
  for (const auto& [name, transaction] : transactions_) names.insert(name.first);
  return names;
}

}  // namespace simulation
