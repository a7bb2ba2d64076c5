// Transactions that have ended and whose markers may not be durable yet. Until then they count as
// open: a power failure may take a marker back, and readers must not have gone past it.
#pragma once
#include <algorithm>
#include <deque>
#include <optional>

#include "txn/producers.h"

namespace broker {

class UnsettledEnds {
 public:
  // In the order of their markers. What is below `durable` is settled.
  void add(const txn::Ended& ended, Offset durable) {
    while (!ends_.empty() && ends_.front().marker < durable) ends_.pop_front();
    ends_.push_back(ended);
  }

  // Where the first of them began.
  std::optional<Offset> first(Offset durable) const {
    std::optional<Offset> first;
    for (const txn::Ended& ended : ends_) {
      if (ended.marker >= durable) first = std::min(first.value_or(ended.first), ended.first);
    }
    return first;
  }

 private:
  std::deque<txn::Ended> ends_;
};

}  // namespace broker
