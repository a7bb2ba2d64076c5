// Appends record batches, one for each partition of the request.
//
// A batch is checked on the connection's shard, then handed to the shard that owns its partition.
// Both happen before the handler first waits, so batches reach a partition in the order in which
// the client sent them (KIP-98 depends on it), however many requests are under way.
#include "wire/000_produce.h"

#include <limits>

#include "base/probe.h"
#include "broker/at_transaction.h"
#include "broker/engine.h"
#include "broker/handlers/handlers.h"
#include "broker/metrics.h"
#include "cluster/controller.h"
#include "wire/record_batch_builder.h"

namespace broker {
namespace {

using Request = wire::ProduceRequest;
using Response = wire::ProduceResponse;
using Answer = Response::PartitionProduceResponse;

constexpr std::int16_t kAcksNone = 0;
constexpr std::int16_t kAcksAll = -1;
constexpr wire::Version kFirstWithZstd = 7;
constexpr wire::Version kKnowsAbortable = 11;  // Of transactions (KIP-890).
constexpr wire::Version kSecondProtocol = 12;

// One partition's batch on its way into the log.
struct Parcel {
  MutableBytes batch;
  ByteVector recompressed;  // What `batch` points to where the topic demands another codec.
  wire::BatchHeader header;
  std::shared_ptr<const config::TopicOptions> options;
  Engine* owner = nullptr;
  TopicId topic;
  TopicName topic_name;
  PartitionIndex index;
  // Of the transaction that the batch belongs to.
  std::optional<TransactionalId> transaction = {};
  txn::Protocol protocol = txn::Protocol::First;
};

wire::BatchRules rules_for(const config::TopicOptions& topic, wire::Version version,
                           Timestamp now) {
  wire::BatchRules rules;
  rules.max_batch_bytes = static_cast<std::size_t>(topic.max_message_bytes);
  rules.zstd_allowed = version >= kFirstWithZstd;
  rules.keys_required = topic.cleanup_compact;
  rules.timestamp_type = topic.timestamp_type == config::TimestampType::LogAppendTime
                             ? wire::TimestampType::LogAppendTime
                             : wire::TimestampType::CreateTime;
  const std::int64_t before = topic.timestamp_before_max.count();
  const std::int64_t after = topic.timestamp_after_max.count();
  if (before < now.value) rules.earliest = Timestamp{now.value - before};
  if (after < std::numeric_limits<std::int64_t>::max() - now.value) {
    rules.latest = Timestamp{now.value + after};
  }
  return rules;
}

// The compression that the topic demands; none where it takes what producers choose.
std::optional<wire::Compression> demanded(const config::TopicOptions& topic) {
  switch (topic.compression) {
    case config::Compression::Producer:
      return std::nullopt;
    case config::Compression::Uncompressed:
      return wire::Compression{wire::Codec::None};
    case config::Compression::Gzip:
      return wire::Compression{wire::Codec::Gzip, topic.gzip_level};
    case config::Compression::Snappy:
      return wire::Compression{wire::Codec::Snappy};
    case config::Compression::Lz4:
      return wire::Compression{wire::Codec::Lz4, topic.lz4_level};
    case config::Compression::Zstd:
      return wire::Compression{wire::Codec::Zstd, topic.zstd_level};
  }
  return std::nullopt;
}

// The bytes of the request's records, which are ours to write offsets into: the frame belongs to
// this request alone.
MutableBytes in_frame(Call& call, Bytes records) {
  const Bytes frame = std::as_const(call.frame()).bytes();
  return call.frame().bytes().subspan(static_cast<std::size_t>(records.data() - frame.data()),
                                      records.size());
}

Result<void> recompress(Parcel& parcel, const config::TopicOptions& topic,
                        wire::BatchScratch& scratch) {
  const std::optional<wire::Compression> wanted = demanded(topic);
  if (!wanted || wanted->codec == parcel.header.codec) return {};
  parcel.recompressed = TRY(wire::recompress(parcel.batch, *wanted, scratch));
  parcel.batch = parcel.recompressed;
  const std::optional<wire::BatchHeader> header = TRY(wire::peek_batch(parcel.batch));
  check(header.has_value(), "recompressing gives a whole batch");
  parcel.header = *header;
  return {};
}

// Checks the batch for one partition and makes it ready to be appended.
Result<Parcel> pack(Call& call, const cluster::Topic* topic,
                    const Request::PartitionProduceData& data,
                    const std::optional<TransactionalId>& transaction) {
  if (!topic || !topic->find(data.index)) {
    return fail(ErrorCode::UnknownTopicOrPartition, "this broker has no such partition");
  }
  if (cluster::is_internal(topic->name)) {
    return fail(ErrorCode::InvalidTopicException,
                "'" + topic->name.value + "' is written by the broker alone");
  }
  Engine& engine = call.engine();
  Parcel parcel;
  parcel.options = engine.topic_options(*topic);
  parcel.topic = topic->id;
  parcel.topic_name = topic->name;
  parcel.index = data.index;
  parcel.owner = &engine.node().owner_of(topic->id, data.index);
  engine.scratch().record_errors.clear();
  const Bytes records = data.records ? data.records->bytes : Bytes{};
  const wire::BatchRules rules = rules_for(*parcel.options, call.version(), call.shard().wall());
  const wire::ValidBatch valid = TRY(wire::validate_batch(records, rules, engine.scratch()));
  if (valid.header.transactional) {
    if (!transaction) {
      return fail(ErrorCode::InvalidTxnState, "a transactional batch without a transactional id");
    }
    parcel.transaction = *transaction;
    parcel.protocol =
        call.version() >= kSecondProtocol ? txn::Protocol::Second : txn::Protocol::First;
  }
  parcel.batch = in_frame(call, records);
  parcel.header = valid.header;
  // A client's header may err, or claim append time; a topic with append time is stamped by the
  // log.
  const bool errs = valid.max_timestamp != valid.header.max_timestamp ||
                    valid.header.timestamp_type != wire::TimestampType::CreateTime;
  if (errs && rules.timestamp_type == wire::TimestampType::CreateTime) {
    wire::set_max_timestamp(parcel.batch, rules.timestamp_type, valid.max_timestamp);
    parcel.header.timestamp_type = rules.timestamp_type;
    parcel.header.max_timestamp = valid.max_timestamp;
  }
  TRY_VOID(recompress(parcel, *parcel.options, engine.scratch()));
  return parcel;
}

Answer refusal(PartitionIndex index, const Error& error) {
  return {.index = index,
          .error_code = error.code,
          .base_offset = Offset{-1},
          .error_message = error.detail.empty() ? std::optional<std::string>() : error.detail};
}

// What a producer is told when its transaction could not be asked for, or knows better. Those that
// speak the first protocol take NotEnoughReplicas for "once more".
Error told(Error why, const Parcel& parcel, wire::Version version) {
  switch (why.code) {
    case ErrorCode::ProducerFenced:
      why.code = ErrorCode::InvalidProducerEpoch;
      break;
    case ErrorCode::TransactionAbortable:
      if (version < kKnowsAbortable) why.code = ErrorCode::InvalidTxnState;
      break;
    case ErrorCode::ConcurrentTransactions:
      if (parcel.protocol == txn::Protocol::First) why.code = ErrorCode::NotEnoughReplicas;
      break;
    case ErrorCode::CoordinatorLoadInProgress:
    case ErrorCode::CoordinatorNotAvailable:
    case ErrorCode::NotCoordinator:
      why.code = ErrorCode::NotEnoughReplicas;
      break;
    default:
      break;
  }
  return why;
}

// Before the first batch of a transaction comes to a partition, its coordinator takes the partition
// in, or says that it has (KIP-890). Where the transaction before is still ending it takes its time
// to say so, and the marker comes here meanwhile: a guard from before that proves nothing of this
// transaction, so it is asked once more.
env::Task<Result<txn::Client>> join(Parcel& parcel, Partition& partition, wire::Version version) {
  const wire::BatchHeader& header = parcel.header;
  const bool verifies = parcel.owner->options().transactions.verify_partitions &&
                        !probe::planted<"nobody asks whether a transaction goes on">();
  const bool asks = parcel.protocol == txn::Protocol::Second || verifies;
  for (;;) {
    const std::optional<txn::Guard> guard =
        partition.verify({.producer = header.producer_id,
                          .epoch = header.producer_epoch,
                          .first = txn::Sequence{header.base_sequence},
                          .epoch_per_transaction = parcel.protocol == txn::Protocol::Second});
    if (!guard) co_return txn::Client{};
    if (!asks) co_return txn::Client{.guard = *guard};
    const Result<void> joined = co_await join_transaction(
        *parcel.owner, *parcel.transaction, {header.producer_id, header.producer_epoch},
        {parcel.topic_name, parcel.index}, parcel.protocol);
    if (!joined) co_return fail(told(joined.error(), parcel, version));
    if (partition.holds(header.producer_id, *guard)) co_return txn::Client{.guard = *guard};
    probe::reached<"transactions: a marker landed while the next was asked about">();
  }
}

// Runs on the shard that owns the partition. `parcel` lives in the handler's frame.
env::Task<Result<Produced>> deliver(Parcel& parcel, wire::Version version, bool wait) {
  const std::shared_ptr<Partition> partition = parcel.owner->find(parcel.topic, parcel.index);
  if (!partition) co_return fail(ErrorCode::UnknownTopicOrPartition, "the topic was deleted");
  txn::Client by;
  if (parcel.transaction) {
    CO_TRY(by, co_await join(parcel, *partition, version));
  }
  CO_TRY(const Produced produced, co_await partition->append(parcel.batch, parcel.header, by));
  observe::Metrics& metrics = parcel.owner->metrics();
  metrics.counter(meters::produced_records_total)
      .add(static_cast<std::uint64_t>(parcel.header.record_count));
  metrics.counter(meters::produced_bytes_total).add(parcel.batch.size());
  if (wait) {
    const Instant written = parcel.owner->shard().now();
    CO_TRY_VOID(co_await partition->wait_durable(produced.end));
    metrics.histogram(meters::durable_seconds).observe(parcel.owner->shard().now() - written);
  }
  co_return produced;
}

env::Task<Answer> produce_one(Call& call, Parcel parcel, bool wait) {
  Parcel* const sent = &parcel;
  const Result<Produced> produced = co_await call.on<Result<Produced>>(
      parcel.owner->shard(),
      [sent, version = call.version(), wait] { return deliver(*sent, version, wait); });
  if (!produced) co_return refusal(parcel.index, produced.error());
  co_return Answer{.index = parcel.index,
                   .base_offset = produced->base,
                   .log_append_time_ms = produced->log_append_time,
                   .log_start_offset = produced->log_start};
}

env::Task<Answer> ready(Answer answer) { co_return answer; }

Answer refuse(Call& call, PartitionIndex index, const Error& error) {
  Answer answer = refusal(index, error);
  for (const wire::RecordError& record : call.engine().scratch().record_errors) {
    answer.record_errors.push_back({record.index, record.detail});
  }
  return answer;
}

// Topics are named by id from v13 on, by name before.
ErrorCode unknown(Call& call) {
  return call.version() >= 13 ? ErrorCode::UnknownTopicId : ErrorCode::UnknownTopicOrPartition;
}

env::Task<Answer> begin(Call& call, const cluster::Topic* topic,
                        const Request::PartitionProduceData& data, const Request& request) {
  if (!topic) return ready(refusal(data.index, {unknown(call), "this broker has no such topic"}));
  Result<Parcel> parcel = pack(call, topic, data, request.transactional_id);
  if (!parcel) return ready(refuse(call, data.index, parcel.error()));
  return produce_one(call, std::move(*parcel), request.acks == kAcksAll);
}

std::optional<Error> refuse_request(const Request& request) {
  if (request.acks < kAcksAll || request.acks > 1) {
    return Error{ErrorCode::InvalidRequiredAcks, "acks is -1 (all), 0 or 1"};
  }
  return {};
}

}  // namespace

env::Task<Response> produce(Call& call, Request request) {
  const std::optional<Error> refused = refuse_request(request);
  const cluster::Image& image = call.image();
  std::vector<env::Task<Answer>> tasks;
  for (const Request::TopicProduceData& wanted : request.topic_data) {
    const cluster::Topic* topic =
        call.version() >= 13 ? image.find(wanted.topic_id) : image.find(wanted.name);
    for (const Request::PartitionProduceData& data : wanted.partition_data) {
      tasks.push_back(refused ? ready(refusal(data.index, *refused))
                              : begin(call, topic, data, request));
    }
  }
  std::vector<Answer> answers = co_await env::all(call.shard(), std::move(tasks));

  Response response;
  bool failed = false;
  auto answer = answers.begin();
  for (const Request::TopicProduceData& wanted : request.topic_data) {
    Response::TopicProduceResponse& topic = response.responses.emplace_back();
    topic.name = wanted.name;
    topic.topic_id = wanted.topic_id;
    for (std::size_t i = 0; i < wanted.partition_data.size(); ++i) {
      failed |= answer->error_code != ErrorCode::None;
      topic.partition_responses.push_back(std::move(*answer++));
    }
  }
  if (request.acks == kAcksNone) {
    call.send_no_answer();
    // A client that wants no answers learns of an error only by losing its connection.
    if (failed) call.hang_up("a produce request with acks=0 failed");
  }
  co_return response;
}

}  // namespace broker
