#include "sim/disk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "sim/world.h"

namespace sim {
namespace {

using env::OpenMode;

ByteVector filled(std::size_t size, int value) { return ByteVector(size, std::byte(value)); }

class DiskTest : public testing::Test {
 protected:
  env::FilePtr open(const std::string& path, OpenMode mode = OpenMode::CreateOrOpen) {
    return disk().open(path, mode).value();
  }
  Result<void> write(const env::FilePtr& file, std::uint64_t offset, ByteVector bytes) {
    const Bytes part = bytes;
    return world.run(file->write(offset, {&part, 1}));
  }
  ByteVector read(const env::FilePtr& file) {
    ByteVector bytes(file->size().value());
    EXPECT_EQ(world.run(file->read(0, bytes)).value(), bytes.size());
    return bytes;
  }
  Disk& disk() { return machine.disk(); }
  void keep(const std::string& path, ByteVector bytes) {
    const env::FilePtr file = open(path);
    ASSERT_TRUE(write(file, 0, std::move(bytes)));
    ASSERT_TRUE(world.run(file->sync()));
    ASSERT_TRUE(world.run(disk().sync_dir("/")));
  }

  World world{1};
  Machine& machine = world.add_machine();
};

TEST_F(DiskTest, ReadsWhatWasWritten) {
  const env::FilePtr file = open("/a");
  const ByteVector one = filled(3, 1);
  const ByteVector two = filled(2, 2);
  const std::vector<Bytes> parts{one, two};
  ASSERT_TRUE(world.run(file->write(2, parts)));
  EXPECT_EQ(file->size().value(), 7U);
  ByteVector bytes(10);
  EXPECT_EQ(world.run(file->read(1, bytes)).value(), 6U);
  EXPECT_EQ(bytes[0], std::byte(0));
  EXPECT_EQ(bytes[1], std::byte(1));
  EXPECT_EQ(bytes[5], std::byte(2));
  EXPECT_EQ(world.run(file->read(99, bytes)).value(), 0U);
  ASSERT_TRUE(file->truncate(1));
  EXPECT_EQ(file->size().value(), 1U);
}

TEST_F(DiskTest, NamesBehaveAsOnARealDisk) {
  EXPECT_FALSE(disk().open("/none", OpenMode::ReadOnly));
  EXPECT_FALSE(disk().open("/no/folder", OpenMode::CreateNew));
  ASSERT_TRUE(disk().make_dirs("/data/topic-0"));
  ASSERT_TRUE(disk().make_dirs("/data/topic-0"));
  open("/data/topic-0/b");
  open("/data/topic-0/a");
  EXPECT_FALSE(disk().open("/data/topic-0/a", OpenMode::CreateNew));
  const auto entries = disk().list("/data/topic-0").value();
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].name, "a");
  EXPECT_FALSE(disk().list("/data/none"));
  ASSERT_TRUE(disk().rename("/data/topic-0", "/data/gone"));
  EXPECT_TRUE(disk().exists("/data/gone/a"));
  EXPECT_FALSE(disk().rename("/data", "/data/gone/x"));
  EXPECT_FALSE(disk().remove("/data/gone"));
  ASSERT_TRUE(disk().remove("/data/gone/a"));
  ASSERT_TRUE(disk().remove("/data/gone/a"));
  ASSERT_TRUE(disk().remove_all("/data"));
  EXPECT_FALSE(disk().exists("/data/gone/b"));
}

TEST_F(DiskTest, ARemovedFileStaysReadableWhileOpen) {
  const env::FilePtr file = open("/a");
  ASSERT_TRUE(write(file, 0, filled(4, 7)));
  ASSERT_TRUE(disk().remove("/a"));
  EXPECT_EQ(read(file), filled(4, 7));
}

TEST_F(DiskTest, LocksOutTheSecond) {
  auto held = disk().lock("/.lock");
  ASSERT_TRUE(held);
  const auto second = disk().lock("/.lock");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().detail, "cannot lock '/.lock': another process holds it");
  held->reset();
  EXPECT_TRUE(disk().lock("/.lock"));
}

TEST_F(DiskTest, FailsWhenToldTo) {
  const env::FilePtr file = open("/data");
  struct Case {
    const char* why;
    Fault fault;
    const char* text;
  };
  for (const Case& c :
       {Case{"a bad disk", Fault::InputOutput, "cannot write '/data': Input/output error"},
        Case{"full", Fault::NoSpace, "cannot write '/data': No space left on device"},
        Case{"remounted", Fault::ReadOnly, "cannot write '/data': Read-only file system"}}) {
    disk().fail_next(DiskCall::Write, c.fault);
    const auto written = write(file, 0, filled(10, 1));
    ASSERT_FALSE(written) << c.why;
    EXPECT_EQ(written.error().code, ErrorCode::KafkaStorageError);
    EXPECT_EQ(written.error().detail, c.text);
    EXPECT_TRUE(write(file, 0, filled(10, 1))) << c.why;
  }
  disk().fail_syncs("dat");
  EXPECT_FALSE(world.run(file->sync()));
  EXPECT_FALSE(world.run(file->sync()));
  disk().heal();
  EXPECT_TRUE(world.run(file->sync()));
}

TEST_F(DiskTest, FillsUp) {
  const env::FilePtr file = open("/a");
  disk().set_capacity(1000);
  ASSERT_TRUE(write(file, 0, filled(900, 1)));
  EXPECT_FALSE(write(file, 900, filled(200, 1)));
  EXPECT_EQ(disk().space("/").value().available, 0U);
  EXPECT_TRUE(write(file, 0, filled(900, 2))) << "overwriting needs no room";
  ASSERT_TRUE(file->truncate(100));
  EXPECT_TRUE(write(file, 100, filled(200, 1)));
}

TEST_F(DiskTest, ReadOnlyRefusesChanges) {
  const env::FilePtr file = open("/a");
  disk().set_read_only(true);
  EXPECT_FALSE(write(file, 0, filled(1, 1)));
  EXPECT_FALSE(disk().open("/b", OpenMode::CreateNew));
  EXPECT_FALSE(disk().rename("/a", "/b"));
  EXPECT_FALSE(disk().remove("/a"));
  EXPECT_FALSE(disk().make_dirs("/c"));
}

TEST_F(DiskTest, WhatWasSyncedSurvivesEveryCrash) {
  keep("/a", filled(5000, 1));
  const env::FilePtr file = open("/a");
  ASSERT_TRUE(write(file, 1024, filled(1024, 2)));  // Two whole sectors, unsynced.
  disk().crash();
  EXPECT_FALSE(file->size()) << "opened before the crash";
  const ByteVector after = read(open("/a"));
  ASSERT_EQ(after.size(), 5000U);
  for (std::size_t i = 0; i < after.size(); ++i) {
    const bool unsure = i >= 1024 && i < 2048;
    EXPECT_TRUE(after[i] == std::byte(1) || (unsure && after[i] == std::byte(2))) << i;
  }
}

// What a crash leaves of an unsynced append, over many seeds: every mixture the header promises.
TEST(DiskCrash, LeavesNothingAllOrPart) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    World world(seed);
    Disk& disk = world.add_machine().disk();
    const env::FilePtr file = disk.open("/a", OpenMode::CreateNew).value();
    ASSERT_TRUE(world.run(disk.sync_dir("/")));
    const ByteVector bytes = filled(2048, 1);
    const Bytes part = bytes;
    ASSERT_TRUE(world.run(file->write(0, {&part, 1})));
    disk.crash();
    const ByteVector after = *disk.content("/a");
    const auto ones = std::ranges::count(after, std::byte(1));
    seen.insert(after.empty()                                    ? "nothing"
                : ones == 2048                                   ? "all"
                : static_cast<std::size_t>(ones) == after.size() ? "a prefix"
                                                                 : "with holes");
  }
  EXPECT_EQ(seen, (std::set<std::string>{"nothing", "all", "a prefix", "with holes"}));
}

TEST(DiskCrash, ForgetsNamesThatWereNotSynced) {
  int kept = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    World world(seed);
    Disk& disk = world.add_machine().disk();
    ASSERT_TRUE(disk.make_dirs("/data"));
    ASSERT_TRUE(world.run(disk.sync_dir("/")));
    ASSERT_TRUE(disk.open("/data/sure", OpenMode::CreateNew));
    ASSERT_TRUE(world.run(disk.sync_dir("/data")));
    ASSERT_TRUE(disk.open("/data/unsure", OpenMode::CreateNew));
    disk.crash();
    EXPECT_TRUE(disk.exists("/data/sure"));
    kept += disk.exists("/data/unsure") ? 1 : 0;
  }
  EXPECT_GT(kept, 10);
  EXPECT_LT(kept, 90);
}

TEST(DiskCrash, ARenameHappensOrDoesNot) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    World world(seed);
    Disk& disk = world.add_machine().disk();
    const auto old_bytes = filled(600, 1);
    ASSERT_TRUE(world.run(env::write_file_atomically(disk, "/a", old_bytes)));
    disk.fail_next(DiskCall::SyncDir, Fault::InputOutput);
    ASSERT_FALSE(world.run(env::write_file_atomically(disk, "/a", filled(700, 2))));
    disk.crash();
    const ByteVector after = *disk.content("/a");
    EXPECT_TRUE(after == filled(600, 1) || after == filled(700, 2)) << seed;
  }
}

TEST(DiskCrash, ASyncThatFailedLosesHoldOfItsBytes) {
  int lost = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    World world(seed);
    Disk& disk = world.add_machine().disk();
    const env::FilePtr file = disk.open("/a", OpenMode::CreateNew).value();
    ASSERT_TRUE(world.run(disk.sync_dir("/")));
    const ByteVector bytes = filled(512, 1);
    const Bytes part = bytes;
    ASSERT_TRUE(world.run(file->write(0, {&part, 1})));
    disk.fail_next(DiskCall::Sync, Fault::InputOutput);
    ASSERT_FALSE(world.run(file->sync()));
    ASSERT_TRUE(world.run(file->sync())) << "it succeeds, and proves nothing";
    disk.crash();
    lost += *disk.content("/a") == bytes ? 0 : 1;
  }
  EXPECT_GT(lost, 10);
}

TEST(DiskCrash, WhatASyncLostIsReadUntilItIsForgotten) {
  World world(1);
  Disk& disk = world.add_machine().disk();
  const env::FilePtr file = disk.open("/a", OpenMode::CreateNew).value();
  const ByteVector old = filled(700, 1);
  const ByteVector lost = filled(600, 2);
  const ByteVector later = filled(100, 3);
  const auto write = [&](std::uint64_t offset, const ByteVector& bytes) {
    const Bytes part = bytes;
    ASSERT_TRUE(world.run(file->write(offset, {&part, 1})));
  };
  write(0, old);
  ASSERT_TRUE(world.run(file->sync()));
  write(0, lost);
  disk.fail_next(DiskCall::Sync, Fault::InputOutput);
  ASSERT_FALSE(world.run(file->sync()));
  write(600, later);
  EXPECT_EQ(disk.content("/a")->front(), lost.front());

  file->forget_cached();
  ByteVector after = *disk.content("/a");
  EXPECT_EQ(after[0], old[0]) << "the first sector shows what the disk has";
  EXPECT_EQ(after[599], lost[599]) << "the second was written since, and is still to be synced";
  EXPECT_EQ(after[600], later[0]);
}

TEST(DiskCrash, ASyncCoversWhatWasWrittenBeforeItOnly) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    World world(seed);
    Disk& disk = world.add_machine().disk();
    const env::FilePtr file = disk.open("/a", OpenMode::CreateNew).value();
    ASSERT_TRUE(world.run(disk.sync_dir("/")));
    const ByteVector first = filled(512, 1);
    const ByteVector second = filled(512, 2);
    const Bytes part = first;
    ASSERT_TRUE(world.run(file->write(0, {&part, 1})));
    bool synced = false;
    env::spawn(file->sync(), [&](Result<void> result) { synced = result.has_value(); });
    const Bytes later = second;
    bool written = false;
    env::spawn(file->write(0, {&later, 1}), [&](Result<void>) { written = true; });
    ASSERT_TRUE(world.run_until([&] { return synced && written; }));
    disk.crash();
    const ByteVector after = *disk.content("/a");
    EXPECT_TRUE(after == first || after == second) << seed;
  }
}

}  // namespace
}  // namespace sim
