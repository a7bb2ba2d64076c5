// A whole broker on the shards of a process, real or simulated: brings it up in order, and down so
// that nothing acknowledged is lost and the next start is quick. Every verb is for shard 0.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "broker/door.h"
#include "broker/node.h"
#include "cluster/image.h"
#include "config/broker_options.h"
#include "env/sync.h"
#include "http/server.h"
#include "store/data_dir.h"
#include "store/file_cache.h"
#include "store/syncer.h"

namespace broker {

class Server {
 public:
  // `fixed` are the settings from the config file and the command line, checked.
  Server(std::vector<env::Shard*> shards, config::Pairs fixed, OpenFiles open_files = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Returns when clients are served. After an error, whose sentence is for the user, the server has
  // to be stopped all the same.
  env::Task<Result<void>> start();
  // Finishes what is under way, closes the logs, and marks the data folder clean.
  env::Task<void> stop();

  // Where it listens, with the ports that were picked for port 0.
  const env::Address& kafka() const { return node_.listener; }
  const env::Address& http() const { return http_->address(); }
  // The cluster as it is now. Only while it serves.
  cluster::ImagePtr image() const;

 private:
  env::Task<Result<void>> open_storage();
  env::Task<Result<void>> start_engines(cluster::ImagePtr image);
  env::Task<Result<void>> set_strays_aside(const cluster::Image& image);
  cluster::Broker self() const;
  Result<void> listen();
  void route_http();
  void count_metadata(observe::Snapshot& snapshot) const;
  env::Task<void> accept_connections();
  env::Task<void> checkpoint_often();
  env::Task<Result<void>> checkpoint();
  void report_data_dir();

  std::vector<env::Shard*> shards_;
  env::Shard& shard_;  // The first of them.
  config::BrokerOptions options_;
  observe::Registry registry_;
  Node node_;
  store::DataDir data_;
  std::unique_ptr<store::Syncer> syncer_;    // Of the metadata log,
  std::unique_ptr<store::FileCache> cache_;  // as is this.
  std::unique_ptr<env::Listener> listener_;
  std::shared_ptr<Door> door_;
  std::shared_ptr<void> scrape_;
  std::unique_ptr<http::Server> http_;
  env::Gate running_;
  env::Signal stopping_signal_;
  env::Mutex checkpointing_;
  bool serving_ = false;  // Everything was opened and checked, and clients are served.
  bool stopping_ = false;
};

// The tables of all metrics that a broker has, for the registry and the documentation.
std::vector<observe::MetricTable> metric_tables();

}  // namespace broker
