#include "share/state_log.h"

#include <algorithm>

namespace share {
namespace {

// In records. Not worth the writing for less.
constexpr std::int64_t kShort = 10'000;

}  // namespace

StateLog::Marked StateLog::mark(const Record& record) {
  return std::visit(overloaded{
                        [](const Snapshot& r) -> Marked { return {r.key, Mark::Whole}; },
                        [](const Update& r) -> Marked { return {r.key, Mark::Added}; },
                        [](const Dropped& r) -> Marked { return {r.key, Mark::Gone}; },
                    },
                    record);
}

void StateLog::note(Offset at, const std::vector<Marked>& batch) {
  for (const Marked& one : batch) {
    switch (one.mark) {
      case Mark::Whole:
        snapshots_[one.key] = at;
        break;
      case Mark::Added:
        snapshots_.try_emplace(one.key, at);
        break;
      case Mark::Gone:
        snapshots_.erase(one.key);
    }
  }
  last_ = at;
}

Offset StateLog::needed_from() const {
  Offset from = last_;
  for (const auto& [key, at] : snapshots_) from = std::min(from, at);
  return from;
}

std::vector<Key> StateLog::far_back() const {
  const auto twice_what_it_says = 2 * static_cast<std::int64_t>(snapshots_.size());
  const std::int64_t far = std::max(kShort, twice_what_it_says);
  std::vector<Key> keys;
  for (const auto& [key, at] : snapshots_) {
    if (last_.value - at.value > far) keys.push_back(key);
  }
  return keys;
}

}  // namespace share
