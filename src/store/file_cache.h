// The open segments of one shard, least recently used first out, so that ten thousand partitions
// live within a few hundred file descriptors and a bounded amount of index memory.
//
// Who holds a SegmentHandle may go on using it after it has left the cache: the files close with
// the last holder. A key names one segment's files for as long as their bytes only grow; what cuts
// them takes a new key.
#pragma once
#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "env/files.h"
#include "log/index.h"
#include "log/txn_index.h"

namespace store {

// Where batches start, as the last few appends and reads left it: who consumes along finds its
// place here without looking into index or file.
class Landmarks {
 public:
  void add(Offset offset, std::uint32_t position) {
    marks_[next_] = {.offset = offset, .position = position};
    next_ = (next_ + 1) % marks_.size();
  }
  std::optional<std::uint32_t> find(Offset offset) const {
    for (const Mark& mark : marks_) {
      if (mark.offset == offset) return mark.position;
    }
    return {};
  }

 private:
  struct Mark {
    Offset offset{-1};
    std::uint32_t position = 0;
  };
  std::array<Mark, 16> marks_;
  std::size_t next_ = 0;
};

struct SegmentHandle {
  env::FilePtr log;
  env::FilePtr index;       // Opened when first needed, as
  env::FilePtr time_index;  // this one is.
  bool index_loaded = false;
  std::vector<logs::OffsetEntry> entries;  // The offset index, where index_loaded. May lack some.
  Landmarks landmarks;

  env::FilePtr aborted;  // The index of aborted transactions, opened when there is one to note.
  bool aborted_loaded = false;
  std::vector<logs::AbortedTxn> aborted_txns;  // All of them, where aborted_loaded.
};
using SegmentHandlePtr = std::shared_ptr<SegmentHandle>;

class FileCache {
 public:
  struct Limits {
    std::size_t files = 512;
    std::size_t index_bytes = 16 << 20;
  };
  using Key = std::uint64_t;

  FileCache(env::Files& files, Limits limits) : files_(files), limits_(limits) {}
  FileCache(const FileCache&) = delete;
  FileCache& operator=(const FileCache&) = delete;

  env::Files& files() { return files_; }
  Key new_key() { return ++last_key_; }

  SegmentHandlePtr find(Key key);  // Null when it is not in the cache.
  void put(Key key, SegmentHandlePtr handle);
  void drop(Key key);
  // To be called when a handle in the cache has opened files or loaded entries.
  void grown(Key key);

  std::size_t open_files() const { return used_files_; }
  std::size_t index_bytes() const { return used_bytes_; }

 private:
  struct Slot {
    Key key;
    SegmentHandlePtr handle;
    std::size_t files = 0;
    std::size_t bytes = 0;
  };
  void account(Slot& slot);
  void shrink();

  env::Files& files_;
  Limits limits_;
  Key last_key_ = 0;
  std::size_t used_files_ = 0;
  std::size_t used_bytes_ = 0;
  std::list<Slot> slots_;  // Most recently used first.
  std::unordered_map<Key, std::list<Slot>::iterator> by_key_;
};

}  // namespace store
