#include "posix/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include "posix/errors.h"
#include "posix/pool.h"

namespace posix {
namespace {

constexpr std::size_t kMostParts = 64;  // Of one pwritev.

// Zero, or the number of the error; counts in `done` what was read. Stops early at the file's end.
int read_fully(int fd, std::uint64_t offset, MutableBytes into, int flags, std::size_t& done) {
  while (done < into.size()) {
    const iovec part{into.data() + done, into.size() - done};
    const ssize_t got = preadv2(fd, &part, 1, static_cast<off_t>(offset + done), flags);
    if (got == 0) return 0;
    if (got > 0) {
      done += static_cast<std::size_t>(got);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

// Drops the first `written` bytes of what is left to write.
void drop_written(std::span<iovec>& parts, std::size_t written) {
  while (!parts.empty() && written >= parts.front().iov_len) {
    written -= parts.front().iov_len;
    parts = parts.subspan(1);
  }
  if (parts.empty()) return;
  parts.front().iov_base = static_cast<std::byte*>(parts.front().iov_base) + written;
  parts.front().iov_len -= written;
}

int write_fully(int fd, std::uint64_t offset, std::span<iovec> parts) {
  drop_written(parts, 0);  // Leading empty parts: a write of nothing would look like a full disk.
  while (!parts.empty()) {
    const ssize_t put =
        pwritev(fd, parts.data(), static_cast<int>(parts.size()), static_cast<off_t>(offset));
    if (put < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    if (put == 0) return ENOSPC;
    offset += static_cast<std::uint64_t>(put);
    drop_written(parts, static_cast<std::size_t>(put));
  }
  return 0;
}

int open_flags(env::OpenMode mode) {
  switch (mode) {
    case env::OpenMode::ReadOnly:
      return O_RDONLY;
    case env::OpenMode::ReadWrite:
      return O_RDWR;
    case env::OpenMode::CreateOrOpen:
      return O_RDWR | O_CREAT;
    case env::OpenMode::CreateNew:
      return O_RDWR | O_CREAT | O_EXCL;
  }
  return O_RDONLY;
}

}  // namespace

env::Task<Result<std::size_t>> File::read(std::uint64_t offset, MutableBytes into) {
  std::size_t done = 0;
  int error = read_fully(fd_.get(), offset, into, RWF_NOWAIT, done);
  if (error == EOPNOTSUPP) {  // tmpfs, which is memory anyway, and old network file systems.
    error = read_fully(fd_.get(), offset, into, 0, done);
  } else if (error == EAGAIN) {
    const int fd = fd_.get();
    error = co_await on_pool(
        pools_.reads, [&done, fd, offset, into] { return read_fully(fd, offset, into, 0, done); });
  }
  if (error != 0) co_return storage_error("read", path_, error);
  co_return done;
}

env::Task<Result<void>> File::write(std::uint64_t offset, std::span<const Bytes> parts) {
  while (!parts.empty()) {
    std::array<iovec, kMostParts> vectors;
    const std::size_t count = std::min(parts.size(), kMostParts);
    std::size_t size = 0;
    for (std::size_t i = 0; i < count; ++i) {
      vectors[i] = {const_cast<std::byte*>(parts[i].data()), parts[i].size()};
      size += parts[i].size();
    }
    const int error = write_fully(fd_.get(), offset, std::span(vectors).first(count));
    if (error != 0) co_return storage_error("write", path_, error);
    offset += size;
    parts = parts.subspan(count);
  }
  co_return Result<void>{};
}

env::Task<Result<void>> File::sync() {
  const int fd = fd_.get();
  const int error = co_await on_pool(pools_.syncs, [fd] { return fdatasync(fd) == 0 ? 0 : errno; });
  if (error != 0) co_return storage_error("sync", path_, error);
  co_return Result<void>{};
}

Result<std::uint64_t> File::size() const {
  struct stat status{};
  if (fstat(fd_.get(), &status) != 0) return storage_error("look at", path_, errno);
  return static_cast<std::uint64_t>(status.st_size);
}

Result<void> File::truncate(std::uint64_t size) {
  while (ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) {
    if (errno != EINTR) return storage_error("truncate", path_, errno);
  }
  return {};
}

void File::forget_cached() { posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_DONTNEED); }

Result<env::FilePtr> Files::open(const std::string& path, env::OpenMode mode) {
  Fd fd(::open(path.c_str(), open_flags(mode) | O_CLOEXEC, 0644));
  if (!fd) return storage_error("open", path, errno);
  struct stat status{};
  if (fstat(fd.get(), &status) == 0 && S_ISDIR(status.st_mode)) {
    return storage_error("open", path, EISDIR);
  }
  return std::make_shared<File>(std::move(fd), path, pools_);
}

Result<std::vector<env::DirEntry>> Files::list(const std::string& folder) {
  std::error_code error;
  std::vector<env::DirEntry> entries;
  std::filesystem::directory_iterator at(folder, error);
  while (!error && at != std::filesystem::directory_iterator()) {
    std::error_code unknown;  // Gone between the listing and the look.
    entries.push_back({at->path().filename().string(), at->is_directory(unknown)});
    at.increment(error);
  }
  if (error) return storage_error("list", folder, error.value());
  std::ranges::sort(entries, {}, &env::DirEntry::name);
  return entries;
}

bool Files::exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

Result<void> Files::make_dirs(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return storage_error("make the folder", folder, error.value());
  return {};
}

Result<void> Files::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return storage_error("rename", from, errno);
  return {};
}

Result<void> Files::remove(const std::string& path) {
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return storage_error("remove", path, errno);
  return {};
}

Result<void> Files::remove_all(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return storage_error("remove", path, error.value());
  return {};
}

namespace {

// A coroutine of its own, so that it owns its path.
env::Task<Result<void>> sync_folder(Pools& pools, std::string folder) {
  const Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) co_return storage_error("sync", folder, errno);
  const int number = fd.get();
  const int error =
      co_await on_pool(pools.syncs, [number] { return fsync(number) == 0 ? 0 : errno; });
  if (error != 0) co_return storage_error("sync", folder, error);
  co_return Result<void>{};
}

class Lock final : public env::DirLock {
 public:
  explicit Lock(Fd fd) : fd_(std::move(fd)) {}

 private:
  Fd fd_;  // Closing it lets go.
};

}  // namespace

env::Task<Result<void>> Files::sync_dir(const std::string& folder) {
  return sync_folder(pools_, folder);
}

Result<env::Space> Files::space(const std::string& path) {
  struct statvfs status{};
  if (statvfs(path.c_str(), &status) != 0) return storage_error("look at", path, errno);
  return env::Space{status.f_blocks * status.f_frsize, status.f_bavail * status.f_frsize};
}

Result<std::unique_ptr<env::DirLock>> Files::lock(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!fd) return storage_error("open", path, errno);
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return storage_error("lock", path, errno);
    return fail(ErrorCode::KafkaStorageError,
                "cannot lock '" + path + "': another process holds it");
  }
  return std::make_unique<Lock>(std::move(fd));
}

}  // namespace posix
