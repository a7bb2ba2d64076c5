// Walks through the batches of a segment file, checking each, without holding more than one.
#pragma once
#include <functional>
#include <optional>
#include <string>

#include "env/files.h"
#include "log/recover.h"

namespace app {

struct ScannedBatch {
  wire::BatchHeader header;
  std::uint64_t position = 0;
  Bytes bytes;  // The whole batch; lives for the call.
};

struct ScanEnd {
  std::uint64_t size = 0;
  std::uint64_t position = 0;             // Behind the last good batch.
  std::optional<logs::Walk::Stop> fault;  // What is wrong there, if it is not the end of the file.
};

env::Task<Result<ScanEnd>> scan_log(env::Files& files, std::string path, Offset base,
                                    std::function<void(const ScannedBatch&)> visit);

}  // namespace app
