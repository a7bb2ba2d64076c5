// Which part of a log of share group state is still needed: of each share partition its last
// snapshot, and all that came after it. Knows where records are, and nothing of what they say.
#pragma once
#include <map>
#include <vector>

#include "share/state.h"

namespace share {

class StateLog {
 public:
  // What a record means for those before it.
  enum class Mark { Whole, Added, Gone };
  struct Marked {
    Key key;
    Mark mark = Mark::Whole;
  };
  static Marked mark(const Record& record);

  // A batch that begins there has these. To be told in the order of the log.
  void note(Offset at, const std::vector<Marked>& batch);

  // Nothing below is needed.
  Offset needed_from() const;
  // Whose last snapshot is so far back that another lets much of the log go. Only where the log is
  // long for what it says: writing them anew leaves a log of which that is no longer true.
  std::vector<Key> far_back() const;

 private:
  std::map<Key, Offset> snapshots_;
  Offset last_{0};  // Where the last batch begins.
};

}  // namespace share
