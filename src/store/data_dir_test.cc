#include "store/data_dir.h"

#include <gmock/gmock.h>

#include "sim/world.h"

namespace store {
namespace {

using testing::HasSubstr;

class DataDirTest : public testing::Test {
 protected:
  Result<DataDir> open(int node = 1, std::optional<std::string> cluster = {}) {
    return world_.run(open_data_dir(files(), "/node/data",
                                    {.node_id = BrokerId{node},
                                     .cluster_id = std::move(cluster),
                                     .fresh_cluster_id = "fresh",
                                     .fresh_directory_id = DirectoryId{id_}}));
  }
  env::Files& files() { return machine_.shard(0).files(); }
  void put(const std::string& path, const std::string& text) {
    ASSERT_TRUE(world_.run(env::write_file_atomically(files(), path, to_vector(as_bytes(text)))));
  }

  sim::World world_{1};
  sim::Machine& machine_ = world_.add_machine();
  Uuid id_ = *parse_uuid("8PHy8_T19vf4-fr7_P3-_w");
};

TEST_F(DataDirTest, ANewFolderIsNamedAfterItsOwner) {
  const auto dir = open();
  ASSERT_TRUE(dir) << dir.error().detail;
  EXPECT_TRUE(dir->fresh);
  EXPECT_TRUE(dir->clean);
  EXPECT_EQ(dir->meta.cluster_id, "fresh");
  EXPECT_EQ(as_text(*machine_.disk().content("/node/data/meta.properties")),
            "#\nversion=1\ncluster.id=fresh\nnode.id=1\ndirectory.id=8PHy8_T19vf4-fr7_P3-_w\n");
}

TEST_F(DataDirTest, IsLockedWhileInUse) {
  const auto dir = open();
  ASSERT_TRUE(dir);
  EXPECT_FALSE(open());
}

TEST_F(DataDirTest, OthersDataIsRefused) {
  ASSERT_TRUE(open());
  EXPECT_THAT(open(2).error().detail,
              HasSubstr("/node/data holds the data of node 1, and this is"));
  EXPECT_EQ(open(1, "other").error().code, ErrorCode::InconsistentClusterId);
  EXPECT_TRUE(open(1, "fresh"));
  put("/node/data/meta.properties", "version=9\n");
  EXPECT_THAT(open().error().detail, HasSubstr("meta.properties: version \"9\" is not 1"));
}

TEST_F(DataDirTest, TellsWhatTheLastShutdownLeft) {
  ASSERT_TRUE(open());
  EXPECT_FALSE(open()->clean) << "nobody said goodbye";
  const TopicPartition orders{TopicName{"orders"}, PartitionIndex{3}};
  ASSERT_TRUE(world_.run(write_recovery_points(files(), "/node/data", {{orders, Offset{9}}})));
  ASSERT_TRUE(world_.run(write_log_starts(files(), "/node/data", {{orders, Offset{4}}})));
  ASSERT_TRUE(files().make_dirs("/node/data/orders-3"));
  ASSERT_TRUE(files().make_dirs("/node/data/x-0.0123456789abcdef0123456789abcdef-delete"));
  ASSERT_TRUE(files().make_dirs("/node/data/lost+found"));
  ASSERT_TRUE(world_.run(mark_clean(files(), "/node/data")));
  {
    const auto dir = open();
    ASSERT_TRUE(dir);
    EXPECT_TRUE(dir->clean);
    EXPECT_EQ(dir->recovery_points.at(orders), Offset{9});
    EXPECT_EQ(dir->log_starts.at(orders), Offset{4});
    EXPECT_EQ(dir->partitions, std::vector{orders});
    ASSERT_EQ(dir->deleted.size(), 1U);
    EXPECT_TRUE(remove_folder(files(), dir->deleted[0]));
  }
  EXPECT_FALSE(open()->clean) << "the marker is good for one start";
  put("/node/data/recovery-point-offset-checkpoint", "junk");
  const auto dir = open();
  EXPECT_TRUE(dir->recovery_points.empty());
  EXPECT_THAT(dir->unreadable.at(0), HasSubstr("recovery-point-offset-checkpoint: line 1"));
}

}  // namespace
}  // namespace store
