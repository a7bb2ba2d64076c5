#include "txn/producers.h"

#include <algorithm>
#include <limits>
#include <ranges>

#include "base/check.h"
#include "base/probe.h"

namespace txn {
namespace {

constexpr std::int64_t kSequences = std::int64_t{1} << 31;

const KeptBatch* find_same(const Producer& producer, const BatchFacts& batch) {
  if (batch.epoch != producer.epoch) return nullptr;
  const auto same = std::ranges::find_if(producer.batches, [&](const KeptBatch& kept) {
    return kept.first_sequence() == batch.first && kept.last_sequence == batch.last;
  });
  return same == producer.batches.end() ? nullptr : &*same;
}

std::optional<Error> refuse_impossible(const BatchFacts& batch) {
  if (batch.epoch.value < 0) {
    return Error{ErrorCode::InvalidRecord, "a batch with a producer id has no producer epoch"};
  }
  if (batch.first.value < 0 || batch.last.value < 0) {
    return Error{ErrorCode::InvalidRecord, "a batch with a producer id has no sequence number"};
  }
  return {};
}

std::string expected_but_got(Sequence expected, Sequence got) {
  return "expected sequence " + std::to_string(expected.value) + ", got " +
         std::to_string(got.value);
}

std::optional<Error> refuse_sequence(const Producer& producer, const BatchFacts& batch) {
  if (batch.epoch < producer.epoch) {
    return Error{ErrorCode::InvalidProducerEpoch,
                 "producer epoch " + std::to_string(batch.epoch.value) + " is older than " +
                     std::to_string(producer.epoch.value)};
  }
  const Sequence expected =
      batch.epoch == producer.epoch ? add(producer.last_sequence(), 1) : Sequence{0};
  if (batch.first != expected) {
    return Error{ErrorCode::OutOfOrderSequenceNumber, expected_but_got(expected, batch.first)};
  }
  return {};
}

// What only a new epoch changes: its sequences begin anew.
void take_epoch(Producer& producer, ProducerEpoch epoch) {
  if (producer.epoch == epoch) return;
  producer.batches.clear();
  producer.epoch = epoch;
}

void keep(Producer& producer, const KeptBatch& batch) {
  if (producer.batches.size() == kBatchesKept) producer.batches.pop_front();
  producer.batches.push_back(batch);
  producer.last_active = batch.timestamp;
}

}  // namespace

// The last sequence before a producer's first is -1, and adding 1 to it gives 0.
Sequence add(Sequence from, std::int32_t records) {
  return Sequence{static_cast<std::int32_t>((from.value + std::int64_t{records}) % kSequences)};
}

Sequence subtract(Sequence from, std::int32_t records) {
  const std::int64_t difference = from.value - std::int64_t{records};
  return Sequence{static_cast<std::int32_t>(difference < 0 ? difference + kSequences : difference)};
}

const Producer* Producers::find(ProducerId id) const {
  const auto at = producers_.find(id);
  return at == producers_.end() ? nullptr : &at->second.producer;
}

std::vector<ProducerId> Producers::ids() const {
  std::vector<ProducerId> ids;
  ids.reserve(producers_.size());
  for (const auto& [id, entry] : producers_) ids.push_back(id);
  std::ranges::sort(ids);
  return ids;
}

std::optional<Offset> Producers::first_open() const {
  if (open_.empty()) return {};
  return *open_.begin();
}

// A producer with an open transaction has no place among those that may be forgotten.
void Producers::touch(ProducerId id, Entry& entry, Offset at) {
  by_age_.erase({entry.touched, id});
  entry.touched = at;
  if (!entry.producer.transaction_start) by_age_.insert({at, id});
}

void Producers::forget(ProducerId id) {
  const auto at = producers_.find(id);
  ::check(at != producers_.end());
  by_age_.erase({at->second.touched, id});
  producers_.erase(at);
}

void Producers::make_room() {
  while (producers_.size() > limit_ && !by_age_.empty()) forget(by_age_.begin()->second);
}

Result<Verdict> check(const Producers& producers, const BatchFacts& batch) {
  if (batch.producer == kNoProducerId) return Append{};
  if (const auto impossible = refuse_impossible(batch)) return fail(*impossible);

  const Producer* producer = producers.find(batch.producer);
  if (!producer) return Append{};
  if (probe::planted<"no sequence is checked">()) return Append{};
  if (const KeptBatch* same = find_same(*producer, batch)) {
    return Duplicate{same->first_offset(), same->last_offset, same->timestamp};
  }
  if (const auto refused = refuse_sequence(*producer, batch)) return fail(*refused);
  if (producer->transaction_start && !batch.transactional) {
    return fail(ErrorCode::InvalidTxnState,
                "a batch without a transaction while the producer has one open");
  }
  return Append{};
}

void apply(Producers& producers, const AppendedBatch& batch) {
  const BatchFacts& facts = batch.facts;
  if (facts.producer == kNoProducerId) return;

  Producers::Entry& entry = producers.producers_[facts.producer];
  Producer& producer = entry.producer;
  take_epoch(producer, facts.epoch);
  keep(producer, {.last_sequence = facts.last,
                  .last_offset = batch.last,
                  .offset_delta = static_cast<std::int32_t>(batch.last.value - batch.first.value),
                  .timestamp = facts.timestamp});
  if (facts.transactional && !producer.transaction_start) {
    producer.transaction_start = batch.first;
    producers.open_.insert(batch.first);
  }
  producers.touch(facts.producer, entry, batch.last);
  producers.make_room();
}

std::optional<Offset> apply(Producers& producers, const AppendedMarker& marker) {
  Producers::Entry& entry = producers.producers_[marker.producer];
  Producer& producer = entry.producer;
  take_epoch(producer, marker.epoch);
  producer.coordinator_epoch = marker.coordinator_epoch;
  producer.last_active = marker.timestamp;
  const std::optional<Offset> began = std::exchange(producer.transaction_start, std::nullopt);
  if (began) producers.open_.erase(*began);
  producers.touch(marker.producer, entry, marker.offset);
  producers.make_room();
  return began;
}

void expire(Producers& producers, Timestamp now, Millis idle) {
  std::vector<ProducerId> gone;
  for (const auto& [id, entry] : producers.producers_) {
    const bool is_idle = now.value - entry.producer.last_active.value >= idle.count();
    if (is_idle && !entry.producer.transaction_start) gone.push_back(id);
  }
  for (const ProducerId id : gone) producers.forget(id);
}

void restore(Producers& producers, ProducerId id, Producer producer) {
  if (producer.transaction_start) producers.open_.insert(*producer.transaction_start);
  const Offset touched = producer.batches.empty() ? kNoOffset : producer.batches.back().last_offset;
  Producers::Entry& entry = producers.producers_[id];
  entry.producer = std::move(producer);
  producers.touch(id, entry, touched);
  producers.make_room();
}

}  // namespace txn
