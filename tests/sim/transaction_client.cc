#include "transaction_client.h"

#include "wire/000_produce.h"
#include "wire/003_metadata.h"
#include "wire/009_offset_fetch.h"
#include "wire/010_find_coordinator.h"
#include "wire/022_init_producer_id.h"
#include "wire/024_add_partitions_to_txn.h"
#include "wire/025_add_offsets_to_txn.h"
#include "wire/026_end_txn.h"
#include "wire/027_write_txn_markers.h"
#include "wire/028_txn_offset_commit.h"

namespace simulation {
namespace {

constexpr std::int8_t kGroupKey = 0;
constexpr std::int8_t kTransactionKey = 1;
constexpr wire::Version kLastOffsetsByName = 9;
// The last of the old protocol.
constexpr wire::Version kOldProduce = 11;
constexpr wire::Version kOldAddPartitions = 3;
constexpr wire::Version kOldEndTxn = 4;
constexpr wire::Version kOldOffsets = 4;

Result<void> as_result(ErrorCode code) {
  if (code != ErrorCode::None) return fail(code);
  return {};
}

}  // namespace

env::Task<Result<void>> TransactionClient::prepare(const std::string& group) {
  wire::MetadataRequest request;
  request.topics.emplace();
  request.topics->push_back({.topic_id = {}, .name = kTransfers});
  CO_TRY(const wire::MetadataResponse known,
         co_await link_.ask(std::move(request), &wire::read_metadata_response));
  CO_TRY_VOID(as_result(known.topics.front().error_code));
  for (const auto& [type, key] :
       {std::pair(kGroupKey, group), std::pair(kTransactionKey, id_.value)}) {
    wire::FindCoordinatorRequest find{.key_type = type, .coordinator_keys = {key}};
    CO_TRY(const wire::FindCoordinatorResponse answer,
           co_await link_.ask(std::move(find), &wire::read_find_coordinator_response));
    CO_TRY_VOID(as_result(answer.coordinators.front().error_code));
  }
  co_return Result<void>{};
}

env::Task<Result<TransactionClient::Identity>> TransactionClient::begin_anew(Millis timeout) {
  wire::InitProducerIdRequest request{
      .transactional_id = id_,
      .transaction_timeout_ms = static_cast<std::int32_t>(timeout.count())};
  CO_TRY(const wire::InitProducerIdResponse given,
         co_await link_.ask(std::move(request), &wire::read_init_producer_id_response));
  CO_TRY_VOID(as_result(given.error_code));
  co_return Identity{given.producer_id, given.producer_epoch};
}

env::Task<Result<void>> TransactionClient::name_partition(Identity who, int partition) {
  if (!old_protocol_) co_return Result<void>{};
  wire::AddPartitionsToTxnRequest request{.v3_and_below_transactional_id = id_,
                                          .v3_and_below_producer_id = who.producer,
                                          .v3_and_below_producer_epoch = who.epoch};
  request.v3_and_below_topics.push_back({kTransfers, {PartitionIndex{partition}}});
  CO_TRY(const wire::AddPartitionsToTxnResponse answer,
         co_await link_.ask(std::move(request), &wire::read_add_partitions_to_txn_response,
                            kOldAddPartitions));
  const auto& topic = answer.results_by_topic_v3_and_below.front();
  co_return as_result(topic.results_by_partition.front().partition_error_code);
}

env::Task<Result<void>> TransactionClient::write(int partition, Bytes batch) {
  wire::ProduceRequest request{.transactional_id = id_, .acks = -1, .timeout_ms = 5000};
  request.topic_data.push_back(
      {.name = kTransfers,
       .partition_data = {{PartitionIndex{partition}, wire::Records{.bytes = batch}}}});
  CO_TRY(const wire::ProduceResponse answer,
         co_await link_.ask(std::move(request), &wire::read_produce_response,
                            old_protocol_ ? kOldProduce : kLastByName));
  co_return as_result(answer.responses.front().partition_responses.front().error_code);
}

env::Task<Result<void>> TransactionClient::name_group(Identity who, const std::string& group) {
  if (!old_protocol_) co_return Result<void>{};
  wire::AddOffsetsToTxnRequest request{.transactional_id = id_,
                                       .producer_id = who.producer,
                                       .producer_epoch = who.epoch,
                                       .group_id = GroupId{group}};
  CO_TRY(const wire::AddOffsetsToTxnResponse answer,
         co_await link_.ask(std::move(request), &wire::read_add_offsets_to_txn_response));
  co_return as_result(answer.error_code);
}

env::Task<Result<void>> TransactionClient::say_position(Identity who, const std::string& group,
                                                        std::int64_t position) {
  wire::TxnOffsetCommitRequest request{.transactional_id = id_,
                                       .group_id = GroupId{group},
                                       .producer_id = who.producer,
                                       .producer_epoch = who.epoch};
  request.topics.push_back(
      {kTransfers, {{PartitionIndex{0}, Offset{position}, LeaderEpoch{-1}, {}}}});
  CO_TRY(const wire::TxnOffsetCommitResponse answer,
         co_await link_.ask(std::move(request), &wire::read_txn_offset_commit_response,
                            old_protocol_ ? kOldOffsets : wire::kNever));
  co_return as_result(answer.topics.front().partitions.front().error_code);
}

env::Task<Result<std::int64_t>> TransactionClient::position(const std::string& group) {
  wire::OffsetFetchRequest request{.require_stable = true};
  request.groups.push_back({.group_id = GroupId{group}});
  request.groups[0].topics.emplace();
  request.groups[0].topics->push_back(
      {.name = kTransfers, .partition_indexes = {PartitionIndex{0}}});
  CO_TRY(const wire::OffsetFetchResponse answer,
         co_await link_.ask(std::move(request), &wire::read_offset_fetch_response,
                            kLastOffsetsByName));
  const auto& of_group = answer.groups.front();
  CO_TRY_VOID(as_result(of_group.error_code));
  const auto& data = of_group.topics.front().partitions.front();
  CO_TRY_VOID(as_result(data.error_code));
  co_return std::max<std::int64_t>(data.committed_offset.value, 0);
}

env::Task<Result<TransactionClient::Identity>> TransactionClient::end(Identity who, bool commits) {
  wire::EndTxnRequest request{.transactional_id = id_,
                              .producer_id = who.producer,
                              .producer_epoch = who.epoch,
                              .committed = commits};
  CO_TRY(const wire::EndTxnResponse answer,
         co_await link_.ask(std::move(request), &wire::read_end_txn_response,
                            old_protocol_ ? kOldEndTxn : wire::kNever));
  CO_TRY_VOID(as_result(answer.error_code));
  if (old_protocol_) co_return who;
  co_return Identity{answer.producer_id, answer.producer_epoch};
}

env::Task<Result<void>> TransactionClient::mark(Identity who, int partition, bool commits) {
  wire::WriteTxnMarkersRequest request;
  auto& marker = request.markers.emplace_back();
  marker.producer_id = who.producer;
  marker.producer_epoch = who.epoch;
  marker.transaction_result = commits;
  marker.transaction_version = old_protocol_ ? 1 : 2;
  marker.topics.push_back({kTransfers, {PartitionIndex{partition}}});
  CO_TRY(const wire::WriteTxnMarkersResponse answer,
         co_await link_.ask(std::move(request), &wire::read_write_txn_markers_response));
  co_return as_result(answer.markers.front().topics.front().partitions.front().error_code);
}

}  // namespace simulation
