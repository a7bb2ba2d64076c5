// The broker of a simulated run, on one machine: started, crashed and stopped as a test likes.
#pragma once
#include <memory>

#include "broker/server.h"
#include "sim/world.h"

namespace simulation {

inline const env::Address kBrokerAddress{"10.0.0.1", 9092};  // Of the machine "10.0.0.1".

class Node {
 public:
  Node(sim::World& world, sim::Machine& machine);

  void start();
  // Pulls the plug. What ran ends by itself, on a disk that takes nothing more.
  void crash();
  void stop();

 private:
  sim::World& world_;
  sim::Machine& machine_;
  config::Pairs settings_;
  std::unique_ptr<broker::Server> server_;
};

}  // namespace simulation
