#include "transfers.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace simulation {
namespace {

std::string to_text(const TopicPartition& partition) {
  return partition.topic.value + "-" + std::to_string(partition.partition.value);
}
std::string to_text(const std::pair<std::string, int>& name) {
  return name.first + "/" + std::to_string(name.second);
}

constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

}  // namespace

void Transfers::attempt(const Write& write) {
  const auto [at, fresh] = transactions_.try_emplace({write.producer, write.transaction});
  if (fresh) at->second.began = ++now_;
  at->second.values[write.partition].push_back(write.value);
  writes_[write.value] = write;
}

void Transfers::end(const std::string& producer, int transaction, End how) {
  Transaction& ended = transactions_[{producer, transaction}];
  ended.end = how;
  ended.committed = how == End::Committed ? ++now_ : 0;
}

void Transfers::note_poll(const TopicPartition& partition, Offset from, Offset next,
                          const Records& records) {
  Offset least = from;
  for (const auto& [offset, value] : records) {
    if (offset < least || offset >= next) {
      fault(to_text(partition) + " gave offset " + std::to_string(offset.value) +
            " out of its turn, asked from " + std::to_string(from.value));
    }
    least = Offset{offset.value + 1};
    const auto [at, fresh] = read_.try_emplace({partition, offset}, value);
    if (!fresh && at->second != value) {
      fault(to_text(partition) + " at " + std::to_string(offset.value) + " was read as " +
            at->second + " and as " + value);
    }
  }
  if (from < next) polls_.push_back({partition, from, next, records.size()});
}

void Transfers::judge(const Content& content, const std::map<std::string, std::int64_t>& groups) {
  visible_.clear();
  for (const auto& [partition, records] : content) judge_partition(partition, records);
  for (const auto& [partition, records] : content) judge_order_in_time(partition, records);
  for (const auto& [name, transaction] : transactions_) judge_transaction(name, transaction);
  judge_reads(content);
  judge_polls(content);
  for (const auto& [group, told] : groups) judge_group(group, told);
  count_write_cycles(content);
}

// Nothing made up, and each producer's values in its order.
void Transfers::judge_partition(const TopicPartition& partition, const Records& records) {
  std::map<std::string, std::pair<int, std::size_t>> last;  // Of each producer.
  for (const auto& [offset, value] : records) {
    ++visible_[value];
    const auto write = writes_.find(value);
    if (write == writes_.end()) {
      fault(to_text(partition) + " holds " + value + ", which nobody wrote");
      continue;
    }
    const auto& [producer, number] = std::tie(write->second.producer, write->second.transaction);
    const auto& values = transactions_.at({producer, number}).values[partition];
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

// What was committed before a transaction began stands before it.
void Transfers::judge_order_in_time(const TopicPartition& partition, const Records& records) {
  std::pair<std::uint64_t, std::string> youngest;  // When it began, of what came before.
  for (const auto& [offset, value] : records) {
    const auto write = writes_.find(value);
    if (write == writes_.end()) continue;
    const Transaction& of = transactions_.at({write->second.producer, write->second.transaction});
    if (of.end == End::Committed && of.committed < youngest.first) {
      fault(to_text(partition) + " holds " + value + " behind " + youngest.second +
            ", whose transaction began when that of the first was committed");
    }
    youngest = std::max(youngest, {of.began, value});
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

// Who went on at `next` was given all there was before: nothing came into it later.
void Transfers::judge_polls(const Content& content) {
  for (const Poll& poll : polls_) {
    const auto records = content.find(poll.partition);
    if (records == content.end()) continue;
    const auto offset_of = [](const auto& record) { return record.first; };
    const auto first = std::ranges::lower_bound(records->second, poll.from, {}, offset_of);
    const auto end = std::ranges::lower_bound(records->second, poll.next, {}, offset_of);
    const auto there = static_cast<std::size_t>(end - first);
    if (there <= poll.records) continue;  // Those that are gone are told of already.
    fault("who read " + to_text(poll.partition) + " from " + std::to_string(poll.from.value) +
          " up to " + std::to_string(poll.next.value) + " was given " +
          std::to_string(poll.records) + " records of " + std::to_string(there));
  }
}

// Offsets and records are committed together or not at all: every position up to what the group
// says has been worked on, once, and none above it.
void Transfers::judge_group(const std::string& group, std::int64_t told) {
  std::map<std::int64_t, std::string> worked_on;
  for (const auto& [value, write] : writes_) {
    if (write.group != group || !visible_.contains(value)) continue;
    const auto [other, fresh] = worked_on.try_emplace(write.position, value);
    if (!fresh) {
      fault("position " + std::to_string(write.position) + " of " + group +
            " was worked on twice: " + other->second + " and " + value);
    }
  }
  if (!worked_on.empty() && worked_on.rbegin()->first >= told) {
    fault(group + " has read up to " + std::to_string(told) + " by its offset, but " +
          worked_on.rbegin()->second + " comes of position " +
          std::to_string(worked_on.rbegin()->first));
  }
  for (std::int64_t position = 0; position < told; ++position) {
    if (worked_on.contains(position)) continue;
    fault(group + " has read up to " + std::to_string(told) + " by its offset, but nothing comes" +
          " of position " + std::to_string(position));
    return;
  }
}

void Transfers::count_write_cycles(const Content& content) {
  using Pair = std::pair<Name, Name>;
  std::set<Pair> orders;
  for (const auto& [partition, records] : content) {
    std::vector<Name> before;
    for (const auto& [offset, value] : records) {
      const auto write = writes_.find(value);
      if (write == writes_.end()) continue;
      const Name name{write->second.producer, write->second.transaction};
      const Transaction& of = transactions_.at(name);
      std::erase_if(before, [&](const Name& other) {
        const Transaction& first = transactions_.at(other);
        return (first.end == End::Committed ? first.committed : kNever) < of.began;
      });
      for (const Name& other : before) {
        if (other != name) orders.insert({other, name});
      }
      if (std::ranges::find(before, name) == before.end()) before.push_back(name);
    }
  }
  write_cycles_ = static_cast<std::size_t>(std::ranges::count_if(orders, [&](const Pair& pair) {
    return pair.first < pair.second && orders.contains({pair.second, pair.first});
  }));
}

std::size_t Transfers::count(End how) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      transactions_, [how](const auto& one) { return one.second.end == how; }));
}

std::set<std::string> Transfers::groups() const {
  std::set<std::string> names;
  for (const auto& [value, write] : writes_) names.insert(write.group);
  return names;
}

}  // namespace simulation
