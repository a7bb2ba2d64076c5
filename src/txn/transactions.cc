#include "txn/transactions.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/check.h"
#include "base/probe.h"

namespace txn {
namespace {

constexpr std::array<std::string_view, 8> kNames = {
    "Empty",          "Ongoing",       "PrepareCommit", "PrepareAbort",
    "CompleteCommit", "CompleteAbort", "Dead",          "PrepareEpochFence"};

// One epoch is kept back, so that a producer can always be shut out.
constexpr std::int16_t kLastEpochGiven = std::numeric_limits<std::int16_t>::max() - 1;
bool is_exhausted(ProducerEpoch epoch) { return epoch.value >= kLastEpochGiven; }

ProducerEpoch after(ProducerEpoch epoch) {
  return ProducerEpoch{static_cast<std::int16_t>(epoch.value + 1)};
}

std::unexpected<Error> fenced(const Transaction& current, ProducerEpoch epoch) {
  return fail(ErrorCode::ProducerFenced,
              "producer epoch " + std::to_string(epoch.value) + " where " +
                  std::to_string(current.producer.epoch.value) + " is the newest");
}

std::unexpected<Error> still_ending() {
  return fail(ErrorCode::ConcurrentTransactions, "the transaction before is still ending");
}

std::unexpected<Error> unknown_producer() {
  return fail(ErrorCode::InvalidProducerIdMapping,
              "the transactional id does not belong to this producer id");
}

// Aborts in the name of nobody: by the next epoch the producer is shut out. It is given to none,
// and whoever begins next takes the one after it.
Transaction shut_out(const Transaction& current, Timestamp now) {
  Transaction next = current;
  if (!probe::planted<"a new producer shuts nobody out">()) {
    next.producer.epoch = after(current.producer.epoch);
  }
  next.last_epoch = ProducerEpoch{-1};
  next.status = Status::PrepareAbort;
  next.updated = now;
  return next;
}

Transaction fresh_start(const Transaction& current, const ProducerIdentity& producer,
                        ProducerEpoch last_epoch, Millis timeout, Timestamp now) {
  Transaction next{.producer = producer,
                   .previous = current.previous,
                   .last_epoch = last_epoch,
                   .timeout = timeout,
                   .updated = now,
                   .protocol = current.protocol};
  if (producer.id != current.producer.id) next.previous = current.producer.id;
  return next;
}

// The producer that names itself is the one that has the id, or was until its epochs ran out.
bool may_go_on(const Transaction& current, const ProducerIdentity& known) {
  if (current.producer.epoch.value < 0 || known.id == current.producer.id) return true;
  return known.id == current.previous && is_exhausted(known.epoch);
}

Result<Decision> decide_next_epoch(const Transaction& current, const Init& wish,
                                   std::optional<ProducerId> fresh, Timestamp now) {
  const ProducerEpoch epoch = current.producer.epoch;
  const bool names_epoch = wish.known && epoch.value >= 0;
  if (is_exhausted(epoch) && (!wish.known || wish.known->epoch == epoch)) {
    if (!fresh) return Decision{.wants_producer_id = true};
    const ProducerIdentity producer{*fresh, ProducerEpoch{0}};
    const ProducerEpoch last = wish.known ? epoch : ProducerEpoch{-1};
    return Decision{fresh_start(current, producer, last, wish.timeout, now), producer};
  }
  if (names_epoch && wish.known->epoch != epoch) {
    // It asked before, and the answer was lost. A rival would have left no last epoch.
    if (wish.known->epoch != current.last_epoch) return fenced(current, wish.known->epoch);
    return Decision{fresh_start(current, current.producer, current.last_epoch, wish.timeout, now),
                    current.producer};
  }
  const ProducerIdentity producer{current.producer.id, after(epoch)};
  const ProducerEpoch last = wish.known ? epoch : ProducerEpoch{-1};
  return Decision{fresh_start(current, producer, last, wish.timeout, now), producer};
}

std::optional<Error> refuse_producer(const Transaction* current, const ProducerIdentity& who) {
  if (!current || current->producer.id != who.id) return unknown_producer().error();
  const bool was_given = who.epoch.value <= kLastEpochGiven;
  if (current->producer.epoch != who.epoch || !was_given) {
    return fenced(*current, who.epoch).error();
  }
  return {};
}

// What the producer is told: already what it will be when the markers are written.
ProducerIdentity granted_by(const Transaction& ending) {
  if (ending.successor == kNoProducerId) return ending.producer;
  return {ending.successor, ProducerEpoch{0}};
}

bool is_same_end(Status status, bool commit) {
  return commit ? status == Status::PrepareCommit || status == Status::CompleteCommit
                : status == Status::PrepareAbort || status == Status::CompleteAbort;
}

std::unexpected<Error> cannot_end(const Transaction& current, bool commit) {
  return fail(ErrorCode::InvalidTxnState, std::string("a transaction that is ") +
                                              std::string(name_of(current.status)) + " cannot be " +
                                              (commit ? "committed" : "aborted"));
}

// Epochs of the second protocol tell a repeated end from the end of the next transaction.
bool repeats_end(const Transaction& current, const End& wish) {
  if (current.protocol != Protocol::Second) return false;
  const bool is_bumped = current.producer.id == wish.who.id && wish.who.epoch.value < INT16_MAX &&
                         current.producer.epoch == after(wish.who.epoch);
  const bool is_succeeded = current.previous == wish.who.id && is_exhausted(wish.who.epoch) &&
                            current.producer.epoch == ProducerEpoch{0} &&
                            current.producer.id != wish.who.id;
  return is_bumped || is_succeeded;
}

Result<Decision> decide_repeated(const Transaction& current, bool commit) {
  if (!is_same_end(current.status, commit)) return cannot_end(current, commit);
  if (current.is_ending()) return still_ending();
  const bool may_be_given = current.producer.epoch.value <= kLastEpochGiven;
  if (!may_be_given) return fenced(current, current.producer.epoch);  // It has to begin anew.
  return Decision{.granted = current.producer};
}

// The producer gave up before any partition joined: nothing is to be marked.
Transaction aborted_empty(const Transaction& current, std::optional<ProducerId> fresh,
                          Timestamp now) {
  Transaction next = current;
  next.protocol = Protocol::Second;
  next.status = Status::CompleteAbort;
  next.started = next.updated = now;
  next.last_epoch = current.producer.epoch;
  next.previous = current.producer.id;
  next.producer = fresh ? ProducerIdentity{*fresh, ProducerEpoch{0}}
                        : ProducerIdentity{current.producer.id, after(current.producer.epoch)};
  return next;
}

}  // namespace

std::string_view name_of(Status status) { return kNames[static_cast<std::size_t>(status)]; }

std::optional<Status> status_of(std::string_view name) {
  const auto at = std::ranges::find(kNames, name);
  if (at == kNames.end()) return {};
  return static_cast<Status>(at - kNames.begin());
}

const Transaction* Transactions::find(const TransactionalId& id) const {
  const auto at = by_id.find(id);
  return at == by_id.end() ? nullptr : &at->second;
}

void apply(Transactions& transactions, const Record& record) {
  if (const auto* stored = std::get_if<Stored>(&record)) {
    transactions.by_id[stored->id] = stored->transaction;
  } else {
    transactions.by_id.erase(std::get<Removed>(record).id);
  }
}

Result<Decision> decide_init(const Transaction* current, const Init& wish,
                             std::optional<ProducerId> fresh, Timestamp now) {
  if (!current) {
    if (!fresh) return Decision{.wants_producer_id = true};
    return decide_next_epoch(Transaction{.producer = {*fresh, ProducerEpoch{-1}}}, wish, fresh,
                             now);
  }
  if (wish.known && !may_go_on(*current, *wish.known)) return fenced(*current, wish.known->epoch);
  if (current->is_ending()) return still_ending();
  if (current->status == Status::Ongoing) {
    probe::reached<"a producer began while its transaction was under way">();
    return Decision{.next = shut_out(*current, now)};
  }
  return decide_next_epoch(*current, wish, fresh, now);
}

Result<Decision> decide_add(const Transaction* current, const Add& wish, Timestamp now) {
  if (const auto refused = refuse_producer(current, wish.who)) return fail(*refused);
  if (current->is_ending()) return still_ending();
  const bool is_ongoing = current->status == Status::Ongoing;
  if (is_ongoing && std::ranges::includes(current->partitions, wish.partitions)) {
    return Decision{.granted = wish.who};
  }
  Transaction next = *current;
  if (!is_ongoing) {
    next.status = Status::Ongoing;
    next.started = now;
    next.partitions.clear();
  }
  next.protocol = wish.protocol;
  next.partitions.insert(wish.partitions.begin(), wish.partitions.end());
  next.updated = now;
  return Decision{std::move(next), wish.who};
}

Result<void> check_part(const Transaction* current, const ProducerIdentity& who,
                        const TopicPartition& partition) {
  if (const auto refused = refuse_producer(current, who)) return fail(*refused);
  if (current->is_ending()) return still_ending();
  if (current->status == Status::Ongoing && current->partitions.contains(partition)) return {};
  return fail(ErrorCode::TransactionAbortable, "the partition is not part of the transaction");
}

Result<Decision> decide_end(const Transaction* current, const End& wish,
                            std::optional<ProducerId> fresh, Timestamp now) {
  if (!current) return unknown_producer();
  if (repeats_end(*current, wish)) return decide_repeated(*current, wish.commit);
  if (const auto refused = refuse_producer(current, wish.who)) return fail(*refused);

  const bool is_second = wish.protocol == Protocol::Second;
  if (current->status != Status::Ongoing && !is_second) {
    if (current->status == Status::Empty) return cannot_end(*current, wish.commit);
    return decide_repeated(*current, wish.commit);
  }
  if (current->is_ending()) return fenced(*current, wish.who.epoch);
  if (current->status != Status::Ongoing && wish.commit) return cannot_end(*current, true);

  const bool runs_out = is_second && is_exhausted(current->producer.epoch);
  if (runs_out && !fresh) return Decision{.wants_producer_id = true};
  if (!runs_out) fresh.reset();
  if (current->status != Status::Ongoing) {
    probe::reached<"a transaction was aborted before anything joined it">();
    Transaction next = aborted_empty(*current, fresh, now);
    const ProducerIdentity granted = next.producer;
    return Decision{std::move(next), granted};
  }
  Transaction next = *current;
  next.status = wish.commit ? Status::PrepareCommit : Status::PrepareAbort;
  next.protocol = wish.protocol;
  next.updated = now;
  next.successor = fresh.value_or(kNoProducerId);
  if (is_second) {
    next.last_epoch = current->producer.epoch;
    next.producer.epoch = after(current->producer.epoch);
  }
  const ProducerIdentity granted = granted_by(next);
  return Decision{std::move(next), granted};
}

Transaction decide_complete(const Transaction& ending, Timestamp now) {
  check(ending.is_ending(), "only a transaction that is ending can be complete");
  Transaction next = ending;
  next.status =
      ending.status == Status::PrepareCommit ? Status::CompleteCommit : Status::CompleteAbort;
  next.previous = ending.producer.id;
  next.producer = granted_by(ending);
  next.successor = kNoProducerId;
  next.partitions.clear();
  next.updated = now;
  return next;
}

std::optional<Transaction> decide_timeout(const Transaction& current, Millis open_for,
                                          Timestamp now) {
  if (current.status != Status::Ongoing || current.timeout == kTwoPhases) return {};
  if (open_for < current.timeout) return {};
  probe::reached<"a transaction ran out of time">();
  return shut_out(current, now);
}

bool is_expired(const Transaction& current, Millis idle, Timestamp now) {
  if (current.status == Status::Ongoing || current.is_ending()) return false;
  return now.value - current.updated.value >= idle.count();
}

}  // namespace txn
