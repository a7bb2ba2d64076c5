// The bytes of one file on a simulated disk: as programs see them now, and enough of how they were
// to say what a crash may leave.
//
// Changes gather in layers. Beginning a sync closes the open layer; ending it well makes that layer
// and those before it durable. A layer remembers, for each 512-byte sector it changed, how the
// sector was before.
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <set>

#include "base/bytes.h"
#include "sim/clockwork.h"

namespace sim {

inline constexpr std::uint64_t kSector = 512;

class FileContent {
 public:
  FileContent() { layers_.push_back({1, 0, {}}); }

  std::uint64_t size() const { return now_.size(); }
  const ByteVector& bytes() const { return now_; }
  std::size_t read(std::uint64_t offset, MutableBytes into) const;
  void write(std::uint64_t offset, Bytes bytes);
  void truncate(std::uint64_t size);

  std::uint64_t begin_sync();
  void end_sync(std::uint64_t layer, bool well);
  // Shows again what the disk has where a failed sync let go of something newer.
  void forget_lost();

  // Leaves what survived, as chance has it.
  void crash(Clockwork& chance);

  // Flips bits for good, as a bad disk does.
  void corrupt(std::uint64_t offset, std::byte mask);

 private:
  using Sectors = std::map<std::uint64_t, ByteVector>;  // Shorter than a sector at the file's end.
  struct Layer {
    std::uint64_t number;
    std::uint64_t size_after;  // When it was closed.
    Sectors before;
  };

  ByteVector sector(std::uint64_t number) const;
  void put_sector(std::uint64_t number, ByteVector bytes);
  void touch(std::uint64_t first_byte, std::uint64_t end_byte);
  std::set<std::uint64_t> unsure_sectors() const;
  std::vector<ByteVector> versions(std::uint64_t sector) const;  // The oldest first.
  std::uint64_t surviving_size(Clockwork& chance) const;

  ByteVector now_;
  std::uint64_t durable_size_ = 0;
  std::deque<Layer> layers_;  // Oldest first; the last is open.
  Sectors lost_;              // What failed syncs let go of, as it is on the disk.
};

}  // namespace sim
