// What a log knows of one of its segments without having its files open.
#pragma once
#include <cstdint>
#include <optional>

#include "base/ids.h"
#include "base/time.h"
#include "log/index.h"
#include "store/file_cache.h"

namespace store {

struct Segment {
  Offset base = {};
  FileCache::Key key = 0;
  std::uint32_t size = 0;
  // How many entries each index file has. Kept for the active segment only.
  std::uint32_t offset_entries = 0;
  std::uint32_t time_entries = 0;
  std::uint32_t aborted = 0;  // How many entries its index of aborted transactions has.
  bool times_known = false;   // `sparse` knows the greatest timestamp.
  logs::SparseIndex sparse = {};
  std::optional<Timestamp> first_timestamp = {};  // Of the first batch, once somebody asked.
  Timestamp created = kNoTimestamp;               // Where this process began it.
};

}  // namespace store
