// Reading records of the topic that all producers write to.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "scene.h"

namespace simulation {

using Records = std::vector<std::pair<Offset, std::string>>;

// What one partition gave to a fetch. The records are copied while the answer's bytes are there.
struct Given {
  ErrorCode error = ErrorCode::None;
  Offset high_watermark = {};
  Records records = {};
};

// Records from `from` on, or none yet. CorruptMessage for what cannot be read.
env::Task<Result<Given>> fetch(Link& link, int partition, Offset from);

}  // namespace simulation
