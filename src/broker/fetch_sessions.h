// Fetch sessions (KIP-227): a consumer names its partitions once, and from then on sends and is
// sent only what changed. A session lives on the shard of the connection that made it; a client
// that comes back elsewhere is told that its session is unknown and begins a new one.
//
// Epochs order the requests of a session: each carries the epoch that the last answer left behind.
#pragma once
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"

namespace broker {

// A partition as the client named it: by topic id from Fetch v13 on, by topic name before.
struct FetchKey {
  TopicId id;
  TopicName name;
  PartitionIndex partition;
  bool operator==(const FetchKey&) const = default;
};

// What a client wants of one partition.
struct FetchWanted {
  FetchKey key;
  Offset offset;
  LeaderEpoch current_leader_epoch = kNoLeaderEpoch;
  LeaderEpoch last_fetched_epoch = kNoLeaderEpoch;
  std::int32_t max_bytes = 0;
};

// What a client was last told about one partition, so that an answer can leave out what it knows.
struct FetchTold {
  Offset high_watermark{-1};
  Offset log_start{-1};
  bool operator==(const FetchTold&) const = default;
};

class FetchSession {
 public:
  struct Item {
    FetchWanted wanted;
    FetchTold told;
  };

  std::int32_t id() const { return id_; }
  // In the order in which they are to be served: who was given data last stands last.
  const std::list<Item>& items() const { return items_; }

  // Notes what `key` was told; `had_data` moves it behind the others, so that under a small byte
  // limit every partition has its turn. Nothing happens if it was forgotten in the meantime.
  void told(const FetchKey& key, FetchTold told, bool had_data);
  const FetchTold* find_told(const FetchKey& key) const;

 private:
  friend class FetchSessions;
  struct KeyHash {
    std::size_t operator()(const FetchKey& key) const {
      return std::hash<TopicId>{}(key.id) ^ std::hash<TopicName>{}(key.name) * 31 ^
             static_cast<std::size_t>(key.partition.value) * 0x9e3779b97f4a7c15U;
    }
  };
  void put(const FetchWanted& wanted);
  void forget(const FetchKey& key);

  std::int32_t id_ = 0;
  std::int32_t next_epoch_ = 1;
  bool by_id_ = false;
  Instant used_{};
  std::list<Item> items_;
  std::unordered_map<FetchKey, std::list<Item>::iterator, KeyHash> by_key_;
};

// One request's part in a session.
struct FetchScope {
  std::shared_ptr<FetchSession> session;  // Null: no session, everything is asked and answered.
  std::vector<FetchWanted> wanted;        // What to serve, in order.
  bool only_changes = false;              // Answer only what the client has not been told.
};

class FetchSessions {
 public:
  struct Request {
    std::int32_t session_id = 0;
    std::int32_t epoch = -1;
    bool by_id = false;
    std::vector<FetchWanted> wanted = {};
    std::vector<FetchKey> forgotten = {};
  };

  // `slots` bounds the sessions; one idle for `evict_after` may be dropped for a new one.
  FetchSessions(std::size_t slots, Duration evict_after)
      : slots_(slots), evict_after_(evict_after) {}

  // `fresh_id` is a random number for a session that may begin. Errors are for the whole answer:
  // FetchSessionIdNotFound, InvalidFetchSessionEpoch, FetchSessionTopicIdError.
  Result<FetchScope> open(Request request, Instant now, std::uint64_t fresh_id);

  std::size_t size() const { return sessions_.size(); }
  std::size_t partitions() const;

 private:
  std::shared_ptr<FetchSession> begin(const Request& request, Instant now, std::uint64_t fresh_id);
  bool make_room(Instant now);

  std::size_t slots_;
  Duration evict_after_;
  std::unordered_map<std::int32_t, std::shared_ptr<FetchSession>> sessions_;
};

}  // namespace broker
