// A share group's work on one partition, on the partition's shard: loads what the group has done
// from the share coordinator, hands records out, and has what becomes of them written before anyone
// is told (share/share_partition.h decides; this carries out).
//
// One write is under way at a time; what is acknowledged meanwhile goes with the next. A write that
// is refused for good (offsets were reset, the state was deleted) ends the leader: `ended`, and who
// asks next gets a new one.
#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "broker/fetch_watch.h"
#include "broker/later.h"
#include "broker/partition.h"
#include "broker/share_options.h"
#include "env/sync.h"
#include "share/share_partition.h"

namespace broker {

class Engine;

struct ShareWish {
  MemberId member;
  std::int64_t most_records = 0;
  std::size_t max_bytes = 0;
  std::int64_t batch_size = 0;
  bool exactly = false;
};
struct ShareFound {
  std::vector<share::AcquiredRange> ranges;
  store::ReadSlice slice;  // Whole batches: more than the ranges, mostly.
};

class ShareLeader : public std::enable_shared_from_this<ShareLeader> {
 public:
  ShareLeader(Engine& engine, GroupId group, std::shared_ptr<Partition> partition);
  ~ShareLeader();
  ShareLeader(const ShareLeader&) = delete;
  ShareLeader& operator=(const ShareLeader&) = delete;

  // Acquires what can be had. With `watch`, and nothing to be had, registers it as `item`.
  env::Task<Result<ShareFound>> fetch(ShareWish wish, std::shared_ptr<FetchWatch> watch,
                                      std::size_t item);
  // Returns once it is durable.
  env::Task<Result<void>> acknowledge(MemberId member, std::vector<share::AcknowledgeBatch> batches,
                                      bool may_renew);
  env::Task<Result<void>> release(MemberId member);

  bool ended() const { return ended_; }
  // Ends it: who waits is woken. Writes under way end by themselves.
  void end();

 private:
  struct Pending {
    share::Change change;
    Later<Result<void>>* later;  // Null where nobody waits.
  };

  env::Task<Result<void>> load();
  env::Task<Result<share::Stored>> read_state();
  env::Task<Result<Offset>> first_start();
  env::Task<Result<void>> write_state(share::Write write);

  env::Task<Result<ShareFound>> acquire(ShareWish wish);
  env::Task<Result<std::vector<share::Range>>> batches(Offset from, Offset to, bool read_committed);
  env::Task<Result<void>> wait_for_more(Offset seen, std::shared_ptr<FetchWatch> watch,
                                        std::size_t item);

  env::Task<Result<void>> carry_out(share::Change change);
  void submit(share::Change change, Later<Result<void>>* later);
  env::Task<void> write_pending();
  void settle(std::vector<Pending> written, const Result<void>& durable);
  void arm_expiry();
  void expire();

  ShareOptions options() const;
  share::Key key() const;

  Engine& engine_;
  GroupId group_;
  std::shared_ptr<Partition> partition_;
  std::optional<share::SharePartition> state_;  // None until it is loaded.
  env::Mutex reads_;                            // Held by whoever loads or acquires.
  std::vector<Pending> pending_;
  bool writing_ = false;
  bool ended_ = false;
  FetchWatchers watchers_;
  env::TimerId expiry_{};
  Instant expires_at_{};
};

}  // namespace broker
