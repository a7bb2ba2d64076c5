#include "share_book.h"

#include <algorithm>

namespace simulation {
namespace {

// Answers that bring a record may get lost so often in a row, and not more.
constexpr int kMostLostAnswers = 2;

std::string place(int partition, Offset offset) {
  return "record " + std::to_string(offset.value) + " of partition " + std::to_string(partition);
}

bool settles(Verdict verdict) { return verdict != Verdict::Release; }

}  // namespace

void ShareBook::give(const std::string& member, std::uint64_t sent, int partition, Offset offset,
                     int count) {
  Record& record = records_[{partition, offset}];
  const std::string what = place(partition, offset);
  if (count > kDeliveryLimit) {
    history_.contradict(what + " is given out for the " + std::to_string(count) + "th time");
  }
  if (record.settled_at != 0 && record.settled_at < sent) {
    history_.contradict(what + " is given to " + member + ", and was settled by " +
                        record.settled_by);
  }
  record.count = std::max(record.count, count);
  // Which of two was given it last is known where one asked after the other had it.
  record.holder = record.held_since < sent ? member : "";
  record.held_since = now();
}

SentVerdicts ShareBook::send(std::string member, int partition, Verdicts verdicts) {
  for (const auto& [offset, verdict] : verdicts) {
    if (settles(verdict)) ++records_[{partition, offset}].undecided;
  }
  return {std::move(member), partition, std::move(verdicts), now()};
}

// What is done with from the start on may be said again, and changes nothing. And what is released
// may be settled by another before the answer to that comes.
void ShareBook::judge(const SentVerdicts& sent, Offset offset, Verdict verdict) {
  const Record& record = records_[{sent.partition, offset}];
  if (may_start_behind(sent.partition, offset)) return;
  const std::string what = sent.member + " has its word on " + place(sent.partition, offset);
  if (record.settled_at != 0 && (settles(verdict) || record.settled_at < sent.at)) {
    history_.contradict(what + ", which was settled by " + record.settled_by);
  } else if (record.settled_at == 0 && !record.holder.empty() && record.holder != sent.member &&
             record.held_since < sent.at) {
    history_.contradict(what + ", which was given to " + record.holder + " since");
  }
}

void ShareBook::take(const SentVerdicts& sent) {
  const std::uint64_t at = now();
  for (const auto& [offset, verdict] : sent.verdicts) {
    judge(sent, offset, verdict);
  }
  for (const auto& [offset, verdict] : sent.verdicts) {
    if (!settles(verdict)) continue;
    Record& record = records_[{sent.partition, offset}];
    --record.undecided;
    if (record.settled_at != 0) continue;
    record.settled_at = at;
    record.settled_by = sent.member;
  }
}

void ShareBook::refuse(const SentVerdicts& sent) {
  for (const auto& [offset, verdict] : sent.verdicts) {
    if (settles(verdict)) --records_[{sent.partition, offset}].undecided;
  }
}

bool ShareBook::may_be_done(int partition, Offset offset) const {
  const auto at = records_.find({partition, offset});
  if (at == records_.end()) return false;
  const Record& record = at->second;
  return record.settled_at != 0 || record.undecided > 0 ||
         record.count + kMostLostAnswers >= kDeliveryLimit;
}

// Whether all up to the record may be done with.
bool ShareBook::may_start_behind(int partition, Offset offset) const {
  for (Offset before{0}; before <= offset; before = Offset{before.value + 1}) {
    if (!may_be_done(partition, before)) return false;
  }
  return true;
}

}  // namespace simulation
