#include "client/transactional_producer.h"

#include "wire/022_init_producer_id.h"
#include "wire/024_add_partitions_to_txn.h"
#include "wire/025_add_offsets_to_txn.h"
#include "wire/026_end_txn.h"
#include "wire/028_txn_offset_commit.h"

namespace client {

namespace {

constexpr Millis kRetryPause{20};
constexpr wire::Version kLastOfClients = 3;   // Of AddPartitionsToTxn: newer ones are for brokers.
constexpr wire::Version kFirstWithKnown = 3;  // Of InitProducerId.

// The first that is not None.
ErrorCode worst(const wire::AddPartitionsToTxnResponse& response) {
  for (const auto& topic : response.results_by_topic_v3_and_below) {
    for (const auto& partition : topic.results_by_partition) {
      if (partition.partition_error_code != ErrorCode::None) return partition.partition_error_code;
    }
  }
  return ErrorCode::None;
}

ErrorCode worst(const wire::TxnOffsetCommitResponse& response) {
  for (const auto& topic : response.topics) {
    for (const auto& partition : topic.partitions) {
      if (partition.error_code != ErrorCode::None) return partition.error_code;
    }
  }
  return ErrorCode::None;
}

}  // namespace

env::Task<Result<std::unique_ptr<TransactionalProducer>>> TransactionalProducer::open(
    Cluster& cluster, std::vector<TopicInfo> topics, TransactionalSettings settings) {
  std::unique_ptr<TransactionalProducer> producer(
      new TransactionalProducer(cluster, std::move(settings)));
  CO_TRY_VOID(co_await producer->find_coordinator());
  TransactionProtocol& protocol = producer->protocol_;
  protocol = transaction_protocol(producer->coordinator_->features());
  SenderSettings sender = producer->settings_.sender;
  sender.transaction = producer->settings_.id;
  sender.most = versions_of(protocol).produce;
  CO_TRY_VOID(co_await producer->begin({}));
  CO_TRY(producer->sender_, co_await BatchSender::open(cluster, std::move(topics), sender));
  producer->sender_->identify(producer->granted_);
  co_return producer;
}

env::Task<void> TransactionalProducer::close() { co_await sender_->close(); }

env::Task<Result<void>> TransactionalProducer::find_coordinator() {
  CO_TRY(coordinator_, co_await cluster_.coordinator(settings_.id));
  co_return Result<void>{};
}

template <class Attempt>
env::Task<Result<void>> TransactionalProducer::insist(TransactionStep step, Attempt attempt) {
  const Instant deadline = cluster_.shard().now() + cluster_.settings().timeout;
  for (;;) {
    const Result<ErrorCode> code = co_await attempt();
    if (!code) co_return fail(fallen(code.error(), Verdict::Over));
    const Verdict verdict = judge(*code, step);
    if (verdict == Verdict::Done) co_return Result<void>{};
    const bool again = verdict == Verdict::AskAgain || verdict == Verdict::FindCoordinator;
    if (!again || cluster_.shard().now() >= deadline) {
      co_return fail(fallen(transaction_error(*code, step, settings_.id.value), verdict));
    }
    ++retries_;
    co_await cluster_.shard().sleep(kRetryPause);
    if (verdict != Verdict::FindCoordinator) continue;
    group_coordinators_.clear();
    const Result<void> found = co_await find_coordinator();
    if (!found) co_return fail(fallen(found.error(), Verdict::Over));
  }
}

Error TransactionalProducer::fallen(Error error, Verdict verdict) {
  state_ = verdict == Verdict::Over ? State::Over : State::Lost;
  return error;
}

Error TransactionalProducer::sender_failed(Error error) {
  const Verdict verdict =
      sender_->broken() ? Verdict::Over : judge(error.code, TransactionStep::Produce);
  return fallen(std::move(error), verdict);
}

Result<void> TransactionalProducer::open_for_more() {
  if (state_ == State::Lost) {
    return fail(ErrorCode::TransactionAbortable,
                fmt::format("transactional id '{}': the transaction cannot go on; abort it",
                            settings_.id.value));
  }
  if (state_ == State::Over) {
    return fail(ErrorCode::InvalidTxnState,
                fmt::format("transactional id '{}': this producer failed and can do no more",
                            settings_.id.value));
  }
  state_ = State::Open;
  return {};
}

env::Task<Result<void>> TransactionalProducer::begin(ProducerIdentity known) {
  CO_TRY_VOID(co_await insist(TransactionStep::Begin, [this, known] { return ask_begin(known); }));
  state_ = State::Ready;
  co_return Result<void>{};
}

env::Task<Result<ErrorCode>> TransactionalProducer::ask_begin(ProducerIdentity known) {
  // Before v3 a producer cannot say what it was, and is given the next epoch all the same.
  CO_TRY(const wire::Version version,
         coordinator_->common_version(wire::InitProducerIdRequest::api));
  if (version < kFirstWithKnown) known = {};
  const wire::InitProducerIdRequest request{
      .transactional_id = settings_.id,
      .transaction_timeout_ms = static_cast<std::int32_t>(settings_.timeout.count()),
      .producer_id = known.id,
      .producer_epoch = known.epoch};
  CO_TRY(const wire::InitProducerIdResponse response,
         co_await coordinator_->ask(request, wire::read_init_producer_id_response));
  if (response.error_code == ErrorCode::None) {
    granted_ = {response.producer_id, response.producer_epoch};
  }
  co_return response.error_code;
}

env::Task<Result<void>> TransactionalProducer::join(TopicPartition partition) {
  if (protocol_ == TransactionProtocol::Second || joined_.contains(partition)) {
    co_return Result<void>{};
  }
  CO_TRY_VOID(co_await insist(TransactionStep::AddPartitions,
                              [this, partition] { return ask_join(partition); }));
  joined_.insert(std::move(partition));
  co_return Result<void>{};
}

env::Task<Result<ErrorCode>> TransactionalProducer::ask_join(TopicPartition partition) {
  wire::AddPartitionsToTxnRequest request;
  request.v3_and_below_transactional_id = settings_.id;
  request.v3_and_below_producer_id = granted_.id;
  request.v3_and_below_producer_epoch = granted_.epoch;
  request.v3_and_below_topics = {{.name = partition.topic, .partitions = {partition.partition}}};
  CO_TRY(const wire::AddPartitionsToTxnResponse response,
         co_await coordinator_->ask(std::move(request), wire::read_add_partitions_to_txn_response,
                                    kLastOfClients));
  co_return worst(response);
}

env::Task<Result<void>> TransactionalProducer::write(TopicPartition to,
                                                     std::vector<NewRecord> records) {
  if (records.empty()) co_return Result<void>{};
  CO_TRY_VOID(open_for_more());
  CO_TRY_VOID(co_await join(to));
  const Result<void> sent = co_await sender_->send(std::move(to), std::move(records));
  if (!sent) co_return fail(sender_failed(sent.error()));
  co_return Result<void>{};
}

env::Task<Result<void>> TransactionalProducer::flush() {
  const Result<void> flushed = co_await sender_->flush();
  if (!flushed) co_return fail(sender_failed(flushed.error()));
  co_return Result<void>{};
}

env::Task<Result<void>> TransactionalProducer::join(GroupId group) {
  if (protocol_ == TransactionProtocol::Second || joined_groups_.contains(group)) {
    co_return Result<void>{};
  }
  CO_TRY_VOID(
      co_await insist(TransactionStep::AddPartitions, [this, group] { return ask_join(group); }));
  joined_groups_.insert(std::move(group));
  co_return Result<void>{};
}

env::Task<Result<ErrorCode>> TransactionalProducer::ask_join(GroupId group) {
  const wire::AddOffsetsToTxnRequest request{.transactional_id = settings_.id,
                                             .producer_id = granted_.id,
                                             .producer_epoch = granted_.epoch,
                                             .group_id = group};
  CO_TRY(const wire::AddOffsetsToTxnResponse response,
         co_await coordinator_->ask(request, wire::read_add_offsets_to_txn_response));
  co_return response.error_code;
}

env::Task<Result<void>> TransactionalProducer::add_offsets(
    GroupId group, std::map<TopicPartition, Offset> offsets) {
  if (offsets.empty()) co_return Result<void>{};
  CO_TRY_VOID(open_for_more());
  CO_TRY_VOID(co_await join(group));
  co_return co_await insist(TransactionStep::CommitOffsets,
                            [this, group, offsets] { return ask_offsets(group, offsets); });
}

env::Task<Result<ErrorCode>> TransactionalProducer::ask_offsets(
    GroupId group, std::map<TopicPartition, Offset> offsets) {
  if (!group_coordinators_.contains(group)) {
    CO_TRY(Connection* const found, co_await cluster_.coordinator(group));
    group_coordinators_[group] = found;
  }
  wire::TxnOffsetCommitRequest request;
  request.transactional_id = settings_.id;
  request.group_id = group;
  request.producer_id = granted_.id;
  request.producer_epoch = granted_.epoch;
  for (const auto& [partition, offset] : offsets) {
    if (request.topics.empty() || request.topics.back().name != partition.topic) {
      request.topics.emplace_back().name = partition.topic;
    }
    request.topics.back().partitions.push_back({.partition_index = partition.partition,
                                                .committed_offset = offset,
                                                .committed_metadata = ""});
  }
  Connection* const coordinator = group_coordinators_.at(group);
  CO_TRY(const wire::TxnOffsetCommitResponse response,
         co_await coordinator->ask(std::move(request), wire::read_txn_offset_commit_response,
                                   versions_of(protocol_).txn_offset_commit));
  co_return worst(response);
}

env::Task<Result<void>> TransactionalProducer::commit() {
  if (state_ == State::Ready) co_return Result<void>{};  // Nothing was written.
  CO_TRY_VOID(open_for_more());
  CO_TRY_VOID(co_await flush());
  co_return co_await end(true);
}

env::Task<Result<void>> TransactionalProducer::abort() {
  if (state_ == State::Ready) co_return Result<void>{};  // Nothing was written.
  if (state_ == State::Over) co_return open_for_more();
  co_await sender_->drop();
  CO_TRY_VOID(co_await end(false));
  if (protocol_ == TransactionProtocol::Second) co_return Result<void>{};
  // What was dropped has left holes in the sequences: only with another epoch may they begin anew.
  CO_TRY_VOID(co_await begin(granted_));
  sender_->identify(granted_);
  co_return Result<void>{};
}

env::Task<Result<void>> TransactionalProducer::end(bool commit) {
  // In the first protocol the coordinator knows of nothing that it was not told.
  const bool nothing =
      protocol_ == TransactionProtocol::First && joined_.empty() && joined_groups_.empty();
  if (!nothing) {
    CO_TRY_VOID(co_await insist(TransactionStep::End, [this, commit] { return ask_end(commit); }));
  }
  joined_.clear();
  joined_groups_.clear();
  sender_->identify(granted_);
  state_ = State::Ready;
  co_return Result<void>{};
}

env::Task<Result<ErrorCode>> TransactionalProducer::ask_end(bool commit) {
  const wire::EndTxnRequest request{.transactional_id = settings_.id,
                                    .producer_id = granted_.id,
                                    .producer_epoch = granted_.epoch,
                                    .committed = commit};
  CO_TRY(const wire::EndTxnResponse response,
         co_await coordinator_->ask(request, wire::read_end_txn_response,
                                    versions_of(protocol_).end_txn));
  const bool bumped = response.error_code == ErrorCode::None &&
                      protocol_ == TransactionProtocol::Second &&
                      response.producer_id != kNoProducerId;
  if (bumped) granted_ = {response.producer_id, response.producer_epoch};
  co_return response.error_code;
}

}  // namespace client
