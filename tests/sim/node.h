// The broker of a simulated run, on one machine: started, killed and stopped as a test likes.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "broker/server.h"
#include "sim/world.h"

namespace simulation {

inline const env::Address kBrokerAddress{"10.0.0.1", 9092};  // Of the machine "10.0.0.1".

class Node {
 public:
  // `settings` come on top of those of every run, as --set takes them.
  Node(sim::World& world, sim::Machine& machine, const std::vector<std::string>& settings = {});

  // After an error it is not running, and may be started again.
  Result<void> start();
  bool running() const { return server_ != nullptr; }
  // Whether what it logs is of a process that is gone already.
  bool unheard() const { return unheard_; }
  // Pulls the plug. What ran ends by itself, on a disk that takes nothing more.
  void crash();
  // The same for the process alone: what it wrote is there.
  void kill();
  void stop();

  // The cluster as the running broker knows it.
  cluster::ImagePtr image() const { return server_->image(); }

 private:
  void end_unheard();

  sim::World& world_;
  sim::Machine& machine_;
  config::Pairs settings_;
  std::unique_ptr<broker::Server> server_;
  bool unheard_ = false;
};

}  // namespace simulation
