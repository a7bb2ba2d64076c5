// What a simulated run is made of: a workload, the mishaps of its bad day, and the broker's shape.
// All of it is data, drawn from the seed.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace simulation {

enum class GroupProtocol { Classic, Consumer };

// How many clients of each kind there are, and what they do.
struct Workload {
  const char* name;
  const char* what;
  int partitions = 3;       // Of the topic that all producers write to.
  int producers = 4;        // Idempotent: each value is to be stored once.
  int plain_producers = 0;  // Retry without idempotence: a value may be there more than once.
  int consumers = 3;
  int committers = 0;   // Commit offsets in a group of their own each.
  int churners = 0;     // Make, change and delete topics.
  int trimmers = 0;     // Delete the oldest records.
  int members = 0;      // Of one group, which reads what the producers write.
  int transactors = 0;  // Producers with transactions; each two have one transactional id.
  int committed_readers = 0;
  GroupProtocol protocol = GroupProtocol::Classic;
  int sharers = 0;  // Of one share group, which does the same.
  int most_records = 3;
  std::uint64_t most_padding = 0;                       // Bytes that may come behind each value.
  Duration most_pause = std::chrono::milliseconds(50);  // Of a producer, between two batches.
};

enum class Mishap {
  PowerCut,
  Kill,
  Restart,
  Disconnect,
  Separation,
  SlowNetwork,
  SlowReaders,
  SlowDisk,
  ReadError,
  WriteError,
  SyncError,
  FullDisk,
  ClockJump,
  ClockDrift,
};

struct MishapInfo {
  Mishap mishap;
  const char* name;
  const char* what;
};

struct Plan {
  std::uint64_t seed = 0;
  const Workload* workload = nullptr;
  std::vector<Mishap> mishaps =
      {};  // Those that may happen, some more than once: they are likelier.
  int shards = 2;
  std::uint64_t break_one_in = 0;  // Pieces on the network.
  Duration day = std::chrono::seconds(20);
  std::vector<std::string> settings = {};  // Of the broker, as --set takes them.

  // Those, and what the workload asks of the broker whoever chose it.
  std::vector<std::string> broker_settings() const;
};

std::span<const Workload> workloads();
std::span<const MishapInfo> mishaps();
const MishapInfo& info(Mishap mishap);

Plan draw(std::uint64_t seed);

// By name, for those who choose for themselves. The errors list the names there are.
Result<const Workload*> find_workload(std::string_view name);
Result<Mishap> find_mishap(std::string_view name);

}  // namespace simulation
