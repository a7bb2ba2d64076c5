// Files and folders. Paths are absolute or relative to the process; '/' parts them.
// Errors carry ErrorCode::KafkaStorageError and a sentence that names the file and the cause.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "env/task.h"

namespace env {

// An open file. Several may read at once, from any shard; writes, truncation and syncs are their
// owner's. A file removed while open stays readable until it is closed.
class File {
 public:
  virtual ~File() = default;  // Closes without syncing.

  // Reads into all of `into`, or less at the end of the file; gives how much.
  virtual Task<Result<std::size_t>> read(std::uint64_t offset, MutableBytes into) = 0;

  // Writes `parts` one after another from `offset` on, all or an error (then how much was written
  // is unknown). The bytes are readable at once and durable only after a sync.
  virtual Task<Result<void>> write(std::uint64_t offset, std::span<const Bytes> parts) = 0;

  // Makes what was written before this call durable (fdatasync). After an error the state of the
  // file on disk is unknown and stays so: a later sync that succeeds proves nothing.
  virtual Task<Result<void>> sync() = 0;

  virtual Result<std::uint64_t> size() const = 0;
  virtual Result<void> truncate(std::uint64_t size) = 0;

  // What is read next comes from the disk itself, but for what is still to be written. After a sync
  // that failed, memory may go on showing bytes that the disk has not and will not have.
  virtual void forget_cached() = 0;
};
using FilePtr = std::shared_ptr<File>;

// Space of the file system that holds a path, in bytes.
struct Space {
  std::uint64_t total = 0;
  std::uint64_t available = 0;
};

struct DirEntry {
  std::string name;
  bool is_directory = false;
};

enum class OpenMode { ReadOnly, ReadWrite, CreateOrOpen, CreateNew };

// Keeps another process out of a folder for as long as it lives.
class DirLock {
 public:
  virtual ~DirLock() = default;
};

class Files {
 public:
  virtual ~Files() = default;

  virtual Result<FilePtr> open(const std::string& path, OpenMode mode) = 0;
  virtual Result<std::vector<DirEntry>> list(const std::string& folder) = 0;  // Sorted by name.
  virtual bool exists(const std::string& path) = 0;
  virtual Result<void> make_dirs(const std::string& folder) = 0;  // Parents too; fine if it exists.
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;  // Replaces.
  virtual Result<void> remove(const std::string& path) = 0;      // A file; fine if it is absent.
  virtual Result<void> remove_all(const std::string& path) = 0;  // A folder and all inside.
  virtual Task<Result<void>> sync_dir(const std::string& folder) = 0;  // Makes its entries durable.
  virtual Result<Space> space(const std::string& path) = 0;

  // Takes the lock file `path`; fails when another process holds it.
  virtual Result<std::unique_ptr<DirLock>> lock(const std::string& path) = 0;
};

// Helpers over any Files.
Task<Result<ByteVector>> read_file(Files& files, std::string path);
// Replaces `path` so that after a crash it holds the old content or the new, never a mix:
// temporary file, sync, rename, sync of the folder.
Task<Result<void>> write_file_atomically(Files& files, std::string path, ByteVector content);

}  // namespace env
