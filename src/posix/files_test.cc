#include "posix/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "posix/posix_test_support.h"

namespace posix {

TemporaryFolder::TemporaryFolder() {
  char name[] = "/tmp/thalweg_posix_XXXXXX";
  check(mkdtemp(name) != nullptr, "mkdtemp");
  path_ = name;
}
TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

namespace {

using env::OpenMode;

env::Task<Result<ByteVector>> write_then_read(Process& process, std::string path) {
  env::Files& files = process.shard(0).files();
  CO_TRY(const env::FilePtr file, files.open(path, OpenMode::CreateNew));
  std::vector<ByteVector> pieces;
  std::vector<Bytes> parts;
  for (int i = 0; i < 200; ++i) pieces.emplace_back(ByteVector(std::size_t(i), std::byte(i)));
  for (const ByteVector& piece : pieces) parts.emplace_back(piece);
  CO_TRY_VOID(co_await file->write(5, parts));
  CO_TRY_VOID(co_await file->sync());
  CO_TRY_VOID(co_await files.sync_dir(path.substr(0, path.rfind('/'))));
  CO_TRY(const std::uint64_t size, file->size());
  ByteVector all(size + 100);
  CO_TRY(const std::size_t got, co_await file->read(0, all));
  all.resize(got);
  CO_TRY_VOID(file->truncate(7));
  CO_TRY(const std::uint64_t after, file->size());
  check(after == 7, "truncated");
  co_return all;
}

TEST(Files, ReadBackWhatWasWritten) {
  const TemporaryFolder folder;
  const auto all = run_on_shards<Result<ByteVector>>(
      1, [&](Process& process) { return write_then_read(process, folder / "a"); });
  ASSERT_TRUE(all) << all.error().detail;
  ByteVector expected(5);
  for (int i = 0; i < 200; ++i) expected.insert(expected.end(), std::size_t(i), std::byte(i));
  EXPECT_EQ(*all, expected);
}

env::Task<Result<std::size_t>> read_on_two_shards(Process& process, std::string path) {
  env::Shard& here = process.shard(0);
  CO_TRY(const env::FilePtr file, here.files().open(path, OpenMode::CreateNew));
  const ByteVector content(100'000, std::byte{7});
  const Bytes part = content;
  CO_TRY_VOID(co_await file->write(0, {&part, 1}));
  ByteVector mine(200'000);
  ByteVector theirs(200'000);
  const auto read_there = [&] { return file->read(0, theirs); };
  CO_TRY(const std::size_t there,
         co_await env::ask<Result<std::size_t>>(here, process.shard(1), read_there));
  CO_TRY(const std::size_t got, co_await file->read(50'000, mine));
  co_return there + got;
}

TEST(Files, AreReadableFromAnyShard) {
  const TemporaryFolder folder;
  const auto sum = run_on_shards<Result<std::size_t>>(
      2, [&](Process& process) { return read_on_two_shards(process, folder / "a"); });
  EXPECT_EQ(sum.value(), 150'000U);
}

TEST(Files, SayWhatIsWrong) {
  const TemporaryFolder folder;
  Process process(1);
  env::Files& files = process.shard(0).files();
  ASSERT_TRUE(files.make_dirs(folder / "x/y"));
  ASSERT_TRUE(files.open(folder / "x/file", OpenMode::CreateNew));
  struct Case {
    std::string why;
    Result<void> got;
    std::string detail;
  };
  const auto opened = [&](const std::string& path, OpenMode mode) -> Result<void> {
    const env::FilePtr file = TRY(files.open(path, mode));
    return {};
  };
  const std::string& base = folder.path();
  const std::vector<Case> cases{
      {"absent", opened(base + "/no", OpenMode::ReadOnly),
       "cannot open '" + base + "/no': No such file or directory"},
      {"exists", opened(base + "/x/file", OpenMode::CreateNew),
       "cannot open '" + base + "/x/file': File exists"},
      {"a folder", opened(base + "/x", OpenMode::ReadOnly),
       "cannot open '" + base + "/x': Is a directory"},
      {"a file in the way", files.make_dirs(base + "/x/file/z"),
       "cannot make the folder '" + base + "/x/file/z': Not a directory"},
      {"no source", files.rename(base + "/no", base + "/yes"),
       "cannot rename '" + base + "/no': No such file or directory"},
      {"remove a folder", files.remove(base + "/x"),
       "cannot remove '" + base + "/x': Is a directory"},
      {"remove nothing", files.remove(base + "/no"), ""},
      {"remove nothing deep", files.remove_all(base + "/no/no"), ""},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(c.got ? "" : c.got.error().detail, c.detail) << c.why;
    if (!c.got) EXPECT_EQ(c.got.error().code, ErrorCode::KafkaStorageError) << c.why;
  }
}

env::Task<Result<void>> write_to(Process& process, std::string path) {
  CO_TRY(const env::FilePtr file, process.shard(0).files().open(path, OpenMode::ReadWrite));
  const ByteVector content(100, std::byte{1});
  const Bytes part = content;
  CO_TRY_VOID(co_await file->write(0, {&part, 1}));
  co_return Result<void>{};
}

TEST(Files, SayThatTheDiskIsFull) {
  const auto written = run_on_shards<Result<void>>(
      1, [](Process& process) { return write_to(process, "/dev/full"); });
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().detail, "cannot write '/dev/full': No space left on device");
}

TEST(Files, ListAndRemove) {
  const TemporaryFolder folder;
  Process process(1);
  env::Files& files = process.shard(0).files();
  ASSERT_TRUE(files.make_dirs(folder / "b/c"));
  ASSERT_TRUE(files.open(folder / "a", OpenMode::CreateOrOpen));
  ASSERT_TRUE(files.open(folder / "d", OpenMode::CreateOrOpen));
  ASSERT_TRUE(files.rename(folder / "d", folder / "b/d"));
  const auto entries = files.list(folder.path()).value();
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].name, "a");
  EXPECT_TRUE(entries[1].is_directory);
  EXPECT_TRUE(files.exists(folder / "b/d"));
  EXPECT_GT(files.space(folder.path()).value().available, 0U);
  ASSERT_TRUE(files.remove(folder / "a"));
  ASSERT_TRUE(files.remove_all(folder / "b"));
  EXPECT_TRUE(files.list(folder.path()).value().empty());
}

TEST(Files, LockOutTheSecond) {
  const TemporaryFolder folder;
  Process process(1);
  env::Files& files = process.shard(0).files();
  auto held = files.lock(folder / ".lock");
  ASSERT_TRUE(held);
  const auto second = files.lock(folder / ".lock");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().detail,
            "cannot lock '" + (folder / ".lock") + "': another process holds it");
  held->reset();
  EXPECT_TRUE(files.lock(folder / ".lock"));
}

}  // namespace
}  // namespace posix
