// Reads records from topics of any Kafka cluster, either from partitions of the caller's choice or
// as a member of a group. Belongs to one thread.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "client/record.h"

namespace client {

struct ConsumerSettings {
  std::string bootstrap = {};
  std::string group = {};          // Empty: no group, partitions are assigned by the caller.
  std::string reset = "earliest";  // Where a group without committed offsets starts.
  bool commit = true;              // A group's offsets are committed as records are taken.
  bool read_committed = true;      // Leaves out records of aborted transactions.
  std::map<std::string, std::string> more = {};  // librdkafka's own properties, by name.
};

struct Start {
  TopicPartition partition;
  Offset offset;
};

// The consumer has reached, for now, the end of a partition.
struct EndOfPartition {
  TopicPartition partition;
  Offset offset;
};

// What a poll found. Nothing (all empty) when the wait ran out.
struct Polled {
  const RecordView* record = nullptr;  // Lives until the next poll.
  std::optional<EndOfPartition> end;
};

class Consumer {
 public:
  static Result<std::unique_ptr<Consumer>> open(ConsumerSettings settings);
  virtual ~Consumer() = default;  // Leaves the group; what was committed stays.

  virtual Result<void> assign(const std::vector<Start>& starts) = 0;
  virtual Result<void> subscribe(const std::vector<TopicName>& topics) = 0;

  // How many partitions are this consumer's now.
  virtual std::size_t assigned() const = 0;

  virtual Result<Polled> poll(Millis wait) = 0;

  // Commits what was taken so far and waits for the answer. Fine when there is nothing to commit.
  virtual Result<void> commit() = 0;
};

}  // namespace client
