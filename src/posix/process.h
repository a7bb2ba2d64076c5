// The program's shards for real: a thread and a reactor each, with the pools that do what blocks.
//
//   posix::Process process(2);
//   process.on_signal([&](int signal) { ... process.stop(); });  // SIGINT, SIGTERM; on shard 0.
//   process.run([&](env::Shard& shard) { env::spawn(serve(shard)); });
//
// A program ends its tasks first and calls stop() last: a coroutine that still waits at stop() is
// neither resumed nor destroyed.
#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "env/shard.h"

namespace posix {

class Shard;
struct Pools;

class Process {
 public:
  explicit Process(int shards);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  int shards() const { return static_cast<int>(shards_.size()); }
  env::Shard& shard(int index);
  std::vector<env::Shard*> all_shards();

  // Has SIGINT and SIGTERM call `handle` on shard 0 instead of ending the process. Before run.
  void on_signal(std::function<void(int signal)> handle);

  // Calls `main` on every shard, and serves until stop(). Shard 0 runs on the calling thread.
  void run(std::function<void(env::Shard&)> main);

  void stop();  // From any thread.

 private:
  std::unique_ptr<Pools> pools_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::function<void(int)> handle_signal_;
};

// Lets this process have as many open files as it may at most. Gives that number.
std::uint64_t raise_file_limit();

}  // namespace posix
