// The mishaps of a simulated day: what befalls the broker's machine, its disk, its clock and its
// network, one after another and some at once, and how all is well again in the end.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "node.h"
#include "plan.h"
#include "sim/world.h"

namespace simulation {

// What happened, for people: virtual time and a sentence.
using Diary = std::vector<std::pair<Duration, std::string>>;

class BadDay {
 public:
  BadDay(sim::World& world, sim::Machine& home, sim::Machine& away, Node& broker, const Plan& plan,
         Diary& diary);

  // Lives through the plan's day, heals everything, and sees to it that the broker runs. Gives what
  // is wrong if it does not start.
  std::optional<std::string> live_through();

  const std::map<Mishap, int>& happened() const { return happened_; }

 private:
  struct Lasting {
    Mishap mishap;
    Instant until;
  };

  void begin(Mishap mishap);
  void end(Mishap mishap);
  void end_those_due();
  void start_again();
  void note(std::string text) { diary_.emplace_back(world_.now() - Instant{}, std::move(text)); }
  bool lasts(Mishap mishap) const;
  Duration some(Duration most) { return world_.clockwork().random_between({}, most); }

  sim::World& world_;
  sim::Machine& home_;
  sim::Machine& away_;
  Node& broker_;
  const Plan& plan_;
  Diary& diary_;
  std::vector<Lasting> lasting_;
  std::map<Mishap, int> happened_;
  bool in_doubt_ = false;  // A sync failed: some log is offline until the broker starts again.
  std::string refusal_;    // Why it did not start.
};

}  // namespace simulation
