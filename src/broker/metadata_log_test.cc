#include "broker/metadata_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "broker/metadata_snapshot.h"
#include "observe/log.h"
#include "sim/world.h"
#include "wire/record_batch_builder.h"

namespace broker {
namespace {

using testing::HasSubstr;

Uuid numbered(std::uint64_t n) {
  Uuid id;
  store_big<std::int64_t>(id.bytes.data() + 8, static_cast<std::int64_t>(n));
  return id;
}

std::vector<cluster::Record> make_topic(std::uint64_t n) {
  const TopicId id(numbered(n));
  return {wire::TopicRecord{.name = TopicName("t" + std::to_string(n)), .topic_id = id},
          wire::PartitionRecord{.partition_id = PartitionIndex(0),
                                .topic_id = id,
                                .leader = BrokerId(1),
                                .leader_epoch = LeaderEpoch(0),
                                .partition_epoch = 0}};
}

// One node's metadata log, opened, killed and opened again on one simulated disk.
class MetadataLogTest : public testing::Test {
 protected:
  MetadataLogTest() : machine_(world_.add_machine()) {}

  Result<std::unique_ptr<MetadataLog>> try_open(std::int64_t bytes_between_snapshots = 1 << 20) {
    env::Shard& shard = machine_.shard();
    check(shard.files().make_dirs("/data").has_value());
    syncer_ = std::make_unique<store::Syncer>(shard);
    cache_ = std::make_unique<store::FileCache>(shard.files(), store::FileCache::Limits{});
    return world_.run(MetadataLog::open({.shard = shard,
                                         .syncer = *syncer_,
                                         .cache = *cache_,
                                         .data_folder = "/data",
                                         .segment_bytes = segment_bytes_,
                                         .bytes_between_snapshots = bytes_between_snapshots,
                                         .recovery_point = Offset(0)}));
  }
  std::unique_ptr<MetadataLog> open(std::int64_t bytes_between_snapshots = 1 << 20) {
    Result<std::unique_ptr<MetadataLog>> log = try_open(bytes_between_snapshots);
    check(log.has_value(), log ? "" : log.error().detail.c_str());
    return *std::move(log);
  }
  void commit(MetadataLog& log, std::vector<cluster::Record> records) {
    const Result<cluster::Applied> applied = world_.run(log.commit(std::move(records)));
    ASSERT_TRUE(applied.has_value()) << applied.error().detail;
    EXPECT_EQ(applied->image, log.image());
  }
  void close(std::unique_ptr<MetadataLog> log) {
    const Result<void> closed = world_.run(log->close());
    EXPECT_TRUE(closed.has_value());
  }
  std::vector<std::string> snapshots() {
    std::vector<std::string> names;
    for (const env::DirEntry& entry : *machine_.shard().files().list(kFolder)) {
      if (entry.name.find(".checkpoint") != std::string::npos) names.push_back(entry.name);
    }
    return names;
  }
  void overwrite(const std::string& name, ByteVector content) {
    const Result<void> written = world_.run(env::write_file_atomically(
        machine_.shard().files(), std::string(kFolder) + "/" + name, std::move(content)));
    ASSERT_TRUE(written.has_value());
  }

  static constexpr const char* kFolder = "/data/__cluster_metadata-0";
  sim::World world_{7};
  sim::Machine& machine_;
  std::unique_ptr<store::Syncer> syncer_;
  std::unique_ptr<store::FileCache> cache_;
  std::int32_t segment_bytes_ = 1 << 30;
};

TEST_F(MetadataLogTest, AFreshLogIsEmpty) {
  std::unique_ptr<MetadataLog> log = open();
  EXPECT_TRUE(*log->image() == cluster::Image{});
  close(std::move(log));
}

TEST_F(MetadataLogTest, WhatWasCommittedIsThereAfterAStart) {
  std::unique_ptr<MetadataLog> log = open();
  for (std::uint64_t i = 1; i <= 20; ++i) commit(*log, make_topic(i));
  const cluster::ImagePtr before = log->image();
  close(std::move(log));
  log = open();
  EXPECT_TRUE(*log->image() == *before);
  EXPECT_EQ(log->image()->topics.size(), 20U);
  close(std::move(log));
}

TEST_F(MetadataLogTest, WhatWasCommittedOutlivesACrash) {
  for (std::uint64_t i = 1; i <= 12; ++i) {
    // With a bound of one byte each commit makes a snapshot: crashes meet logs with and without.
    std::unique_ptr<MetadataLog> log = open(i % 3 == 0 ? 1 : 1 << 20);
    EXPECT_EQ(log->image()->topics.size(), i - 1);
    commit(*log, make_topic(i));
    machine_.crash();
    log.reset();
  }
}

TEST_F(MetadataLogTest, KeepsTwoSnapshotsAndTheLogBehindTheOlder) {
  std::unique_ptr<MetadataLog> log = open(1);
  for (std::uint64_t i = 1; i <= 5; ++i) commit(*log, make_topic(i));
  EXPECT_EQ(snapshots(),
            (std::vector{to_text(SnapshotName{Offset(8)}), to_text(SnapshotName{Offset(10)})}));
  EXPECT_EQ(log->log_start(), Offset(8));
  commit(*log, make_topic(6));
  const cluster::ImagePtr before = log->image();
  close(std::move(log));
  log = open();
  EXPECT_TRUE(*log->image() == *before);
  close(std::move(log));
}

TEST_F(MetadataLogTest, AnUnreadableSnapshotCostsNothing) {
  std::unique_ptr<MetadataLog> log = open(1);
  for (std::uint64_t i = 1; i <= 5; ++i) commit(*log, make_topic(i));
  const cluster::ImagePtr before = log->image();
  close(std::move(log));
  overwrite(snapshots().back(), ByteVector(10));
  log = open();
  EXPECT_TRUE(*log->image() == *before);
  EXPECT_EQ(snapshots().back(), to_text(SnapshotName{Offset(10)}) + ".unreadable");
  close(std::move(log));
}

TEST_F(MetadataLogTest, WithoutAnySnapshotTheWholeLogIsRead) {
  std::unique_ptr<MetadataLog> log = open(1);
  for (std::uint64_t i = 1; i <= 5; ++i) commit(*log, make_topic(i));
  const cluster::ImagePtr before = log->image();
  close(std::move(log));
  for (const std::string& name : snapshots()) overwrite(name, ByteVector(10));
  log = open();
  EXPECT_TRUE(*log->image() == *before);
  close(std::move(log));
}

TEST_F(MetadataLogTest, WithoutAnySnapshotATrimmedLogIsRefused) {
  segment_bytes_ = 200;  // So that what lies below the older snapshot is gone from the disk.
  std::unique_ptr<MetadataLog> log = open(1);
  for (std::uint64_t i = 1; i <= 5; ++i) commit(*log, make_topic(i));
  close(std::move(log));
  for (const std::string& name : snapshots()) overwrite(name, ByteVector(10));
  const Result<std::unique_ptr<MetadataLog>> reopened = try_open();
  ASSERT_FALSE(reopened.has_value());
  EXPECT_THAT(reopened.error().detail, HasSubstr("no snapshot can be read"));
  EXPECT_THAT(reopened.error().detail, HasSubstr(kFolder));
}

TEST_F(MetadataLogTest, WhatContradictsTheImageIsNeverWritten) {
  std::unique_ptr<MetadataLog> log = open();
  commit(*log, make_topic(1));
  EXPECT_FALSE(world_.run(log->commit(make_topic(1))).has_value());
  commit(*log, make_topic(2));
  close(std::move(log));
  log = open();
  EXPECT_EQ(log->image()->topics.size(), 2U);
  close(std::move(log));
}

// Made by Apache Kafka 4.2 as controller and broker in one: format, a topic, a quota for a client,
// a SCRAM credential for a user, shutdown.
TEST_F(MetadataLogTest, ALogOfApacheKafkaIsTakenOverWithWhatItKeeps) {
  std::ifstream file(THALWEG_SOURCE_DIR "/tests/formats/metadata/kafka-4.2-quota-and-user.log",
                     std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  ASSERT_FALSE(bytes.empty());
  check(machine_.shard().files().make_dirs(kFolder).has_value());
  overwrite("00000000000000000000.log", to_vector(as_bytes(bytes)));

  std::unique_ptr<MetadataLog> log = open(1);
  EXPECT_NE(log->image()->find(TopicName("orders")), nullptr);
  ASSERT_TRUE(log->image()->kept);
  EXPECT_EQ(log->image()->kept->size(), 3U) << "the quota, the credential, the controller";
  commit(*log, make_topic(7));
  commit(*log, make_topic(8));
  const cluster::ImagePtr before = log->image();
  close(std::move(log));
  ASSERT_FALSE(snapshots().empty());
  log = open();
  EXPECT_TRUE(*log->image() == *before) << "what is kept stands in the snapshot";
  close(std::move(log));
}

// As Apache Kafka's `storage format --standalone` begins a folder whose voters may change: they
// stand in its first snapshot alone.
TEST_F(MetadataLogTest, VotersThatApacheKafkaWroteAreInEverySnapshot) {
  const QuorumNotes quorum{.kraft_version = to_vector(as_bytes("one")),
                           .voters = to_vector(as_bytes("node 1 at its address"))};
  check(machine_.shard().files().make_dirs(kFolder).has_value());
  overwrite("00000000000000000000-0000000000.checkpoint",
            write_snapshot({.quorum = quorum}, Timestamp(0)));
  for (std::uint64_t i = 1; i <= 4; ++i) {
    std::unique_ptr<MetadataLog> log = open(1);
    commit(*log, make_topic(i));
    close(std::move(log));
  }
  for (const std::string& name : snapshots()) {
    const auto file = machine_.disk().content(std::string(kFolder) + "/" + name);
    const Result<Snapshot> read = read_snapshot(*file);
    ASSERT_TRUE(read.has_value()) << name;
    EXPECT_TRUE(read->quorum == quorum) << name;
  }
}

// Two controllers of one epoch would be two truths: it never goes back, whatever is lost.
TEST_F(MetadataLogTest, TheEpochOutlivesItsFile) {
  check(machine_.shard().files().make_dirs(kFolder).has_value());
  wire::BatchBuilder batch({.leader_epoch = LeaderEpoch(5)});
  for (const cluster::Record& record : make_topic(1)) {
    const ByteVector value = cluster::encode(record);
    batch.add(Timestamp(1), std::nullopt, Bytes(value));
  }
  overwrite("00000000000000000000.log", batch.finish());
  std::unique_ptr<MetadataLog> log = open(1);
  commit(*log, make_topic(2));
  EXPECT_EQ(snapshots(), std::vector{to_text(SnapshotName{Offset(4), LeaderEpoch(5)})});
  close(std::move(log));

  overwrite("leader-epoch-checkpoint", to_vector(as_bytes("not a checkpoint")));
  log = open(1);
  commit(*log, make_topic(3));
  EXPECT_EQ(snapshots().back(), to_text(SnapshotName{Offset(6), LeaderEpoch(5)}));
  close(std::move(log));
}

TEST_F(MetadataLogTest, SaysWhetherRoomOrARestartIsNeeded) {
  std::string said;
  observe::LogSettings settings;
  settings.write = [&](std::string_view line) { said += line; };
  observe::set_log(std::move(settings));
  std::unique_ptr<MetadataLog> log = open();
  commit(*log, make_topic(1));
  machine_.disk().fail_next(sim::DiskCall::Write, sim::Fault::NoSpace, kFolder);
  EXPECT_FALSE(world_.run(log->commit(make_topic(2))).has_value());
  EXPECT_THAT(said, HasSubstr("make room"));
  EXPECT_FALSE(log->offline());
  machine_.disk().fail_next(sim::DiskCall::Sync, sim::Fault::InputOutput, kFolder);
  EXPECT_FALSE(world_.run(log->commit(make_topic(2))).has_value());
  EXPECT_TRUE(log->offline());
  said.clear();
  EXPECT_FALSE(world_.run(log->commit(make_topic(3))).has_value());
  EXPECT_THAT(said, HasSubstr("restart the node"));
  EXPECT_THAT(said, testing::Not(HasSubstr("make room")));
  observe::set_log({});
  EXPECT_FALSE(world_.run(log->close()).has_value());
}

TEST_F(MetadataLogTest, AClusterWithAccessRulesIsNotServed) {
  std::unique_ptr<MetadataLog> log = open();
  commit(*log, {wire::AccessControlEntryRecord{.principal = "User:ann"}});
  close(std::move(log));
  const Result<std::unique_ptr<MetadataLog>> refused = try_open();
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().detail, HasSubstr("does not enforce"));
}

TEST_F(MetadataLogTest, WhatItsWriterDidNotEndIsAborted) {
  std::unique_ptr<MetadataLog> log = open();
  commit(*log, make_topic(1));
  commit(*log, {wire::BeginTransactionRecord{}});
  commit(*log, make_topic(2));
  close(std::move(log));
  for (int i = 0; i < 2; ++i) {
    log = open();
    EXPECT_EQ(log->image()->topics.size(), i == 0 ? 1U : 2U);
    if (i == 0) commit(*log, make_topic(3));
    EXPECT_EQ(log->image()->find(TopicName("t2")), nullptr);
    close(std::move(log));
  }
}

TEST_F(MetadataLogTest, TimePassingMakesASnapshotDue) {
  std::unique_ptr<MetadataLog> log = open();
  commit(*log, make_topic(1));
  EXPECT_TRUE(snapshots().empty());
  world_.run_for(std::chrono::hours(2));
  commit(*log, make_topic(2));
  EXPECT_EQ(snapshots(), std::vector{to_text(SnapshotName{Offset(4)})});
  close(std::move(log));
}

TEST(SnapshotName, IsReadBackAndOnlyItself) {
  const SnapshotName whole{Offset(42), LeaderEpoch(7)};
  EXPECT_EQ(to_text(whole), "00000000000000000042-0000000007.checkpoint");
  EXPECT_EQ(parse_snapshot_name(to_text(whole)), whole);
  for (const char* name :
       {"", ".checkpoint", "42-1.checkpoint", "00000000000000000042-0000000001.checkpoint.part",
        "0000000000000000004x-0000000001.checkpoint", "99999999999999999999-0000000001.checkpoint",
        "00000000000000000042-000000002.checkpoint", "00000000000000000042-000000000x.checkpoint",
        "00000000000000000042-9999999999.checkpoint", "00000000000000000042",
        "-0000000000000000042-0000000001.checkpoint"}) {
    EXPECT_FALSE(parse_snapshot_name(name).has_value()) << name;
  }
}

TEST(Snapshot, IsReadBackWhole) {
  std::vector<cluster::Record> records;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    records.push_back(make_topic(i)[0]);  // More than one batch of a mebibyte holds.
  }
  const Snapshot whole{
      .records = records,
      .quorum = {.kraft_version = to_vector(as_bytes("v")), .voters = to_vector(as_bytes("who"))}};
  const Result<Snapshot> read = read_snapshot(write_snapshot(whole, Timestamp(5)));
  ASSERT_TRUE(read.has_value()) << read.error().detail;
  EXPECT_TRUE(*read == whole);
  EXPECT_TRUE(*read_snapshot(write_snapshot({}, Timestamp(5))) == Snapshot{});
}

TEST(Snapshot, RefusesEveryTruncationAndEveryFlippedByte) {
  const ByteVector file = write_snapshot({.records = make_topic(1)}, Timestamp(5));
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_FALSE(read_snapshot(Bytes(file).first(size)).has_value()) << size;
  }
  for (std::size_t at = 0; at < file.size(); ++at) {
    ByteVector bad = file;
    bad[at] ^= std::byte{0x40};
    // The offset and epoch of a batch are not under its checksum, and a snapshot has no use for
    // them.
    const Result<Snapshot> read = read_snapshot(bad);
    if (read) EXPECT_TRUE(read->records == make_topic(1)) << at;
  }
}

}  // namespace
}  // namespace broker
