// The real file system. Reads of what the kernel has in memory happen at once, others on a thread
// that may block; writes go to the page cache at once; syncs have threads of their own.
#pragma once
#include <string>

#include "env/files.h"
#include "posix/fd.h"

namespace posix {

struct Pools;

class File final : public env::File {
 public:
  File(Fd fd, std::string path, Pools& pools)
      : fd_(std::move(fd)), path_(std::move(path)), pools_(pools) {}

  env::Task<Result<std::size_t>> read(std::uint64_t offset, MutableBytes into) override;
  env::Task<Result<void>> write(std::uint64_t offset, std::span<const Bytes> parts) override;
  env::Task<Result<void>> sync() override;
  Result<std::uint64_t> size() const override;
  Result<void> truncate(std::uint64_t size) override;
  void forget_cached() override;

  int fd() const { return fd_.get(); }
  const std::string& path() const { return path_; }

 private:
  Fd fd_;
  std::string path_;
  Pools& pools_;
};

class Files final : public env::Files {
 public:
  explicit Files(Pools& pools) : pools_(pools) {}

  Result<env::FilePtr> open(const std::string& path, env::OpenMode mode) override;
  Result<std::vector<env::DirEntry>> list(const std::string& folder) override;
  bool exists(const std::string& path) override;
  Result<void> make_dirs(const std::string& folder) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& path) override;
  Result<void> remove_all(const std::string& path) override;
  env::Task<Result<void>> sync_dir(const std::string& folder) override;
  Result<env::Space> space(const std::string& path) override;
  Result<std::unique_ptr<env::DirLock>> lock(const std::string& path) override;

 private:
  Pools& pools_;
};

}  // namespace posix
