#include "node.h"

#include "config/file.h"

namespace simulation {
namespace {

config::Pairs all_settings(sim::World& world, const std::vector<std::string>& more) {
  config::Pairs pairs;
  const auto set = [&](const std::string& assignment) {
    check(config::set(pairs, assignment).has_value(), "a setting of the simulation");
  };
  set("listeners=PLAINTEXT://10.0.0.1:9092");
  set("thalweg.http.listener=10.0.0.1:8080");
  set("log.dirs=/data");
  set("num.partitions=3");
  set("log.flush.offset.checkpoint.interval.ms=2000");
  // Small segments, half of the time, so that rolls and crashes meet.
  if (world.clockwork().random() % 2 == 0) set("log.segment.bytes=1048576");
  for (const std::string& setting : more) set(setting);
  return pairs;
}

}  // namespace

Node::Node(sim::World& world, sim::Machine& machine, const std::vector<std::string>& settings)
    : world_(world), machine_(machine), settings_(all_settings(world, settings)) {}

void Node::start() {
  std::vector<env::Shard*> shards;
  for (int i = 0; i < machine_.shards(); ++i) shards.push_back(&machine_.shard(i));
  server_ = std::make_unique<broker::Server>(std::move(shards), settings_);
  const Result<void> started = world_.run(server_->start());
  check(started.has_value(), started ? "" : started.error().detail.c_str());
}

void Node::crash() {
  machine_.crash();
  machine_.disk().set_read_only(true);
  world_.run(server_->stop());
  server_.reset();
  machine_.disk().heal();
}

void Node::stop() {
  world_.run(server_->stop());
  server_.reset();
}

}  // namespace simulation
