#include "share_reading.h"

#include "wire/078_share_fetch.h"
#include "wire/090_describe_share_group_offsets.h"
#include "wire/record_batch_reader.h"

namespace simulation {
namespace {

using Data = wire::ShareFetchResponse::PartitionData;

// Of the batches that were sent, only the acquired records are the member's. One that is acquired
// and not there has no value.
Result<FromPartition> read_partition(const Data& data) {
  FromPartition from{.partition = data.partition_index.value,
                     .error = data.error_code,
                     .acknowledged = data.acknowledge_error_code};
  std::map<Offset, std::string> values;
  wire::BatchScratch scratch;
  wire::BatchIterator batches(data.records.bytes);
  for (;;) {
    const std::optional<wire::FoundBatch> batch = TRY(batches.next());
    if (!batch) break;
    if (!wire::checksum_matches(batch->bytes)) return fail(ErrorCode::CorruptMessage, "checksum");
    TRY_VOID(wire::for_each_record(batch->bytes, scratch, [&](const wire::RecordView& record) {
      values[record.offset] = as_text(record.value.value_or(Bytes{}));
    }));
  }
  for (const auto& acquired : data.acquired_records) {
    for (Offset at = acquired.first_offset; at <= acquired.last_offset; at = Offset{at.value + 1}) {
      from.records.push_back({at, acquired.delivery_count, values[at]});
    }
  }
  return from;
}

}  // namespace

Result<Fetched> read_fetched(Bytes answer, wire::Version version) {
  const wire::ShareFetchResponse response = TRY(wire::read_share_fetch_response(answer, version));
  Fetched fetched{.error = response.error_code};
  for (const auto& topic : response.responses) {
    for (const Data& data : topic.partitions) {
      fetched.partitions.push_back(TRY(read_partition(data)));
    }
  }
  return fetched;
}

env::Task<Result<std::map<int, Offset>>> read_share_starts(env::Shard& shard, env::Address broker) {
  History nothing;
  Scene scene{shard, std::move(broker), nothing, workloads().front()};
  Link link(scene);
  wire::DescribeShareGroupOffsetsRequest request;
  request.groups.push_back({kWorkers, std::nullopt});
  CO_TRY(const wire::DescribeShareGroupOffsetsResponse answer,
         co_await link.ask(std::move(request), &wire::read_describe_share_group_offsets_response));
  const auto& group = answer.groups.front();
  if (group.error_code != ErrorCode::None) co_return fail(group.error_code);
  std::map<int, Offset> starts;
  for (const auto& topic : group.topics) {
    for (const auto& data : topic.partitions) {
      starts[data.partition_index.value] = data.start_offset;
    }
  }
  co_return starts;
}

}  // namespace simulation
