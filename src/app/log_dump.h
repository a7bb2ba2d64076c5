// What a file of a Kafka log folder says, as JSON and as text, with what is wrong with it.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "env/files.h"

namespace app {

struct DumpOptions {
  bool json = false;     // Fill Dumped::json, else Dumped::text.
  bool records = false;  // Every record, not only the batches.
  bool styled = false;
};

struct Dumped {
  std::string text;
  std::string json;                  // One JSON object.
  std::optional<std::string> fault;  // "batch at 4096 does not match its checksum".
};

// A segment, one of its indexes, a producer snapshot, or one of the small text files.
env::Task<Result<Dumped>> dump_file(env::Files& files, std::string path, DumpOptions options);

// Whether dump_file knows files of this name.
bool can_dump(std::string_view file_name);

}  // namespace app
