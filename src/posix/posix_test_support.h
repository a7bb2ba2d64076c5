// What the tests of posix share: running a task on real shards.
#pragma once
#include <optional>
#include <string>

#include "env/shard.h"
#include "posix/process.h"

namespace posix {

// Runs `make(shard 0)` on a process of `shards` shards, to its end, and gives its value.
template <class T, class Make>
T run_on_shards(int shards, Make make) {
  Process process(shards);
  std::optional<T> answer;
  process.run([&](env::Shard& shard) {
    if (shard.index() != 0) return;
    env::spawn(make(process), [&](T value) {
      answer.emplace(std::move(value));
      process.stop();
    });
  });
  return std::move(*answer);
}

// A folder of its own for each test, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace posix
