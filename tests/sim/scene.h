// What the clients of a simulated run share, and how they talk to the broker.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "client/connection.h"
#include "env/sync.h"
#include "history.h"
#include "ledger.h"
#include "plan.h"
#include "share_book.h"
#include "transfers.h"

namespace simulation {

inline const TopicName kTopic{"orders"};          // What all producers write to.
inline constexpr wire::Version kLastByName = 12;  // Produce and Fetch name topics up to here.

inline TopicPartition place(int partition) { return {kTopic, PartitionIndex{partition}}; }

struct Scene {
  env::Shard& shard;
  env::Address broker;
  History& history;
  const Workload& load;
  Ledger ledger{history};
  ShareBook book{history};
  Transfers transfers{history};
  bool calm = false;      // All is well from now on, and members behave.
  std::string gone = {};  // The member that dies for good.
  bool enough = false;    // Nothing more is produced.
  bool stopping = false;
  Instant give_up_at = {};  // When stopping: what is not answered by then never will be.
};

// A connection that is made anew when it is needed and the last one failed.
class Link {
 public:
  explicit Link(Scene& scene) : scene_(scene) {}
  void hang_up() { connection_.reset(); }

  template <class Request, class Response>
  env::Task<Result<Response>> ask(Request request, Result<Response> (*read)(Bytes, wire::Version),
                                  wire::Version most = wire::kNever) {
    CO_TRY_VOID(co_await reach());
    Result<Response> response = co_await connection_->ask(std::move(request), read, most);
    if (!response) connection_.reset();
    co_return response;
  }

 private:
  env::Task<Result<void>> reach();

  Scene& scene_;
  std::unique_ptr<client::Connection> connection_;
};

client::Settings client_settings();

// Each runs until the scene is stopping and what it is about has ended.
env::Task<void> produce(Scene& scene, int number, bool idempotent);
env::Task<void> consume(Scene& scene, int number);
env::Task<void> commit_offsets(Scene& scene, int number);
env::Task<void> change_topics(Scene& scene, int number);
env::Task<void> trim(Scene& scene, int number);
env::Task<void> take_part_in_classic_group(Scene& scene, int number);
env::Task<void> take_part_in_consumer_group(Scene& scene, int number);
env::Task<void> share_records(Scene& scene, int number);
env::Task<void> transact(Scene& scene, int number);
env::Task<void> read_committed(Scene& scene, int number);

// All clients of a workload.
class Clients {
 public:
  Clients(env::Shard& shard, env::Address broker, History& history, const Workload& load)
      : scene_{shard, std::move(broker), history, load}, running_(shard) {}

  void start();
  // From now on nothing befalls them but what the world does.
  void calm_down() { scene_.calm = true; }
  bool have_group() const { return scene_.load.members > 0; }
  // Partitions that the group leaves unread.
  std::vector<int> unowned() const { return scene_.ledger.unowned(scene_.load.partitions); }
  std::int32_t newest_generation() const { return scene_.ledger.newest_generation(); }
  bool have_share_group() const { return scene_.load.sharers > 0; }
  const ShareBook& share_book() const { return scene_.book; }
  void stop_producing() { scene_.enough = true; }
  // One of the group is never heard of again.
  void lose_a_member() { scene_.gone = "member-0"; }
  Transfers& transfers() { return scene_.transfers; }
  // Each ends what it is about first, and waits so long for it.
  env::Task<void> stop(Duration patience);

 private:
  Scene scene_;
  env::Gate running_;
};

// Every record of the topic that all producers write to, from the start of its log.
env::Task<Result<Content>> read_everything(env::Shard& shard, env::Address broker, int partitions);
// Reads all that transactions have committed, and holds it against what was said. An error where it
// cannot be read, or a transaction never ends.
env::Task<Result<void>> judge_transfers(env::Shard& shard, env::Address broker,
                                        Transfers& transfers, int partitions);

}  // namespace simulation
