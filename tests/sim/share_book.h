// What members of a share group were given and what they gave back, record by record, and what
// contradicts that: in the members' eyes alone, whatever the broker means by it.
//
//   a record that was accepted or rejected, and answered so, is given to nobody any more
//   two never have their word on one record: not when it has been given to another since, and not
//   when somebody has settled it
//   no record is given out more often than the limit says
//   no record is passed over: it was settled, or given out as often as may be
//
// Times are a count of what happened: something was before something else if its count is lower.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "history.h"

namespace simulation {

inline constexpr int kDeliveryLimit = 5;

enum class Verdict : std::int8_t { Accept = 1, Release = 2, Reject = 3 };

// Records of one partition, each with its verdict.
using Verdicts = std::vector<std::pair<Offset, Verdict>>;

struct SentVerdicts {
  std::string member;
  int partition = 0;
  Verdicts verdicts = {};
  std::uint64_t at = 0;
};

class ShareBook {
 public:
  explicit ShareBook(History& history) : history_(history) {}

  std::uint64_t now() { return ++now_; }

  // A member was given a record, the `count`th time, by a fetch that was sent at `sent`.
  void give(const std::string& member, std::uint64_t sent, int partition, Offset offset, int count);

  // Verdicts are sent, and then taken or refused as a whole; or nobody knows.
  SentVerdicts send(std::string member, int partition, Verdicts verdicts);
  void take(const SentVerdicts& sent);
  void refuse(const SentVerdicts& sent);

  // Whether nobody has to be given the record any more, for all that is known.
  bool may_be_done(int partition, Offset offset) const;

 private:
  struct Record {
    int count = 0;       // Of its deliveries, the highest told.
    int undecided = 0;   // Verdicts that may have settled it.
    std::string holder;  // Given to last; empty where two were given it at about the same time.
    std::uint64_t held_since = 0;
    std::uint64_t settled_at = 0;  // Zero: not known to be.
    std::string settled_by;
  };

  void judge(const SentVerdicts& sent, Offset offset, Verdict verdict);
  bool may_start_behind(int partition, Offset offset) const;

  History& history_;
  std::uint64_t now_ = 0;
  std::map<std::pair<int, Offset>, Record> records_;
};

}  // namespace simulation
