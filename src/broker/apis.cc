#include "broker/apis.h"

#include <algorithm>
#include <array>
#include <concepts>
#include <utility>

#include "broker/engine.h"
#include "broker/handlers/handlers.h"
#include "observe/log.h"
#include "wire/000_produce.h"
#include "wire/001_fetch.h"
#include "wire/002_list_offsets.h"
#include "wire/003_metadata.h"
#include "wire/008_offset_commit.h"
#include "wire/009_offset_fetch.h"
#include "wire/010_find_coordinator.h"
#include "wire/011_join_group.h"
#include "wire/012_heartbeat.h"
#include "wire/013_leave_group.h"
#include "wire/014_sync_group.h"
#include "wire/015_describe_groups.h"
#include "wire/016_list_groups.h"
#include "wire/018_api_versions.h"
#include "wire/019_create_topics.h"
#include "wire/020_delete_topics.h"
#include "wire/021_delete_records.h"
#include "wire/022_init_producer_id.h"
#include "wire/023_offset_for_leader_epoch.h"
#include "wire/024_add_partitions_to_txn.h"
#include "wire/025_add_offsets_to_txn.h"
#include "wire/026_end_txn.h"
#include "wire/027_write_txn_markers.h"
#include "wire/028_txn_offset_commit.h"
#include "wire/032_describe_configs.h"
#include "wire/033_alter_configs.h"
#include "wire/035_describe_log_dirs.h"
#include "wire/037_create_partitions.h"
#include "wire/042_delete_groups.h"
#include "wire/044_incremental_alter_configs.h"
#include "wire/046_list_partition_reassignments.h"
#include "wire/047_offset_delete.h"
#include "wire/060_describe_cluster.h"
#include "wire/061_describe_producers.h"
#include "wire/065_describe_transactions.h"
#include "wire/066_list_transactions.h"
#include "wire/068_consumer_group_heartbeat.h"
#include "wire/069_consumer_group_describe.h"
#include "wire/075_describe_topic_partitions.h"
#include "wire/076_share_group_heartbeat.h"
#include "wire/077_share_group_describe.h"
#include "wire/078_share_fetch.h"
#include "wire/079_share_acknowledge.h"
#include "wire/083_initialize_share_group_state.h"
#include "wire/084_read_share_group_state.h"
#include "wire/085_write_share_group_state.h"
#include "wire/086_delete_share_group_state.h"
#include "wire/087_read_share_group_state_summary.h"
#include "wire/090_describe_share_group_offsets.h"
#include "wire/091_alter_share_group_offsets.h"
#include "wire/092_delete_share_group_offsets.h"
#include "wire/header.h"
#include "wire/io.h"

namespace broker {
namespace {

template <class Request, class Response>
using Handler = env::Task<Response> (*)(Call&, Request);

// These wait long, for news or for other members, and must not keep others from being read.
template <class Request>
concept WaitsLong =
    std::same_as<Request, wire::FetchRequest> || std::same_as<Request, wire::JoinGroupRequest> ||
    std::same_as<Request, wire::SyncGroupRequest> || std::same_as<Request, wire::ShareFetchRequest>;

// What a request that waits may keep without its counting: more than any that is meant well.
constexpr std::size_t kFreeWhileWaiting = 1 << 20;

template <class Request, class Response, Handler<Request, Response> Handle>
struct Serve {
  static env::Task<Result<void>> serve(Call& call, Bytes body, wire::Output& out) {
    std::size_t made = 0;
    CO_TRY(Request request, wire::read_message<Request>(body, call.version(), Request::api, &made));
    // A Produce request's records are views into its frame.
    if constexpr (!std::same_as<Request, wire::ProduceRequest>) {
      call.release_frame();
    }
    call.hold(WaitsLong<Request> && made <= kFreeWhileWaiting ? 0 : made);
    const Response response = co_await Handle(call, std::move(request));
    if (call.answer_wanted()) write(response, call.version(), out);
    co_return Result<void>{};
  }
  static constexpr ServedApi entry{.api = &Request::api,
                                   .first = Request::api.first,
                                   .last = Request::api.last,
                                   .serve = &serve};
};

template <class Request, class Response, Handler<Request, Response> Handle>
constexpr ServedApi entry() {
  return Serve<Request, Response, Handle>::entry;
}

// One line an API: the message, and who serves it. All versions of the schema are served.
#define SERVED(Name, name) entry<wire::Name##Request, wire::Name##Response, &name>()

constexpr std::array kServed{
    SERVED(Produce, produce),
    SERVED(Fetch, fetch),
    SERVED(ListOffsets, list_offsets),
    SERVED(Metadata, metadata),
    SERVED(OffsetCommit, offset_commit),
    SERVED(OffsetFetch, offset_fetch),
    SERVED(FindCoordinator, find_coordinator),
    SERVED(JoinGroup, join_group),
    SERVED(Heartbeat, heartbeat),
    SERVED(LeaveGroup, leave_group),
    SERVED(SyncGroup, sync_group),
    SERVED(DescribeGroups, describe_groups),
    SERVED(ListGroups, list_groups),
    SERVED(ApiVersions, api_versions),
    SERVED(CreateTopics, create_topics),
    SERVED(DeleteTopics, delete_topics),
    SERVED(DeleteRecords, delete_records),
    SERVED(InitProducerId, init_producer_id),
    SERVED(OffsetForLeaderEpoch, offset_for_leader_epoch),
    SERVED(AddPartitionsToTxn, add_partitions_to_txn),
    SERVED(AddOffsetsToTxn, add_offsets_to_txn),
    SERVED(EndTxn, end_txn),
    SERVED(WriteTxnMarkers, write_txn_markers),
    SERVED(TxnOffsetCommit, txn_offset_commit),
    SERVED(DescribeConfigs, describe_configs),
    SERVED(AlterConfigs, alter_configs),
    SERVED(DescribeLogDirs, describe_log_dirs),
    SERVED(CreatePartitions, create_partitions),
    SERVED(DeleteGroups, delete_groups),
    SERVED(IncrementalAlterConfigs, incremental_alter_configs),
    SERVED(ListPartitionReassignments, list_partition_reassignments),
    SERVED(OffsetDelete, offset_delete),
    SERVED(DescribeCluster, describe_cluster),
    SERVED(DescribeProducers, describe_producers),
    SERVED(DescribeTransactions, describe_transactions),
    SERVED(ListTransactions, list_transactions),
    SERVED(ConsumerGroupHeartbeat, consumer_group_heartbeat),
    SERVED(ConsumerGroupDescribe, consumer_group_describe),
    SERVED(DescribeTopicPartitions, describe_topic_partitions),
    SERVED(ShareGroupHeartbeat, share_group_heartbeat),
    SERVED(ShareGroupDescribe, share_group_describe),
    SERVED(ShareFetch, share_fetch),
    SERVED(ShareAcknowledge, share_acknowledge),
    SERVED(InitializeShareGroupState, initialize_share_group_state),
    SERVED(ReadShareGroupState, read_share_group_state),
    SERVED(WriteShareGroupState, write_share_group_state),
    SERVED(DeleteShareGroupState, delete_share_group_state),
    SERVED(ReadShareGroupStateSummary, read_share_group_state_summary),
    SERVED(DescribeShareGroupOffsets, describe_share_group_offsets),
    SERVED(AlterShareGroupOffsets, alter_share_group_offsets),
    SERVED(DeleteShareGroupOffsets, delete_share_group_offsets),
};

static_assert(std::ranges::is_sorted(kServed, {}, [](const ServedApi& a) { return a.api->key; }));

// An error code that the answer's schema does not list is a bug of the handler's: a test ends on
// it, and whoever runs a broker may tell us.
void hold_to_schema(const wire::Api& api, const wire::Output& out) {
  if (out.undeclared == ErrorCode::None) return;
  observe::error("an answer has an error code that its schema does not list: please report this",
                 {{"api", api.name}, {"code", name_of(out.undeclared)}});
#ifdef THALWEG_PROBES
  check(false, "an answer has an error code that its schema does not list");
#endif
}

constexpr std::int16_t kApiVersions = wire::ApiVersionsRequest::api.key;

}  // namespace

std::span<const ServedApi> served_apis() { return kServed; }

const ServedApi* find_api(std::int16_t key) {
  const auto found =
      std::ranges::lower_bound(kServed, key, {}, [](const ServedApi& a) { return a.api->key; });
  return found != kServed.end() && found->api->key == key ? &*found : nullptr;
}

Result<RequestHead> read_request_head(Bytes frame) {
  const wire::RequestFrame read = TRY(wire::read_request_header(frame));
  const ServedApi* api = find_api(read.header.api_key);
  if (!api) {
    return fail(ErrorCode::InvalidRequest,
                "API " + std::to_string(read.header.api_key) + " is not served here");
  }
  const std::int16_t version = read.header.api_version;
  if ((version < api->first || version > api->last) && read.header.api_key != kApiVersions) {
    return fail(
        ErrorCode::UnsupportedVersion,
        std::string(api->api->name) + " is not served in version " + std::to_string(version));
  }
  return RequestHead{.api_key = read.header.api_key,
                     .version = version,
                     .correlation = read.header.correlation_id,
                     .client_id = read.header.client_id.value_or(""),
                     .body_at = frame.size() - read.body.size()};
}

env::Task<Result<wire::Output>> serve_request(Call& call, const RequestHead& head) {
  const Instant began = call.shard().now();
  const ServedApi* api = find_api(head.api_key);
  wire::Output out;
  out.bytes.resize(4);
  wire::write_response_header(head.correlation, *api->api, head.version, out);

  if (head.api_key == kApiVersions && !api->api->has(head.version)) {
    // KIP-511: who asks in a version from the future is answered in the oldest.
    write(unsupported_api_versions(), 0, out);
  } else {
    const Bytes body = std::as_const(call.frame()).bytes().subspan(head.body_at);
    const Result<void> served = co_await api->serve(call, body, out);
    if (!served) co_return fail(served.error());
  }
  hold_to_schema(*api->api, out);
  call.engine().api_meters().count(*api->api, call.frame_size(), out, call.shard().now() - began);
  co_return out;
}

}  // namespace broker
