#include "broker/metadata_log.h"

#include <algorithm>

#include "base/probe.h"
#include "cluster/kept.h"
#include "cluster/names.h"
#include "cluster/settle.h"
#include "log/names.h"
#include "observe/log.h"

namespace broker {
namespace {

// Kafka gives the metadata topic this id, everywhere.
TopicId metadata_topic_id() {
  Uuid id;
  id.bytes.back() = std::byte{1};
  return TopicId(id);
}

store::LogOptionsPtr log_options(std::int32_t segment_bytes) {
  return std::make_shared<const store::LogOptions>(store::LogOptions{
      .segment_bytes = static_cast<std::uint32_t>(segment_bytes),
      .deletes = false,
      .max_message_bytes = std::numeric_limits<std::int32_t>::max(),
      .durability = store::Durability::Disk,
  });
}

}  // namespace

MetadataLog::MetadataLog(Place place)
    : place_(std::move(place)), image_(std::make_shared<const cluster::Image>()) {
  snapshot_at_ = place_.shard.now();
}

std::string MetadataLog::folder() const {
  return place_.data_folder + "/" + logs::partition_folder({cluster::kMetadataTopic, {}});
}

env::Task<Result<std::unique_ptr<MetadataLog>>> MetadataLog::open(Place place) {
  std::unique_ptr<MetadataLog> metadata(new MetadataLog(std::move(place)));
  const Place& at = metadata->place_;
  const store::OpenFacts facts{
      .clean = at.clean, .recovery_point = at.recovery_point, .log_start = {}};
  CO_TRY(store::Opened opened,
         co_await store::Log::open(at.shard, at.syncer, at.cache, metadata->folder(),
                                   metadata_topic_id(), log_options(at.segment_bytes), facts));
  metadata->log_ = std::move(opened.log);
  Result<void> read = co_await metadata->read_back();
  if (!read) {
    const Result<void> closed = co_await metadata->log_->close();
    if (!closed) observe::warn("the metadata log did not close", {{"why", closed.error()}});
    co_return fail(read.error().code, metadata->folder() + ": " + read.error().detail);
  }
  co_return std::move(metadata);
}

env::Task<Result<void>> MetadataLog::read_back() {
  CO_TRY_VOID(co_await read_snapshots());
  const Offset from = snapshots_.empty() ? Offset(0) : snapshots_.back().end;
  if (from < log_->log_start() || from > log_->log_end()) {
    co_return fail(ErrorCode::CorruptMessage,
                   "no snapshot can be read that the log goes on from: it begins at offset " +
                       std::to_string(log_->log_start().value) + " and ends at " +
                       std::to_string(log_->log_end().value));
  }
  CO_TRY_VOID(co_await replay(from));
  if (cluster::has_access_rules(*image_)) {
    co_return fail(ErrorCode::UnsupportedVersion,
                   "the cluster has access rules (ACLs), which this version does not enforce: it "
                   "would open to everybody what they close. Serve this folder with Apache Kafka, "
                   "or remove the rules there first");
  }
  co_return Result<void>{};
}

// Takes up the newest snapshot that is whole. Those that are not are set aside.
env::Task<Result<void>> MetadataLog::read_snapshots() {
  env::Files& files = place_.shard.files();
  if (!files.exists(folder())) co_return Result<void>{};
  CO_TRY(const std::vector<env::DirEntry> entries, files.list(folder()));
  for (const env::DirEntry& entry : entries) {
    if (const auto name = parse_snapshot_name(entry.name)) snapshots_.push_back(*name);
  }
  std::ranges::sort(snapshots_);
  while (!snapshots_.empty()) {
    const std::string path = folder() + "/" + to_text(snapshots_.back());
    CO_TRY(const ByteVector file, co_await env::read_file(files, path));
    Result<Snapshot> read = read_snapshot(file);
    if (read) {
      CO_TRY(const cluster::Applied applied, cluster::apply(*image_, read->records));
      image_ = applied.image;
      quorum_ = std::move(read->quorum);
      epoch_ = std::max(epoch_, snapshots_.back().epoch);
      probe::reached<"metadata: read back from a snapshot">();
      co_return Result<void>{};
    }
    // What a newer version wrote is not broken, and must not be passed over.
    if (read.error().code == ErrorCode::UnsupportedVersion) co_return fail(read.error());
    observe::warn("a metadata snapshot cannot be read, an older one and the log are read instead",
                  {{"file", path}, {"why", read.error()}});
    probe::reached<"metadata: a snapshot set aside">();
    CO_TRY_VOID(files.rename(path, path + ".unreadable"));
    snapshots_.pop_back();
  }
  co_return Result<void>{};
}

env::Task<Result<void>> MetadataLog::replay(Offset from) {
  std::vector<cluster::Record> records;
  const auto gather = [&records, from, this](Bytes batch) -> Result<void> {
    for (cluster::Record& record : TRY(read_metadata_batch(batch, from))) {
      records.push_back(std::move(record));
    }
    TRY_VOID(take_notes(quorum_, batch, from));
    bytes_since_snapshot_ += static_cast<std::int64_t>(batch.size());
    const auto header = TRY(wire::peek_batch(batch));
    if (header) {
      last_record_ = header->max_timestamp;
      epoch_ = std::max(epoch_, header->leader_epoch);
    }
    return {};
  };
  if (from < log_->log_end()) {
    CO_TRY_VOID(co_await log_->scan(from, log_->log_end(), store::ScanDetail::Batches, gather));
  }
  CO_TRY(const cluster::Settled settled, cluster::settle(std::move(records)));
  CO_TRY(const cluster::Applied applied, cluster::apply(*image_, settled.records));
  image_ = applied.image;
  if (!settled.open) co_return Result<void>{};
  // What follows now must not be taken for a part of what its writer did not end.
  const Timestamp now = place_.shard.wall();
  ByteVector batch = metadata_batch({wire::AbortTransactionRecord{}}, now);
  co_return co_await write(batch, now);
}

// The epochs' own file may be lost; batches and snapshots bear theirs too.
LeaderEpoch MetadataLog::epoch() const { return std::max(epoch_, log_->latest_epoch()); }

env::Task<Result<cluster::Applied>> MetadataLog::commit(std::vector<cluster::Record> records) {
  // Folded first: what does not fold must never reach the log.
  CO_TRY(cluster::Applied applied, cluster::apply(*image_, records));
  const Timestamp now = place_.shard.wall();
  if (records.size() > 1 && probe::planted<"a metadata record is not written">()) {
    records.pop_back();
  }
  ByteVector batch = metadata_batch(records, now);
  CO_TRY_VOID(co_await write(batch, now));
  image_ = applied.image;
  last_record_ = now;
  bytes_since_snapshot_ += static_cast<std::int64_t>(batch.size());
  if (snapshot_is_due()) {
    const Result<void> written = co_await snapshot();
    if (!written) {
      observe::warn("the metadata snapshot could not be written", {{"why", written.error()}});
    }
  }
  co_return std::move(applied);
}

env::Task<Result<void>> MetadataLog::write(MutableBytes batch, Timestamp now) {
  const Result<store::Appended> appended = co_await log_->append(batch, epoch(), now);
  if (!appended) {
    observe::error("a change of the cluster could not be written",
                   {{"why", appended.error()},
                    {"do", log_->offline() ? "mend the disk and restart the node"
                                           : "make room or mend the disk, and ask again"}});
    co_return fail(appended.error());
  }
  if (probe::planted<"metadata before its sync">()) co_return Result<void>{};
  co_return co_await log_->wait_durable(log_->log_end());
}

bool MetadataLog::snapshot_is_due() const {
  if (bytes_since_snapshot_ >= place_.bytes_between_snapshots) return true;
  const bool by_time = place_.snapshot_interval > Millis(0);
  return by_time && place_.shard.now() - snapshot_at_ >= place_.snapshot_interval;
}

env::Task<Result<void>> MetadataLog::snapshot() {
  const SnapshotName name{log_->log_end(), epoch()};
  // Whether or not this works out: a disk that is full is not to be tried at every commit.
  snapshot_at_ = place_.shard.now();
  bytes_since_snapshot_ = 0;
  if (!snapshots_.empty() && snapshots_.back().end == name.end) co_return Result<void>{};
  ByteVector file = write_snapshot({cluster::snapshot(*image_), quorum_}, last_record_);
  std::string path = folder() + "/" + to_text(name);
  CO_TRY_VOID(
      co_await env::write_file_atomically(place_.shard.files(), std::move(path), std::move(file)));
  snapshots_.push_back(name);
  co_return co_await forget_before(name.end);
}

// Keeps the snapshot before `newest`, and the log from there on.
env::Task<Result<void>> MetadataLog::forget_before(Offset newest) {
  while (snapshots_.size() > 2) {
    CO_TRY_VOID(place_.shard.files().remove(folder() + "/" + to_text(snapshots_.front())));
    snapshots_.erase(snapshots_.begin());
  }
  if (snapshots_.front().end == newest) co_return Result<void>{};
  probe::reached<"metadata: the log cut behind a snapshot">();
  CO_TRY_VOID(co_await log_->advance_log_start(snapshots_.front().end));
  co_return Result<void>{};
}

env::Task<Result<void>> MetadataLog::close() { co_return co_await log_->close(); }

}  // namespace broker
