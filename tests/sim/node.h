// The broker of a simulated run, on one machine: started, crashed and stopped as a test likes.
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
