// Who was told to own what, and who committed what, in the group that members of a run form. It
// knows nothing of how they came to it, nor of how the broker decides.
//
//   a partition is owned by one member of a generation at most
//   once a partition is owned in a newer generation, nobody commits for it in an older one
//   what is read back was committed, and is not behind what was acknowledged
#pragma once
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "history.h"

namespace simulation {

// A commit that was sent, and what its sender's world knew then.
struct SentCommit {
  std::string member;
  int partition = 0;
  Offset offset;
  std::int32_t generation = 0;
  std::int32_t newest = 0;  // In which anyone had been told to own the partition.
};

class Ledger {
 public:
  explicit Ledger(History& history) : history_(history) {}

  // A member was told its work in a generation; it owns nothing else from now on.
  void own(const std::string& member, std::int32_t generation, const std::set<int>& partitions);
  // It does not read them any more, for whatever reason.
  void let_go(const std::string& member) { owned_.erase(member); }

  SentCommit send(const std::string& member, std::int32_t generation, int partition, Offset offset);
  void acknowledge(const SentCommit& commit);

  // To be asked before what was committed is read, and handed in with what came back.
  Offset floor(int partition) const;
  void read_back(int partition, Offset floor, Offset found);

  std::int32_t newest_generation() const { return newest_; }
  // Those of so many that no member of the newest generation reads now.
  std::vector<int> unowned(int partitions) const;

 private:
  struct Owned {
    std::int32_t generation = 0;
    std::set<int> partitions = {};
  };
  struct Committed {
    std::int32_t generation = -1;
    Offset offset{-1};
  };
  // Those not acknowledged: by generation, as none of an older one counts once a newer one has.
  using InDoubt = std::set<std::pair<std::int32_t, Offset>>;

  History& history_;
  std::int32_t newest_ = 0;
  std::map<std::string, Owned> owned_;
  std::map<std::pair<std::int32_t, int>, std::string> owners_;  // Ever, by generation.
  std::map<int, std::int32_t> newest_of_;                       // By partition.
  std::map<int, Committed> committed_;                          // Acknowledged last.
  std::map<int, InDoubt> in_doubt_;
};

}  // namespace simulation
