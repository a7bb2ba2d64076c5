// Those who read what is committed, as Kafka's consumers do: the broker names the transactions that
// were aborted, and they leave out what those wrote.
#include <algorithm>

#include "scene.h"
#include "transaction_client.h"
#include "wire/001_fetch.h"
#include "wire/record_batch_reader.h"

namespace simulation {
namespace {

using namespace std::chrono_literals;

constexpr std::int32_t kMostBytes = 64 * 1024;
constexpr std::int8_t kReadCommitted = 1;

struct Read {
  ErrorCode error = ErrorCode::None;
  Offset next = {};  // To read from then.
  Offset last_stable = {};
  Offset high_watermark = {};
  std::vector<std::pair<Offset, std::string>> records = {};
};

using Data = wire::FetchResponse::PartitionData;

// Leaves out what aborted transactions wrote.
class Filter {
 public:
  explicit Filter(const Data& data) {
    if (data.aborted_transactions) aborted_ = *data.aborted_transactions;
    std::ranges::sort(aborted_, {}, [](const auto& one) { return one.first_offset; });
  }
  // Batches in their order.
  bool leaves_out(const wire::BatchHeader& batch, bool aborts) {
    while (next_ < aborted_.size() && aborted_[next_].first_offset <= batch.last_offset()) {
      under_way_.insert(aborted_[next_++].producer_id);
    }
    if (batch.control) {
      if (aborts) under_way_.erase(batch.producer_id);
      return true;
    }
    return batch.transactional && under_way_.contains(batch.producer_id);
  }

 private:
  std::vector<wire::FetchResponse::AbortedTransaction> aborted_;
  std::size_t next_ = 0;
  std::set<ProducerId> under_way_;
};

bool says_abort(const wire::RecordView& marker) {
  return marker.key && marker.key->size() >= 4 &&
         load_big<std::int16_t>(marker.key->data() + 2) == 0;
}

Result<Read> read_batches(const Data& data) {
  Read read{.error = data.error_code,
            .last_stable = data.last_stable_offset,
            .high_watermark = data.high_watermark};
  Filter filter(data);
  wire::BatchScratch scratch;
  wire::BatchIterator batches(data.records ? data.records->bytes : Bytes{});
  for (;;) {
    const std::optional<wire::FoundBatch> batch = TRY(batches.next());
    if (!batch) return read;
    std::vector<std::pair<Offset, std::string>> records;
    bool aborts = false;
    const wire::BatchHeader header =
        TRY(wire::for_each_record(batch->bytes, scratch, [&](const wire::RecordView& record) {
          aborts = says_abort(record);
          records.emplace_back(record.offset, as_text(record.value.value_or(Bytes{})));
        }));
    read.next = Offset{header.last_offset().value + 1};
    if (filter.leaves_out(header, aborts)) continue;
    std::ranges::move(records, std::back_inserter(read.records));
  }
}

Result<Read> read_answer(Bytes answer, wire::Version version) {
  const wire::FetchResponse response = TRY(wire::read_fetch_response(answer, version));
  if (response.responses.empty()) return Read{.error = response.error_code};
  return read_batches(response.responses.front().partitions.front());
}

env::Task<Result<Read>> fetch_committed(Link& link, int partition, Offset from) {
  wire::FetchRequest request;
  request.max_wait_ms = 200;
  request.min_bytes = 1;
  request.max_bytes = kMostBytes;
  request.isolation_level = kReadCommitted;
  wire::FetchRequest::FetchTopic topic;
  topic.topic = kTransfers;
  topic.partitions.push_back({.partition = PartitionIndex{partition},
                              .fetch_offset = from,
                              .partition_max_bytes = kMostBytes});
  request.topics.push_back(std::move(topic));
  CO_TRY(Read read, co_await link.ask(std::move(request), &read_answer, kLastByName));
  if (read.error != ErrorCode::None) co_return fail(read.error);
  if (read.next < from) read.next = from;
  std::erase_if(read.records, [&](const auto& record) { return record.first < from; });
  co_return read;
}

}  // namespace

env::Task<void> read_committed(Scene& scene, int number) {
  Link link(scene);
  const int partition = number % scene.load.partitions;
  Offset next{0};
  while (!scene.stopping) {
    const Result<Read> read = co_await fetch_committed(link, partition, next);
    if (!read) {
      if (read.error().code == ErrorCode::OffsetOutOfRange) {
        scene.history.contradict("transfers were read up to " + std::to_string(next.value) +
                                 ", which is now out of range");
      }
      co_await scene.shard.sleep(100ms);
      continue;
    }
    scene.transfers.note_poll({kTransfers, PartitionIndex{partition}}, next, read->next,
                              read->records);
    if (!read->records.empty()) ++scene.history.done[Activity::ReadCommitted];
    next = scene.shard.random() % 50 == 0 ? Offset{0} : read->next;
  }
}

env::Task<Result<void>> judge_transfers(env::Shard& shard, env::Address broker,
                                        Transfers& transfers, int partitions) {
  History nothing;
  Scene scene{shard, std::move(broker), nothing, workloads().front()};
  Link link(scene);
  Content content;
  for (int partition = 0; partition < partitions; ++partition) {
    auto& all = content[{kTransfers, PartitionIndex{partition}}];
    for (Offset next{0};;) {
      CO_TRY(const Read read, co_await fetch_committed(link, partition, next));
      all.insert(all.end(), read.records.begin(), read.records.end());
      if (read.next == next && read.last_stable < read.high_watermark) {
        co_return fail(ErrorCode::InvalidTxnState, "a transaction hangs in partition " +
                                                       std::to_string(partition) + " at " +
                                                       std::to_string(read.last_stable.value));
      }
      if (read.next == next) break;
      next = read.next;
    }
  }
  TransactionClient client(scene, {}, false);
  std::map<std::string, std::int64_t> groups;
  for (const std::string& group : transfers.groups()) {
    CO_TRY(groups[group], co_await client.position(group));
  }
  transfers.judge(content, groups);
  co_return Result<void>{};
}

}  // namespace simulation
