// The clients of a simulated run: idempotent producers that retry until they are answered, and
// consumers that read along.
#pragma once
#include "client/connection.h"
#include "env/sync.h"
#include "history.h"

namespace simulation {

inline constexpr int kPartitions = 3;
inline const TopicName kTopic{"orders"};

class Clients {
 public:
  Clients(env::Shard& shard, env::Address broker, History& history)
      : shard_(shard), broker_(std::move(broker)), history_(history), running_(shard) {}

  void start();
  env::Task<void> stop();  // Each ends what it is about first.

 private:
  using Link = std::unique_ptr<client::Connection>;

  env::Task<void> produce(int producer);
  env::Task<void> consume(int partition);
  env::Task<Result<Offset>> send(Link& link, int partition, ByteVector batch);
  env::Task<Result<void>> reach(Link& link);
  env::Task<Result<ProducerId>> take_id(Link& link);

  env::Shard& shard_;
  env::Address broker_;
  History& history_;
  env::Gate running_;
  bool stopping_ = false;
};

env::Task<Result<Content>> read_everything(env::Shard& shard, env::Address broker);

}  // namespace simulation
