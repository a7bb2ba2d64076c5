#include "scene.h"

namespace simulation {

using namespace std::chrono_literals;

client::Settings client_settings() { return {.client_id = "simulated", .timeout = Millis(5000)}; }

env::Task<Result<void>> Link::reach() {
  if (connection_) co_return Result<void>{};
  CO_TRY(connection_,
         co_await client::Connection::open(scene_.shard, scene_.broker, client_settings()));
  co_return Result<void>{};
}

void Clients::start() {
  const Workload& load = scene_.load;
  for (int i = 0; i < load.producers; ++i) running_.spawn(produce(scene_, i, true));
  for (int i = 0; i < load.plain_producers; ++i) running_.spawn(produce(scene_, i, false));
  for (int i = 0; i < load.consumers; ++i) running_.spawn(consume(scene_, i));
  for (int i = 0; i < load.committers; ++i) running_.spawn(commit_offsets(scene_, i));
  for (int i = 0; i < load.churners; ++i) running_.spawn(change_topics(scene_, i));
  for (int i = 0; i < load.trimmers; ++i) running_.spawn(trim(scene_, i));
  for (int i = 0; i < load.transactors; ++i) running_.spawn(transact(scene_, i));
  for (int i = 0; i < load.committed_readers; ++i) running_.spawn(read_committed(scene_, i));
  for (int i = 0; i < load.members; ++i) {
    running_.spawn(load.protocol == GroupProtocol::Classic
                       ? take_part_in_classic_group(scene_, i)
                       : take_part_in_consumer_group(scene_, i));
  }
  for (int i = 0; i < load.sharers; ++i) running_.spawn(share_records(scene_, i));
}

env::Task<void> Clients::stop(Duration patience) {
  scene_.stopping = true;
  scene_.give_up_at = scene_.shard.now() + patience;
  co_await running_.drain();
}

}  // namespace simulation
