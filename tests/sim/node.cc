#include "node.h"

#include "config/file.h"

namespace simulation {
namespace {

config::Pairs all_settings(const std::vector<std::string>& more) {
  config::Pairs pairs;
  const auto set = [&](const std::string& assignment) {
    const Result<void> done = config::set(pairs, assignment);
    check(done.has_value(), done ? "" : done.error().detail.c_str());
  };
  set("listeners=PLAINTEXT://10.0.0.1:9092");
  set("thalweg.http.listener=10.0.0.1:8080");
  set("log.dirs=/data");
  for (const std::string& setting : more) set(setting);
  return pairs;
}

}  // namespace

Node::Node(sim::World& world, sim::Machine& machine, const std::vector<std::string>& settings)
    : world_(world), machine_(machine), settings_(all_settings(settings)) {}

Result<void> Node::start() {
  std::vector<env::Shard*> shards;
  for (int i = 0; i < machine_.shards(); ++i) shards.push_back(&machine_.shard(i));
  server_ = std::make_unique<broker::Server>(std::move(shards), settings_);
  Result<void> started = world_.run(server_->start());
  if (!started) stop();
  return started;
}

void Node::crash() {
  machine_.crash();
  end_unheard();
}

void Node::kill() {
  machine_.kill();
  end_unheard();
}

// A process that is gone does nothing more. Ours has to end its coroutines, without a trace.
void Node::end_unheard() {
  unheard_ = true;
  machine_.disk().set_read_only(true);
  stop();
  machine_.disk().set_read_only(false);
  unheard_ = false;
}

void Node::stop() {
  world_.run(server_->stop());
  server_.reset();
}

}  // namespace simulation
