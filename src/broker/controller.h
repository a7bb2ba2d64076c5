// The controller of a node that runs alone: takes requests to change the cluster one at a time, has
// cluster/ decide them, writes the records to the metadata log, and has every shard take up the new
// image before anyone is answered. It belongs to shard 0.
#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "broker/metadata_log.h"
#include "broker/node.h"
#include "cluster/controller.h"
#include "env/sync.h"

namespace broker {

class Controller {
 public:
  Controller(Node& node, env::Shard& shard, std::unique_ptr<MetadataLog> log);

  env::Shard& shard() { return shard_; }

  // Whether the records of a decision are carried out, or only its verdicts are wanted.
  enum class Mode { Apply, ValidateOnly };

  // Decides with `decide(const cluster::Context&) -> cluster::Decision<T>`, carries it out, and
  // gives an outcome for each item. If the log fails, so does every item that would have succeeded.
  template <class T, class Decide>
  env::Task<std::vector<Result<T>>> change(Decide decide, Mode mode = Mode::Apply) {
    const auto held = co_await one_at_a_time_.lock();
    const config::BrokerOptions options = current_options();
    cluster::Decision<T> decision = decide(context(options));
    if (mode == Mode::Apply && !decision.records.empty()) {
      const Result<void> carried = co_await carry_out(std::move(decision.records));
      if (!carried) {
        for (Result<T>& outcome : decision.outcomes) {
          if (outcome) outcome = fail(carried.error());
        }
      }
    }
    co_return std::move(decision.outcomes);
  }

  // Writes the records that register this process and give its partitions leaders.
  env::Task<Result<void>> register_self(cluster::Broker self);

  // An id that no other producer was given (KIP-98). From any shard's ask to this one.
  env::Task<Result<ProducerId>> next_producer_id();

  const cluster::ImagePtr& image() const { return log_->image(); }
  Offset recovery_point() const { return log_->recovery_point(); }
  bool offline() const { return log_->offline(); }
  env::Task<Result<void>> close();

 private:
  config::BrokerOptions current_options() const;
  cluster::Context context(const config::BrokerOptions& options);
  env::Task<Result<void>> carry_out(std::vector<cluster::Record> records);
  env::Task<Result<void>> publish(const cluster::Applied& applied);

  Node& node_;
  env::Shard& shard_;
  std::unique_ptr<MetadataLog> log_;
  env::Mutex one_at_a_time_;
  cluster::ProducerIdBlock ids_;  // What is left of the block that is handed out now.
  env::Mutex ids_lock_;
};

}  // namespace broker
