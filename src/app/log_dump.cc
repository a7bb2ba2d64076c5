#include "app/log_dump.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "app/encoding.h"
#include "app/human.h"
#include "app/log_scan.h"
#include "app/log_text.h"
#include "app/table.h"
#include "log/checkpoint.h"
#include "log/index.h"
#include "log/names.h"
#include "log/txn_index.h"
#include "txn/snapshot.h"

namespace app {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kMetadataFolder = "__cluster_metadata-0";

std::string name_part(const std::string& path) { return path.substr(path.rfind('/') + 1); }

bool in_metadata_log(const std::string& path) {
  return path.find(kMetadataFolder) != std::string::npos;
}

Dumped finish(Json json, const Table& table, std::string heading, const DumpOptions& options) {
  Dumped dumped;
  if (options.json) {
    dumped.json = json.dump(2, ' ', false, Json::error_handler_t::replace);
  } else {
    dumped.text = std::move(heading) + table.text(options.styled);
  }
  return dumped;
}

Json bytes_json(const std::optional<Bytes>& bytes) {
  if (!bytes) return nullptr;
  return is_utf8(as_text(*bytes)) ? Json(as_text(*bytes)) : Json{{"base64", to_base64(*bytes)}};
}

// Gathers what a scan of a segment passes by.
class SegmentDump {
 public:
  SegmentDump(const DumpOptions& options, bool metadata)
      : options_(options),
        metadata_(metadata),
        table_(options.records ? record_columns() : batch_columns()) {}

  void add(const ScannedBatch& batch) {
    ++batches_;
    count_ += batch.header.record_count;
    if (options_.json) add_json(batch);
    if (!options_.json && !options_.records) add_row(batch);
    if (options_.records) add_records(batch);
  }

  Dumped result(Json head, const std::string& heading) && {
    head["batches"] = std::move(json_);
    if (unreadable_) head["error"] = *unreadable_;
    Dumped dumped = finish(std::move(head), table_, heading, options_);
    dumped.fault = std::move(unreadable_);
    return dumped;
  }
  std::size_t batches() const { return batches_; }
  std::int64_t count() const { return count_; }

 private:
  static std::vector<Column> batch_columns() {
    return {{"POSITION", Align::Right},
            {"FIRST", Align::Right},
            {"LAST", Align::Right},
            {"RECORDS", Align::Right},
            {"BYTES", Align::Right},
            {"CODEC"},
            {"LATEST TIME"},
            {"EPOCH", Align::Right},
            {"PRODUCER"},
            {"FLAGS"}};
  }
  static std::vector<Column> record_columns() {
    return {{"OFFSET", Align::Right}, {"TIME"}, {"KEY"}, {"VALUE"}};
  }

  void add_row(const ScannedBatch& batch) {
    const wire::BatchHeader& header = batch.header;
    const auto marker = marker_of(header, batch.bytes, scratch_);
    table_.add({fmt::format("{}", batch.position), fmt::format("{}", header.base_offset.value),
                fmt::format("{}", header.last_offset().value),
                fmt::format("{}", header.record_count), fmt::format("{}", header.size()),
                std::string(wire::name_of(header.codec)), iso_time(header.max_timestamp),
                fmt::format("{}", header.leader_epoch.value), producer_of(header),
                marker ? fmt::format("{}: {}", flags_of(header), *marker) : flags_of(header)});
  }

  void add_json(const ScannedBatch& batch) {
    const wire::BatchHeader& header = batch.header;
    json_.push_back({{"position", batch.position},
                     {"first_offset", header.base_offset.value},
                     {"last_offset", header.last_offset().value},
                     {"records", header.record_count},
                     {"bytes", header.size()},
                     {"codec", wire::name_of(header.codec)},
                     {"max_timestamp", header.max_timestamp.value},
                     {"leader_epoch", header.leader_epoch.value},
                     {"producer_id", header.producer_id.value},
                     {"producer_epoch", header.producer_epoch.value},
                     {"base_sequence", header.base_sequence},
                     {"transactional", header.transactional},
                     {"control", header.control}});
    const auto marker = marker_of(header, batch.bytes, scratch_);
    if (marker) json_.back()["marker"] = *marker;
  }

  void add_records(const ScannedBatch& batch) {
    Json records = Json::array();
    const auto marker = marker_of(batch.header, batch.bytes, scratch_);
    const auto done =
        wire::for_each_record(batch.bytes, scratch_, [&](const wire::RecordView& record) {
          if (options_.json) {
            records.push_back(record_json(record, batch.header.control));
          } else {
            table_.add({fmt::format("{}", record.offset.value), iso_time(record.timestamp),
                        marker ? "(marker)" : brief(record.key, 30),
                        marker ? *marker : value_text(record, batch.header.control)});
          }
        });
    if (options_.json) json_.back()["content"] = std::move(records);
    if (!done && !unreadable_) {
      unreadable_ = fmt::format("the records of the batch at {} cannot be read: {}", batch.position,
                                done.error().detail);
    }
  }

  bool is_metadata(const wire::RecordView& record, bool control) const {
    return metadata_ && !control && record.value;
  }
  std::string value_text(const wire::RecordView& record, bool control) const {
    return is_metadata(record, control) ? metadata_text(*record.value) : brief(record.value);
  }
  Json record_json(const wire::RecordView& record, bool control) const {
    Json json{{"offset", record.offset.value},
              {"timestamp", record.timestamp.value},
              {"key", bytes_json(record.key)},
              {"value", bytes_json(record.value)}};
    if (is_metadata(record, control)) json["metadata"] = metadata_text(*record.value);
    return json;
  }

  const DumpOptions& options_;
  bool metadata_;
  Table table_;
  Json json_ = Json::array();
  std::optional<std::string> unreadable_;
  wire::BatchScratch scratch_;
  std::size_t batches_ = 0;
  std::int64_t count_ = 0;
};

env::Task<Result<Dumped>> dump_segment(env::Files& files, std::string path, Offset base,
                                       DumpOptions options) {
  SegmentDump dump(options, in_metadata_log(path));
  CO_TRY(const ScanEnd end,
         co_await scan_log(files, path, base,
                           [&dump](const ScannedBatch& batch) { dump.add(batch); }));
  const std::string heading =
      fmt::format("{}: {} records in {} batches, {} of {} bytes are sound\n", path, dump.count(),
                  dump.batches(), end.position, end.size);
  Json head{{"file", path}, {"kind", "log"}, {"bytes", end.size}, {"sound_bytes", end.position}};
  std::optional<std::string> fault;
  if (end.fault) {
    fault = fmt::format("{}: at byte {}: {}", path, end.position, logs::to_text(*end.fault));
    head["error"] = *fault;
  }
  Dumped dumped = std::move(dump).result(std::move(head), heading);
  if (fault) dumped.fault = std::move(fault);
  co_return dumped;
}

Result<Dumped> dump_offset_index(const std::string& path, Bytes file, Offset base,
                                 const DumpOptions& options) {
  const auto entries = logs::decode_offset_index(file, UINT64_MAX);
  if (!entries)
    return fail(ErrorCode::CorruptMessage, path + ": offsets or positions that do not ascend");
  Table table({{"OFFSET", Align::Right}, {"POSITION", Align::Right}});
  Json json{{"file", path}, {"kind", "index"}, {"entries", Json::array()}};
  for (const logs::OffsetEntry& entry : *entries) {
    const std::int64_t offset = base.value + entry.offset;
    table.add({fmt::format("{}", offset), fmt::format("{}", entry.position)});
    json["entries"].push_back({{"offset", offset}, {"position", entry.position}});
  }
  return finish(std::move(json), table, fmt::format("{}: {} entries\n", path, entries->size()),
                options);
}

Result<Dumped> dump_time_index(const std::string& path, Bytes file, Offset base,
                               const DumpOptions& options) {
  const auto entries = logs::decode_time_index(file);
  if (!entries)
    return fail(ErrorCode::CorruptMessage, path + ": times or offsets that do not ascend");
  Table table({{"TIME"}, {"OFFSET", Align::Right}});
  Json json{{"file", path}, {"kind", "timeindex"}, {"entries", Json::array()}};
  for (const logs::TimeEntry& entry : *entries) {
    const std::int64_t offset = base.value + entry.offset;
    table.add({iso_time(entry.timestamp), fmt::format("{}", offset)});
    json["entries"].push_back({{"timestamp", entry.timestamp.value}, {"offset", offset}});
  }
  return finish(std::move(json), table, fmt::format("{}: {} entries\n", path, entries->size()),
                options);
}

Result<Dumped> dump_txn_index(const std::string& path, Bytes file, Offset base,
                              const DumpOptions& options) {
  const auto entries = logs::decode_aborted(file, base, Offset{INT64_MAX});
  if (!entries)
    return fail(ErrorCode::CorruptMessage, path + ": transactions that cannot be, or half of one");
  Table table({{"PRODUCER", Align::Right},
               {"FIRST OFFSET", Align::Right},
               {"MARKER", Align::Right},
               {"LAST STABLE", Align::Right}});
  Json json{{"file", path}, {"kind", "txnindex"}, {"entries", Json::array()}};
  for (const logs::AbortedTxn& entry : *entries) {
    table.add({fmt::format("{}", entry.producer.value), fmt::format("{}", entry.first.value),
               fmt::format("{}", entry.last.value), fmt::format("{}", entry.last_stable.value)});
    json["entries"].push_back({{"producer_id", entry.producer.value},
                               {"first_offset", entry.first.value},
                               {"last_offset", entry.last.value},
                               {"last_stable_offset", entry.last_stable.value}});
  }
  return finish(std::move(json), table,
                fmt::format("{}: {} aborted transactions\n", path, entries->size()), options);
}

Result<Dumped> dump_snapshot(const std::string& path, Bytes file, const DumpOptions& options) {
  const txn::Producers producers = TRY(txn::decode_snapshot(file));
  Table table({{"PRODUCER", Align::Right},
               {"EPOCH", Align::Right},
               {"LAST SEQUENCE", Align::Right},
               {"LAST OFFSET", Align::Right},
               {"LAST ACTIVE"},
               {"COORDINATOR EPOCH", Align::Right},
               {"OPEN TRANSACTION", Align::Right}});
  Json json{{"file", path}, {"kind", "snapshot"}, {"producers", Json::array()}};
  for (const ProducerId id : producers.ids()) {
    const txn::Producer& producer = *producers.find(id);
    const std::int64_t last =
        producer.batches.empty() ? -1 : producer.batches.back().last_offset.value;
    const std::int64_t open = producer.transaction_start.value_or(Offset{-1}).value;
    table.add({fmt::format("{}", id.value), fmt::format("{}", producer.epoch.value),
               fmt::format("{}", producer.last_sequence().value), fmt::format("{}", last),
               iso_time(producer.last_active),
               producer.coordinator_epoch < 0 ? "-" : fmt::format("{}", producer.coordinator_epoch),
               open < 0 ? "-" : fmt::format("{}", open)});
    json["producers"].push_back({{"producer_id", id.value},
                                 {"epoch", producer.epoch.value},
                                 {"last_sequence", producer.last_sequence().value},
                                 {"last_offset", last},
                                 {"last_timestamp", producer.last_active.value},
                                 {"coordinator_epoch", producer.coordinator_epoch},
                                 {"transaction_start", open}});
  }
  return finish(std::move(json), table, fmt::format("{}: {} producers\n", path, producers.size()),
                options);
}

Result<Dumped> dump_epochs(const std::string& path, Bytes file, const DumpOptions& options) {
  Table table({{"LEADER EPOCH", Align::Right}, {"STARTS AT", Align::Right}});
  Json json{{"file", path}, {"kind", "leader-epochs"}, {"epochs", Json::array()}};
  for (const logs::EpochStart& epoch : TRY(logs::parse_epochs(as_text(file)))) {
    table.add({fmt::format("{}", epoch.epoch.value), fmt::format("{}", epoch.start.value)});
    json["epochs"].push_back({{"epoch", epoch.epoch.value}, {"start", epoch.start.value}});
  }
  return finish(std::move(json), table, path + "\n", options);
}

Result<Dumped> dump_offsets(const std::string& path, Bytes file, const DumpOptions& options) {
  Table table({{"TOPIC"}, {"PARTITION", Align::Right}, {"OFFSET", Align::Right}});
  Json json{{"file", path}, {"kind", "offsets"}, {"offsets", Json::array()}};
  for (const auto& [partition, offset] : TRY(logs::parse_offsets(as_text(file)))) {
    table.add({partition.topic.value, fmt::format("{}", partition.partition.value),
               fmt::format("{}", offset.value)});
    json["offsets"].push_back({{"topic", partition.topic.value},
                               {"partition", partition.partition.value},
                               {"offset", offset.value}});
  }
  return finish(std::move(json), table, path + "\n", options);
}

Result<Dumped> dump_properties(const std::string& path, Bytes file, const DumpOptions& options) {
  Table table({{"PROPERTY"}, {"VALUE"}});
  Json json{{"file", path}};
  const auto add = [&](const std::string& name, std::string value) {
    json[name] = value;
    table.add({name, std::move(value)});
  };
  if (name_part(path) == logs::kPartitionMetadata) {
    const TopicId topic = TRY(logs::parse_partition_metadata(as_text(file)));
    add("topic_id", to_text(topic.value));
  } else {
    const logs::MetaProperties meta = TRY(logs::parse_meta_properties(as_text(file)));
    add("cluster_id", meta.cluster_id);
    add("node_id", fmt::format("{}", meta.node_id.value));
    if (meta.directory_id) add("directory_id", to_text(meta.directory_id->value));
  }
  return finish(std::move(json), table, path + "\n", options);
}

Result<Dumped> dump_content(const std::string& path, Bytes file, const DumpOptions& options) {
  const std::string name = name_part(path);
  const logs::FileName parsed = logs::parse_file_name(name);
  if (parsed.kind == logs::FileKind::Index)
    return dump_offset_index(path, file, parsed.base, options);
  if (parsed.kind == logs::FileKind::TimeIndex)
    return dump_time_index(path, file, parsed.base, options);
  if (parsed.kind == logs::FileKind::TxnIndex)
    return dump_txn_index(path, file, parsed.base, options);
  if (parsed.kind == logs::FileKind::Snapshot) return dump_snapshot(path, file, options);
  if (name == logs::kLeaderEpochs) return dump_epochs(path, file, options);
  if (name == logs::kRecoveryPoints || name == logs::kLogStarts)
    return dump_offsets(path, file, options);
  return dump_properties(path, file, options);
}

}  // namespace

bool can_dump(std::string_view file_name) {
  switch (logs::parse_file_name(file_name).kind) {
    case logs::FileKind::Log:
    case logs::FileKind::Index:
    case logs::FileKind::TimeIndex:
    case logs::FileKind::TxnIndex:
    case logs::FileKind::Snapshot:
      return true;
    default:
      break;
  }
  for (const std::string_view known : {logs::kLeaderEpochs, logs::kRecoveryPoints, logs::kLogStarts,
                                       logs::kPartitionMetadata, logs::kMetaProperties}) {
    if (file_name == known) return true;
  }
  return false;
}

env::Task<Result<Dumped>> dump_file(env::Files& files, std::string path, DumpOptions options) {
  const logs::FileName name = logs::parse_file_name(name_part(path));
  if (!can_dump(name_part(path))) {
    co_return fail(
        ErrorCode::InvalidRequest,
        fmt::format("{}: not a file of a log that can be shown\nSegments (.log), indexes, producer "
                    "snapshots and checkpoints can; give a file or the folder of a partition.",
                    path));
  }
  if (name.kind == logs::FileKind::Log)
    co_return co_await dump_segment(files, std::move(path), name.base, options);
  CO_TRY(const ByteVector content, co_await env::read_file(files, path));
  Result<Dumped> dumped = dump_content(path, content, options);
  // A damaged file is a finding, not a failure to look: the others are shown as well.
  if (!dumped) co_return Dumped{{}, {}, fmt::format("{}: {}", path, dumped.error().detail)};
  co_return dumped;
}

}  // namespace app
