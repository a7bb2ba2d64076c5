// What is known of offsets, where neighbours mostly share it: ranges that never overlap, each with
// a value. Neighbours of equal value are one run. What is in no run is a gap.
#pragma once
#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/ids.h"

namespace share {

inline Offset before(Offset offset) { return Offset{offset.value - 1}; }
inline Offset after(Offset offset) { return Offset{offset.value + 1}; }

struct Range {
  Offset first;
  Offset last;  // Of the range too.
  auto operator<=>(const Range&) const = default;
};
inline std::int64_t length(const Range& range) { return range.last.value - range.first.value + 1; }

template <class Value>
class Runs {
 public:
  bool empty() const { return runs_.empty(); }
  std::size_t size() const { return runs_.size(); }
  bool operator==(const Runs&) const = default;

  // The last offset of the last run. Only where there is one.
  Offset last() const { return runs_.rbegin()->second.last; }

  // Gives the range the value, whatever it had before.
  void set(Range range, Value value) {
    cut(range);
    auto at = runs_.emplace(range.first, Run{range.last, std::move(value)}).first;
    const auto next = std::next(at);
    if (next != runs_.end() && next->first == after(at->second.last) &&
        next->second.value == at->second.value) {
      at->second.last = next->second.last;
      runs_.erase(next);
    }
    if (at == runs_.begin()) return;
    const auto previous = std::prev(at);
    if (after(previous->second.last) == at->first && previous->second.value == at->second.value) {
      previous->second.last = at->second.last;
      runs_.erase(at);
    }
  }

  // Makes the range a gap.
  void cut(Range range) {
    split(range.first);
    split(after(range.last));
    runs_.erase(runs_.lower_bound(range.first), runs_.upper_bound(range.last));
  }
  void cut_below(Offset offset) {
    split(offset);
    runs_.erase(runs_.begin(), runs_.lower_bound(offset));
  }

  // Visits the range from left to right, piece by piece, gaps too: visit(Range, const Value*) ends
  // the visit by giving false. A gap has no value.
  template <class Visit>
  void visit(Range range, Visit&& visit) const {
    Offset next = range.first;
    auto at = runs_.upper_bound(next);
    if (at != runs_.begin() && std::prev(at)->second.last >= next) --at;
    for (; at != runs_.end() && at->first <= range.last; ++at) {
      if (at->first > next && !visit(Range{next, before(at->first)}, nullptr)) return;
      const Range piece{std::max(next, at->first), std::min(range.last, at->second.last)};
      if (!visit(piece, &at->second.value)) return;
      if (piece.last == range.last) return;
      next = after(piece.last);
    }
    visit(Range{next, range.last}, nullptr);
  }

  // Visits the runs: visit(Range, const Value&).
  template <class Visit>
  void each(Visit&& visit) const {
    for (const auto& [first, run] : runs_) visit(Range{first, run.last}, run.value);
  }

 private:
  struct Run {
    Offset last;
    Value value;
    bool operator==(const Run&) const = default;
  };

  // Makes a run begin at the offset, if one goes over it.
  void split(Offset at) {
    auto run = runs_.lower_bound(at);
    if (run == runs_.begin()) return;
    --run;
    if (run->second.last < at) return;
    runs_.emplace_hint(std::next(run), at, run->second);
    run->second.last = before(at);
  }

  std::map<Offset, Run> runs_;
};

}  // namespace share
