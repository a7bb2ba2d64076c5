#include "txn/producers.h"

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "base/probe.h"

namespace txn {
namespace {

constexpr std::int64_t kSequences = std::int64_t{1} << 31;

std::optional<KeptBatch> find_same(const Producer& producer, const BatchFacts& batch) {
  if (batch.epoch != producer.epoch) return {};
  for (std::size_t i = 0; i < producer.batches.size(); ++i) {
    const KeptBatch kept = producer.batches.at(i);
    if (kept.first_sequence() == batch.first && kept.last_sequence == batch.last) return kept;
  }
  return {};
}

std::optional<Error> refuse_impossible(const BatchFacts& batch, bool is_numbered) {
  if (batch.epoch.value < 0) {
    return Error{ErrorCode::InvalidRecord, "a batch with a producer id has no producer epoch"};
  }
  if (is_numbered && (batch.first.value < 0 || batch.last.value < 0)) {
    return Error{ErrorCode::InvalidRecord, "a batch with a producer id has no sequence number"};
  }
  return {};
}

std::string expected_but_got(Sequence expected, Sequence got) {
  return "expected sequence " + std::to_string(expected.value) + ", got " +
         std::to_string(got.value);
}

Error out_of_order(Sequence expected, Sequence got) {
  return {ErrorCode::OutOfOrderSequenceNumber, expected_but_got(expected, got)};
}

std::optional<Error> refuse_epoch(const Producer& producer, ProducerEpoch epoch) {
  if (epoch >= producer.epoch) return {};
  return Error{ErrorCode::InvalidProducerEpoch, "producer epoch " + std::to_string(epoch.value) +
                                                    " is older than " +
                                                    std::to_string(producer.epoch.value)};
}

std::optional<Error> refuse_unverified(const Producers& producers, const BatchFacts& batch,
                                       const Admission& admission) {
  if (!batch.transactional || producers.has_open(batch.producer, batch.epoch)) return {};
  const Client* client = std::get_if<Client>(&admission.by);
  if (!client) return {};  // It has a permit.
  const Verification* known = admission.verification;
  if (known && client->guard != kNoGuard && known->guard == client->guard) return {};
  return Error{ErrorCode::InvalidTxnState,
               "the batch belongs to no transaction that is open on this partition"};
}

// What the batches that ask to open a transaction with it say of its place.
std::optional<Error> refuse_beside(const Producer* producer, const BatchFacts& batch,
                                   const Verification& asking) {
  const bool unknown = !producer || producer->batches.empty();
  if (asking.epoch_per_transaction && unknown && batch.first != Sequence{0}) {
    return out_of_order(Sequence{0}, batch.first);
  }
  if (batch.first > asking.lowest) return out_of_order(asking.lowest, batch.first);
  return {};
}

std::optional<Error> refuse_sequence(const Producer& producer, const BatchFacts& batch) {
  const Sequence expected =
      batch.epoch == producer.epoch ? add(producer.last_sequence(), 1) : Sequence{0};
  if (batch.first == expected) return {};
  return out_of_order(expected, batch.first);
}

// What only a new epoch changes: its sequences begin anew.
void take_epoch(Producer& producer, ProducerEpoch epoch) {
  if (producer.epoch == epoch) return;
  producer.batches.clear();
  producer.epoch = epoch;
}

void keep(Producer& producer, const KeptBatch& batch) {
  producer.batches.push(batch);
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
  return open_.begin()->first;
}

std::optional<Timestamp> Producers::first_open_since() const {
  if (open_.empty() || open_.begin()->second == kNoTimestamp) return {};
  return open_.begin()->second;
}

bool Producers::has_open(ProducerId id, ProducerEpoch epoch) const {
  const Producer* producer = find(id);
  return producer && producer->transaction_start && producer->epoch == epoch;
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

Result<Verdict> check(const Producers& producers, const BatchFacts& batch,
                      const Admission& admission) {
  if (batch.producer == kNoProducerId) return Append{};
  if (const auto impossible = refuse_impossible(batch, admission.is_numbered()))
    return fail(*impossible);

  const bool numbered = admission.is_numbered() && !probe::planted<"no sequence is checked">();
  const Producer* producer = producers.find(batch.producer);
  if (producer && numbered) {
    if (const auto same = find_same(*producer, batch)) {
      return Duplicate{same->first_offset(), same->last_offset, same->timestamp};
    }
  }
  if (const auto refused = refuse_unverified(producers, batch, admission)) return fail(*refused);
  if (producer) {
    if (const auto refused = refuse_epoch(*producer, batch.epoch)) return fail(*refused);
  }
  // One that asks with another epoch, and may be a zombie, is nothing to this batch.
  const Verification* asking = admission.verification;
  const bool opens = batch.transactional && !producers.has_open(batch.producer, batch.epoch);
  if (numbered && opens && asking && asking->epoch == batch.epoch) {
    if (const auto refused = refuse_beside(producer, batch, *asking)) return fail(*refused);
  }
  if (!producer) return Append{};
  if (numbered) {
    if (const auto refused = refuse_sequence(*producer, batch)) return fail(*refused);
  }
  if (producer->transaction_start && !batch.transactional) {
    return fail(ErrorCode::InvalidTxnState,
                "a batch without a transaction while the producer has one open");
  }
  return Append{};
}

Result<void> check(const Producers& producers, const Marker& marker) {
  if (marker.producer.value < 0 || marker.epoch.value < 0) {
    return fail(ErrorCode::InvalidRequest, "a marker of no producer");
  }
  const Producer* producer = producers.find(marker.producer);
  if (!producer || probe::planted<"a marker's epoch is not checked">()) return {};
  if (const auto refused = refuse_epoch(*producer, marker.epoch)) return fail(*refused);
  const bool again = marker.epoch == producer->epoch && !producer->transaction_start;
  if (marker.transaction_version >= 2 && marker.epoch == producer->epoch && !again) {
    return fail(ErrorCode::InvalidProducerEpoch,
                "the open transaction has the marker's own epoch, " +
                    std::to_string(marker.epoch.value) + ", so it is a later one");
  }
  if (marker.coordinator_epoch < producer->coordinator_epoch) {
    return fail(ErrorCode::TransactionCoordinatorFenced,
                "the coordinator's epoch is " + std::to_string(producer->coordinator_epoch) +
                    " by now, not " + std::to_string(marker.coordinator_epoch));
  }
  return {};
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
    producers.open_.emplace(batch.first, batch.appended);
  }
  producers.touch(facts.producer, entry, batch.last);
  producers.make_room();
}

std::optional<Ended> ends(const Producers& producers, const AppendedMarker& marker) {
  const Producer* producer = producers.find(marker.producer);
  if (!producer || !producer->transaction_start) return {};
  Offset stable{marker.offset.value + 1};
  for (const auto& [began, since] : producers.open_) {
    if (began == *producer->transaction_start) continue;
    stable = began;
    break;
  }
  return Ended{.producer = marker.producer,
               .first = *producer->transaction_start,
               .marker = marker.offset,
               .last_stable = stable,
               .outcome = marker.outcome};
}

std::optional<Ended> apply(Producers& producers, const AppendedMarker& marker) {
  const std::optional<Ended> ended = ends(producers, marker);
  if (ended) producers.open_.erase(ended->first);
  Producers::Entry& entry = producers.producers_[marker.producer];
  Producer& producer = entry.producer;
  take_epoch(producer, marker.epoch);
  producer.coordinator_epoch = marker.coordinator_epoch;
  producer.last_active = marker.timestamp;
  producer.transaction_start.reset();
  producers.touch(marker.producer, entry, marker.offset);
  producers.make_room();
  return ended;
}

void expire(Producers& producers, Timestamp now, Millis idle) {
  std::vector<ProducerId> gone;
  for (const auto& [id, entry] : producers.producers_) {
    const bool is_idle = now.value - entry.producer.last_active.value >= idle.count();
    if (is_idle && !entry.producer.transaction_start) gone.push_back(id);
  }
  for (const ProducerId id : gone) producers.forget(id);
}

void restore(Producers& producers, ProducerId id, const Producer& producer) {
  if (producer.transaction_start) {
    producers.open_.emplace(*producer.transaction_start, kNoTimestamp);
  }
  const Offset touched = producer.batches.empty() ? kNoOffset : producer.batches.back().last_offset;
  Producers::Entry& entry = producers.producers_[id];
  entry.producer = producer;
  producers.touch(id, entry, touched);
  producers.make_room();
}

}  // namespace txn
