// Writes records to topics of any Kafka cluster. librdkafka batches, compresses and retries; this
// gives it owners, bounds and errors as values. Belongs to one thread.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/result.h"
#include "client/record.h"

namespace client {

// What became of one record.
struct Delivery {
  PartitionIndex partition;
  Offset offset;
  std::size_t bytes = 0;  // Of key and value.
  Duration latency{};     // From send to the broker's answer.
  std::optional<Error> error;
};

struct ProducerSettings {
  std::string bootstrap;
  std::string codec = "none";
  std::string acks = "all";
  bool idempotent = true;                        // Only with acks=all; off where acks ask for less.
  std::map<std::string, std::string> more = {};  // librdkafka's own properties, by name.
};

class Producer {
 public:
  static Result<std::unique_ptr<Producer>> open(ProducerSettings settings,
                                                std::function<void(const Delivery&)> delivered);
  virtual ~Producer() = default;

  // Copies the record into the queue; waits for room when it is full. A partition below zero lets
  // the key choose, as Java's client does. Offset is ignored, and so is a negative timestamp.
  virtual Result<void> send(const RecordView& record) = 0;

  // Runs `delivered` for what has come back, waiting up to `wait` for the first.
  virtual void poll(Millis wait) = 0;
  virtual int queued() const = 0;  // Neither acknowledged nor refused yet.
};

// Of the library that is linked in.
std::string_view librdkafka_version();

}  // namespace client
