// A disk in memory that behaves as badly as real ones may: what was not synced may be lost, wholly
// or in part, when it crashes; it fills up, turns read-only, and fails when told to.
//
// What survives a crash: the bytes covered by a sync() that succeeded; of those written since, each
// 512-byte sector by itself keeps its old content or a newer one. The entries of a folder (names
// made, renamed, removed) as of its last sync_dir(); of later changes, in their order, some first
// few. A failed sync loses hold of what it covered: later syncs say nothing about it, and reads
// show it until File::forget_cached.
// Files opened before a crash fail afterwards; the same Files may open the disk again.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "env/files.h"

namespace sim {

class Clockwork;  // The world's time, events and chance: clockwork.h.
struct DiskState;

enum class Fault { InputOutput, NoSpace, ReadOnly };
enum class DiskCall { Read, Write, Sync, SyncDir, Open, Rename, Remove, Truncate };

class Disk final : public env::Files {
 public:
  explicit Disk(Clockwork& clockwork);
  ~Disk() override;
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

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

  // Power off and on: the disk holds what survived, drawn from the world's seed.
  void crash();
  // The program that uses it dies: all it wrote is there, its open files and locks are not.
  void orphan();

  // The next call of that kind, on a path that contains `part`, fails; a write may have put some
  // of its bytes down.
  void fail_next(DiskCall call, Fault fault, std::string part = "");
  // Every sync of a file whose path contains `part` fails, until heal().
  void fail_syncs(std::string part);
  // No more than this many bytes in files, all together.
  void set_capacity(std::uint64_t bytes);
  std::uint64_t used_bytes() const;
  // Every read, write and sync may take up to this long; zero is a disk of the usual speed.
  void set_slow(Duration most);
  void set_read_only(bool read_only);
  void heal();  // Takes back all faults, the capacity, slowness and read-only.

  // For a test to look and to damage, past everything above: no such file gives nothing.
  std::optional<ByteVector> content(const std::string& path) const;
  void corrupt(const std::string& path, std::uint64_t offset, std::byte mask);

 private:
  std::shared_ptr<DiskState> state_;
};

}  // namespace sim
