#include "store/file_cache.h"

namespace store {

SegmentHandlePtr FileCache::find(Key key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  slots_.splice(slots_.begin(), slots_, found->second);
  return found->second->handle;
}

void FileCache::put(Key key, SegmentHandlePtr handle) {
  drop(key);
  slots_.push_front({.key = key, .handle = std::move(handle)});
  by_key_[key] = slots_.begin();
  account(slots_.front());
  shrink();
}

void FileCache::drop(Key key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return;
  used_files_ -= found->second->files;
  used_bytes_ -= found->second->bytes;
  slots_.erase(found->second);
  by_key_.erase(found);
}

void FileCache::grown(Key key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return;
  account(*found->second);
  shrink();
}

void FileCache::account(Slot& slot) {
  used_files_ -= slot.files;
  used_bytes_ -= slot.bytes;
  const SegmentHandle& handle = *slot.handle;
  slot.files = 0;
  for (const env::FilePtr& file : {handle.log, handle.index, handle.time_index, handle.aborted}) {
    if (file) ++slot.files;
  }
  slot.bytes = handle.entries.capacity() * sizeof(logs::OffsetEntry) +
               handle.aborted_txns.capacity() * sizeof(logs::AbortedTxn);
  used_files_ += slot.files;
  used_bytes_ += slot.bytes;
}

void FileCache::shrink() {
  // The one used last stays, whatever its size: somebody is about to use it.
  while ((used_files_ > limits_.files || used_bytes_ > limits_.index_bytes) && slots_.size() > 1) {
    drop(slots_.back().key);
  }
}

}  // namespace store
