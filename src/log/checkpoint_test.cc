#include "log/checkpoint.h"

#include <gtest/gtest.h>

#include "log/names.h"

namespace logs {
namespace {

TEST(MetaProperties, WhatIsReadIsWrittenTheSame) {
  const auto read = parse_meta_properties("version=1\ncluster.id=a\r\r\r\nnode.id=1\n");
  ASSERT_TRUE(read);
  EXPECT_EQ(*parse_meta_properties(print_meta_properties(*read)), *read);
}

TEST(Checkpoint, TextsAreKafkas) {
  const OffsetCheckpoint offsets{{{TopicName{"b"}, PartitionIndex{0}}, Offset{7}},
                                 {{TopicName{"a.b-c"}, PartitionIndex{12}}, Offset{0}}};
  EXPECT_EQ(print_offsets(offsets), "0\n2\na.b-c 12 0\nb 0 7\n");
  EXPECT_EQ(*parse_offsets(print_offsets(offsets)), offsets);
  EXPECT_EQ(*parse_offsets("0\n0\n"), OffsetCheckpoint{});

  const std::vector<EpochStart> epochs{{LeaderEpoch{0}, Offset{0}}, {LeaderEpoch{3}, Offset{42}}};
  EXPECT_EQ(print_epochs(epochs), "0\n2\n0 0\n3 42\n");
  EXPECT_EQ(*parse_epochs("0\n2\n0 0\n3  42\n"), epochs);

  const TopicId topic{*parse_uuid("8PHy8_T19vf4-fr7_P3-_w")};
  EXPECT_EQ(print_partition_metadata(topic), "version: 0\ntopic_id: 8PHy8_T19vf4-fr7_P3-_w");
  EXPECT_EQ(*parse_partition_metadata(print_partition_metadata(topic)), topic);
  EXPECT_EQ(print_clean_shutdown(-1), "{\"version\":0,\"brokerEpoch\":-1}");

  const MetaProperties meta{
      .cluster_id = "k1", .node_id = BrokerId{5}, .directory_id = DirectoryId{topic.value}};
  EXPECT_EQ(print_meta_properties(meta),
            "#\nversion=1\ncluster.id=k1\nnode.id=5\ndirectory.id=8PHy8_T19vf4-fr7_P3-_w\n");
  EXPECT_EQ(*parse_meta_properties(print_meta_properties(meta)), meta);
  EXPECT_EQ(*parse_meta_properties("#\n#Tue Jan 02 10:00:00 UTC 2026\nnode.id = 5\r\nversion=1\n"
                                   "directory.id=8PHy8_T19vf4-fr7_P3-_w\ncluster.id=k1\n"),
            meta);
}

TEST(Checkpoint, DamageIsSaidWithItsLine) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "the file is empty"},
      {"1\n0\n", "line 1: a version that is not 0"},
      {"0\n", "line 1: expected how many entries follow"},
      {"0\n-1\n", "line 2: expected how many entries follow"},
      {"0\n9999999999\na 0 0\n", "line 3: expected 9999999999 entries, found 1"},
      {"0\n1\na 0\n", "line 3: malformed entry \"a 0\""},
      {"0\n1\na -1 5\n", "line 3: malformed entry \"a -1 5\""},
      {"0\n1\na 0 5\nb 0 5\n", "line 4: more entries than announced"},
  };
  for (const auto& [text, why] : cases) EXPECT_EQ(parse_offsets(text).error().detail, why) << text;
  EXPECT_FALSE(parse_epochs("0\n1\nx 0\n"));
  for (const char* text :
       {"", "version: 1\ntopic_id: 8PHy8_T19vf4-fr7_P3-_w", "version: 0", "version: 0\ntopic_id: x",
        "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAA"}) {
    EXPECT_FALSE(parse_partition_metadata(text)) << text;
  }
  for (const char* text :
       {"", "version=0\nbroker.id=1", "version=1\ncluster.id=a\nnode.id=-4", "version=1\nnode.id=1",
        "version=1\ncluster.id=a\nnode.id=1\ndirectory.id=q"}) {
    EXPECT_FALSE(parse_meta_properties(text)) << text;
  }
}

TEST(Names, AreKafkas) {
  EXPECT_EQ(file_name(FileKind::Log, Offset{42}), "00000000000000000042.log");
  EXPECT_EQ(parse_file_name("00000000000000000042.timeindex"),
            (FileName{FileKind::TimeIndex, Offset{42}}));
  EXPECT_EQ(parse_file_name("00000000000000000042.log.deleted").kind, FileKind::LeftOver);
  EXPECT_EQ(parse_file_name("00000000000000000042.log.swap").kind, FileKind::Unfinished);
  for (const char* other :
       {"", ".log", "42.log", "0000000000000000004x.log", "leader-epoch-checkpoint",
        "99999999999999999999.log", "00000000000000000042.log.9.damaged"}) {
    EXPECT_EQ(parse_file_name(other).kind, FileKind::Other) << other;
  }
  const TopicPartition partition{TopicName{"a-b"}, PartitionIndex{3}};
  EXPECT_EQ(partition_folder(partition), "a-b-3");
  EXPECT_EQ(parse_partition_folder("a-b-3"), partition);
  for (const char* other : {"a", "a-", "-1", "a-b", "a--", "a-3000000000"}) {
    EXPECT_FALSE(parse_partition_folder(other)) << other;
  }
  const std::string deleted = deleted_folder("a-b-3", Uuid{});
  EXPECT_EQ(deleted, "a-b-3.00000000000000000000000000000000-delete");
  EXPECT_TRUE(is_deleted_folder(deleted));
  EXPECT_FALSE(is_deleted_folder("a-delete"));
  EXPECT_EQ(deleted_folder(std::string(253, 'x') + "-1", Uuid{}).size(), 255U);
}

}  // namespace
}  // namespace logs
