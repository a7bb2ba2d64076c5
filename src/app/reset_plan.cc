#include "app/reset_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

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

Wish wish(const PartitionFacts& facts, const ToEach& each) {
  return {each.offsets.at(facts.partition), {}};
}

// Takes the next word off the front of `rest`.
std::string_view take_word(std::string_view& rest) {
  constexpr std::string_view kBetween = ", \t\r";
  rest.remove_prefix(std::min(rest.find_first_not_of(kBetween), rest.size()));
  const std::string_view word = rest.substr(0, rest.find_first_of(kBetween));
  rest.remove_prefix(word.size());
  return word;
}

template <class T>
std::optional<T> number_of(std::string_view word) {
  T number{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  const bool whole = error == std::errc{} && end == word.data() + word.size() && !word.empty();
  return whole && number >= 0 ? std::optional(number) : std::nullopt;
}

}  // namespace

Result<std::optional<std::pair<TopicPartition, Offset>>> parse_offset_line(std::string_view line) {
  std::string_view rest = line;
  const std::string_view topic = take_word(rest);
  if (topic.empty() || topic.starts_with('#')) return std::nullopt;
  const auto partition = number_of<std::int32_t>(take_word(rest));
  const auto offset = number_of<std::int64_t>(take_word(rest));
  if (!partition || !offset || !take_word(rest).empty()) {
    return fail(ErrorCode::InvalidRequest,
                fmt::format("'{}' is no line of offsets; write it like orders,0,1234", line));
  }
  return std::pair(TopicPartition{TopicName{std::string(topic)}, PartitionIndex{*partition}},
                   Offset{*offset});
}

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
