#include "app/reset_plan.h"

#include <algorithm>

#include "base/result.h"

namespace app {

namespace {

struct Wish {
  Offset offset;
  std::string note;
};

// a + b, at the ends of the numbers' range where it would go beyond.
std::int64_t add(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b > 0 ? INT64_MAX : INT64_MIN;
}

Wish wish(const PartitionFacts& facts, const Position& position) {
  return std::visit(
      overloaded{
          [&](const AtStart&) { return Wish{facts.start, {}}; },
          [&](const AtEnd&) { return Wish{facts.end, {}}; },
          [&](const AtOffset& at) { return Wish{at.offset, {}}; },
          [&](const AtTime&) {
            return facts.at_time ? Wish{*facts.at_time, {}}
                                 : Wish{facts.end, "no record is that young"};
          },
          [&](const BeforeEnd& back) {
            return Wish{Offset{std::max(facts.start.value, add(facts.end.value, -back.records))},
                        {}};
          },
      },
      position);
}

Wish wish(const PartitionFacts& facts, const ShiftBy& shift) {
  if (!facts.committed) return {facts.start, "nothing was committed"};
  return {Offset{add(facts.committed->value, shift.records)}, {}};
}

}  // namespace

std::vector<PlannedReset> plan_reset(const std::vector<PartitionFacts>& facts,
                                     const ResetTarget& target) {
  std::vector<PlannedReset> plan;
  for (const PartitionFacts& one : facts) {
    Wish to = std::visit([&](const auto& what) { return wish(one, what); }, target);
    if (to.offset < one.start) to = {one.start, "the partition starts here"};
    if (to.offset > one.end) to = {one.end, "the partition ends here"};
    plan.push_back({one.partition, one.committed, to.offset, std::move(to.note)});
  }
  return plan;
}

}  // namespace app
