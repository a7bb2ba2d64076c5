// What a member of the group does with the partitions it owns, however it came by them: it goes on
// where the group has committed, reads, and commits as it goes. Now and then a commit leaves it so
// late that the member may have lost its place meanwhile.
#pragma once
#include <map>
#include <set>
#include <string>

#include "scene.h"

namespace simulation {

inline const GroupId kGroup{"shop"};

// Who commits, as the broker knows it.
struct Seat {
  std::string name;  // For the ledger: what stays when the member id changes.
  MemberId member = {};
  std::optional<InstanceId> instance = {};
  std::int32_t generation = -1;
};

class Worker {
 public:
  explicit Worker(Scene& scene) : scene_(scene) {}

  // Takes up work, and lets go of what is not in it.
  void take_up(Seat seat, std::set<int> partitions);
  void let_go();
  bool has_work() const { return !partitions_.empty(); }

  // Reads a little of one partition, and now and then commits. Errors are the group's: the member
  // has to see to its place.
  env::Task<Result<void>> work();
  // Sends the commit that was held back, if it is time. What is answered concerns nobody any more.
  env::Task<void> send_what_is_late();

 private:
  struct LateCommit {
    Seat seat;
    int partition = 0;
    Offset offset = {};
    Instant due = {};
  };

  env::Task<Result<void>> find_positions();
  env::Task<Result<void>> read_some();
  env::Task<Result<void>> commit_some();
  env::Task<Result<void>> commit(Seat seat, int partition, Offset offset);
  env::Task<Result<Offset>> committed(int partition);

  Scene& scene_;
  Link group_{scene_};
  Link data_{scene_};
  Seat seat_;
  std::set<int> partitions_;
  std::map<int, Offset> positions_;
  std::set<int> uncommitted_;
  std::optional<LateCommit> late_;
  int turn_ = 0;
};

// Finds a group's coordinator, which makes the topic that keeps groups.
env::Task<Result<void>> find_group(Link& link, GroupId group = kGroup);

}  // namespace simulation
