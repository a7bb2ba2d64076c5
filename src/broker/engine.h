// One shard's share of the broker: the partitions it owns, its connections, its groups, and the
// chores that keep them in order. Only its shard touches it, but for what says otherwise.
#pragma once
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "broker/api_meters.h"
#include "broker/connection.h"
#include "broker/door.h"
#include "broker/fetch_sessions.h"
#include "broker/memory_budget.h"
#include "broker/node.h"
#include "broker/partition.h"
#include "broker/share_sessions.h"
#include "cluster/apply.h"
#include "config/broker_options.h"
#include "config/topic_options.h"
#include "env/sync.h"
#include "observe/metrics.h"
#include "store/file_cache.h"
#include "store/syncer.h"
#include "wire/record_batch.h"

namespace broker {

class EngineReach;
class GroupCoordinator;
class GroupNotes;
class ShareCoordinator;
class ShareLeaders;
class TransactionCoordinator;

// What recovery knows of the partitions' logs before they are opened.
struct LogFacts {
  bool clean = false;
  std::map<TopicPartition, Offset> recovery_points = {};
  std::map<TopicPartition, Offset> log_starts = {};

  store::OpenFacts of(const TopicPartition& partition) const;
};

class Engine {
 public:
  Engine(Node& node, env::Shard& shard, cluster::ImagePtr image);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  env::Shard& shard() { return shard_; }
  Node& node() { return node_; }
  const cluster::ImagePtr& image() const { return image_; }
  const config::BrokerOptions& options() const { return options_; }
  MemoryBudget& budget() { return budget_; }
  FetchSessions& fetch_sessions() { return fetch_sessions_; }
  observe::Metrics& metrics() { return metrics_; }
  ApiMeters& api_meters() { return api_meters_; }
  GroupCoordinator& groups() { return *groups_; }
  ShareCoordinator& share_state() { return *share_state_; }
  TransactionCoordinator& transactions() { return *transactions_; }
  ShareLeaders& share_leaders() { return *share_leaders_; }
  ShareSessions& share_sessions() { return share_sessions_; }
  wire::BatchScratch& scratch() { return scratch_; }

  struct Limits {
    std::int64_t request_bytes;
  };
  Limits limits() const { return {options_.max_request_bytes}; }

  // Opens the logs of the partitions that this shard owns.
  env::Task<Result<void>> open(std::shared_ptr<const LogFacts> facts);
  // Begins the chores: retention, expiry of idle connections and producers.
  void start();
  // Takes up a new picture of the cluster: opens, removes and reconfigures partitions.
  env::Task<Result<void>> apply(cluster::ImagePtr image,
                                std::shared_ptr<const cluster::Delta> delta);

  // The partition, if this shard owns and holds it.
  std::shared_ptr<Partition> find(const TopicId& topic, PartitionIndex index) const;
  // A topic's options as of the image; the same object for all its partitions until it changes.
  std::shared_ptr<const config::TopicOptions> topic_options(const cluster::Topic& topic);

  // Visits all partitions that this shard holds.
  template <class Visit>
  void for_each_partition(Visit&& visit) {
    for (auto& [key, partition] : partitions_) visit(*partition);
  }

  // Serves a new connection until it ends.
  void serve(env::ConnectionPtr socket, std::uint64_t id, Door::Place place);
  void note_hang_up(const ClientFacts& client, const std::string& why);

  // Long polls register here to be woken at shutdown.
  void add_watch(std::uint64_t connection, std::weak_ptr<FetchWatch> fetch) {
    watches_.push_back({connection, std::move(fetch)});
  }
  // Wakes those of one connection: its client has gone.
  void wake_watches(std::uint64_t connection);
  bool stopping() const { return stopping_; }
  // Runs a task to its end; the engine does not stop before.
  void spawn(env::Task<void> task) { running_.spawn(std::move(task)); }
  // Notes that a share session began on a connection, to end with it.
  void note_share_session(std::uint64_t connection, ShareSessionKey session);

  // Ends the connections, letting what is under way finish within `grace`, then closes the logs.
  env::Task<void> stop_serving(Duration grace);
  env::Task<Result<void>> close_logs();

 private:
  struct Key {
    TopicId topic;
    PartitionIndex index;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const {
      return std::hash<TopicId>{}(key.topic) * 31 + static_cast<std::size_t>(key.index.value);
    }
  };
  struct Watch {
    std::uint64_t connection;
    std::weak_ptr<FetchWatch> fetch;
  };
  struct TopicSettings {
    std::shared_ptr<const config::TopicOptions> options;
    store::LogOptionsPtr log;
  };

  bool owns(const TopicId& topic, PartitionIndex index) const;
  Partition::Home home();
  TopicSettings& settings(const cluster::Topic& topic, const cluster::Image& image);
  void renew_settings(const cluster::Delta& delta, const cluster::Image& image);
  env::Task<Result<void>> open_topic(cluster::TopicPtr topic, cluster::ImagePtr image,
                                     std::shared_ptr<const LogFacts> facts);
  env::Task<void> remove_topic(const cluster::Topic& topic);
  env::Task<void> delete_folder_later(std::string folder, Millis delay);
  env::Task<void> run_connection(std::shared_ptr<ClientConnection> connection, Door::Place place);
  env::Task<void> watch_connections();
  env::Task<void> run_retention();
  env::Task<void> run_producer_expiry();
  env::Task<void> run_flushes();
  env::Task<void> run_group_lag();
  env::Task<bool> rest(Millis duration);
  void sweep_watches();
  void fill(observe::Snapshot& snapshot);

  Node& node_;
  env::Shard& shard_;
  cluster::ImagePtr image_;
  config::BrokerOptions options_;
  observe::Metrics& metrics_;
  ApiMeters api_meters_;
  std::shared_ptr<void> scrape_;

  MemoryBudget budget_;
  FetchSessions fetch_sessions_;
  wire::BatchScratch scratch_;
  store::Syncer syncer_;
  store::FileCache cache_;
  std::unordered_map<Key, std::shared_ptr<Partition>, KeyHash> partitions_;
  std::unordered_map<TopicId, TopicSettings> settings_;
  std::unique_ptr<GroupNotes> notes_;
  std::unique_ptr<GroupCoordinator> groups_;
  std::unique_ptr<ShareCoordinator> share_state_;
  std::unique_ptr<EngineReach> reach_;
  std::unique_ptr<TransactionCoordinator> transactions_;
  std::unique_ptr<ShareLeaders> share_leaders_;
  ShareSessions share_sessions_;
  std::map<std::uint64_t, std::set<ShareSessionKey>> share_sessions_of_;  // By connection.

  std::map<std::uint64_t, std::shared_ptr<ClientConnection>> connections_;
  std::vector<Watch> watches_;
  env::Gate running_;  // Connections and chores.
  env::Signal stop_;
  bool stopping_ = false;
};

}  // namespace broker
