#include "plan.h"

#include <algorithm>
#include <random>

#include "share_book.h"

namespace simulation {
namespace {

using namespace std::chrono_literals;

constexpr Workload kWorkloads[] = {
    {.name = "orders",
     .what = "idempotent producers, consumers, offsets, topics that come and go",
     .committers = 1,
     .churners = 1},
    {.name = "many-partitions",
     .what = "more partitions than producers, a record or two a batch",
     .partitions = 24,
     .producers = 6,
     .consumers = 4,
     .most_records = 2,
     .most_pause = 20ms},
    {.name = "large-batches",
     .what = "records of many kilobytes, over windows, sectors and chunks",
     .partitions = 2,
     .producers = 3,
     .consumers = 2,
     .most_records = 8,
     .most_padding = 6000},
    {.name = "one-hot-partition",
     .what = "all write to one partition, some without idempotence",
     .partitions = 1,
     .producers = 5,
     .plain_producers = 2,
     .consumers = 2,
     .committers = 1,
     .most_pause = 10ms},
    {.name = "admin",
     .what = "topics made, changed and deleted at once, little else",
     .partitions = 2,
     .producers = 1,
     .consumers = 1,
     .committers = 2,
     .churners = 4},
    {.name = "trimmed",
     .what = "the oldest records are deleted while others are written and read",
     .partitions = 2,
     .producers = 3,
     .plain_producers = 1,
     .consumers = 2,
     .trimmers = 2,
     .most_records = 6},
    {.name = "groups",
     .what = "members of a group that crash, fall silent, leave and come back",
     .partitions = 6,
     .producers = 2,
     .consumers = 1,
     .members = 4},
    {.name = "consumer-groups",
     .what = "the same in the consumer protocol, which lets go and takes up one by one",
     .partitions = 6,
     .producers = 2,
     .consumers = 1,
     .members = 4,
     .protocol = GroupProtocol::Consumer},
    {.name = "share-groups",
     .what = "members of a share group that accept, release, reject, are late or silent, and go",
     .partitions = 2,
     .producers = 2,
     .consumers = 1,
     .sharers = 4},
    {.name = "transactions",
     .what = "transactions over partitions and offsets, by producers that crash and take over",
     .producers = 1,
     .consumers = 1,
     .transactors = 5,
     .committed_readers = 3},
};

constexpr std::size_t kOfCoordinators = 4;  // The last of them.
constexpr std::size_t kOfLogs = std::size(kWorkloads) - kOfCoordinators;

constexpr MishapInfo kMishaps[] = {
    {Mishap::PowerCut, "power-cut", "the machine loses what it had not synced, and starts again"},
    {Mishap::Kill, "kill", "the broker is killed and starts again"},
    {Mishap::Restart, "restart", "the broker is stopped and started"},
    {Mishap::Disconnect, "disconnect", "every connection breaks"},
    {Mishap::Separation, "separation", "clients cannot reach the broker for a while"},
    {Mishap::SlowNetwork, "slow-network", "bytes take up to a second"},
    {Mishap::SlowReaders, "slow-readers", "both sides read late and in small pieces"},
    {Mishap::SlowDisk, "slow-disk", "calls of the disk take up to 400 ms"},
    {Mishap::ReadError, "read-error", "a read of the disk fails"},
    {Mishap::WriteError, "write-error", "a write fails half-way"},
    {Mishap::SyncError, "sync-error", "a sync fails and forgets what it covered"},
    {Mishap::FullDisk, "full-disk", "the disk has room for a few kilobytes more, for a while"},
    {Mishap::ClockJump, "clock-jump", "the wall clock jumps by up to half an hour, either way"},
    {Mishap::ClockDrift, "clock-drift", "the wall clock runs up to a tenth too fast or slow"},
};

// What the seed chooses from is no part of the run: the world has its own chance.
using Dice = std::mt19937_64;
std::uint64_t below(Dice& dice, std::uint64_t bound) { return dice() % bound; }

std::vector<std::string> draw_settings(Dice& dice) {
  std::vector<std::string> settings;
  // Segments that roll every second, half of the time, so that rolls and mishaps meet.
  if (below(dice, 2) == 0) settings.push_back("log.roll.ms=1000");
  // Indexes with an entry for every few batches, or hardly any.
  if (below(dice, 2) == 0) settings.push_back("log.index.interval.bytes=100");
  if (below(dice, 2) == 0) settings.push_back("log.flush.offset.checkpoint.interval.ms=1500");
  if (below(dice, 2) == 0) {
    settings.push_back("metadata.log.max.record.bytes.between.snapshots=600");
  }
  return settings;
}

template <class Row>
std::string names(std::span<const Row> rows) {
  std::string text;
  for (const Row& row : rows) text += (text.empty() ? "" : ", ") + std::string(row.name);
  return text;
}

}  // namespace

std::span<const Workload> workloads() { return kWorkloads; }
std::span<const MishapInfo> mishaps() { return kMishaps; }

const MishapInfo& info(Mishap mishap) {
  return *std::ranges::find(kMishaps, mishap, &MishapInfo::mishap);
}

std::vector<std::string> Plan::broker_settings() const {
  std::vector<std::string> all = settings;
  all.push_back("num.partitions=" + std::to_string(workload->partitions));
  if (workload->transactors > 0) {
    all.push_back("transaction.state.log.num.partitions=3");
    all.push_back("transaction.abort.timed.out.transaction.cleanup.interval.ms=300");
  }
  if (workload->members > 0) {
    all.push_back("group.min.session.timeout.ms=100");
    all.push_back("group.initial.rebalance.delay.ms=" + std::to_string(seed % 500));
    all.push_back("group.consumer.session.timeout.ms=1500");
    all.push_back("group.consumer.heartbeat.interval.ms=300");
  }
  if (workload->sharers > 0) {
    all.push_back("group.share.session.timeout.ms=1500");
    all.push_back("group.share.heartbeat.interval.ms=300");
    all.push_back("group.share.record.lock.duration.ms=2000");
    all.push_back("group.share.delivery.count.limit=" + std::to_string(kDeliveryLimit));
    all.push_back("share.coordinator.snapshot.update.records.per.snapshot=" +
                  std::to_string(seed % 20));
    all.push_back("share.coordinator.state.topic.num.partitions=3");
  }
  return all;
}

Plan draw(std::uint64_t seed) {
  Dice dice(seed);
  Plan plan{.seed = seed};
  plan.workload = &kWorkloads[below(dice, kOfLogs)];
  // Every fourth day belongs to groups and transactions; the others are what they were before there
  // were any.
  if (seed % 4 == 0) plan.workload = &kWorkloads[kOfLogs + seed / 4 % kOfCoordinators];
  // Power cuts are what a log is for. Of the rest each has a day in three.
  plan.mishaps = {Mishap::PowerCut};
  for (const MishapInfo& one : kMishaps) {
    if (below(dice, 3) == 0) plan.mishaps.push_back(one.mishap);
  }
  plan.shards = static_cast<int>(1 + below(dice, 3));
  if (below(dice, 2) == 0) plan.break_one_in = 500 + below(dice, 3000);
  plan.settings = draw_settings(dice);
  return plan;
}

Result<const Workload*> find_workload(std::string_view name) {
  const auto found = std::ranges::find(kWorkloads, name, &Workload::name);
  if (found != std::end(kWorkloads)) return found;
  return fail(ErrorCode::InvalidRequest,
              "no workload '" + std::string(name) + "'; there are " + names(workloads()));
}

Result<Mishap> find_mishap(std::string_view name) {
  const auto found = std::ranges::find(kMishaps, name, &MishapInfo::name);
  if (found != std::end(kMishaps)) return found->mishap;
  return fail(ErrorCode::InvalidRequest,
              "no mishap '" + std::string(name) + "'; there are " + names(mishaps()));
}

}  // namespace simulation
