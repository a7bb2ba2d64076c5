#include "run.h"

#include <functional>

#include "broker/metadata_log.h"
#include "log/names.h"
#include "observe/log.h"
#include "scene.h"
#include "share_reading.h"
#include "store/file_cache.h"

namespace simulation {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPatience = 20s;
constexpr Duration kCalm = 6s;  // After the mishaps; enough for all that waits and retries.
// A member may still stand still for four seconds, be waited for, and be found dead.
constexpr Duration kCalmOfGroups = 8s;
constexpr Duration kComeBack = 4s;   // Longer than a session, which would be over then.
constexpr Duration kTakeOver = 6s;   // A session and a rebalance.
constexpr Duration kTimedOut = 6s;   // Longer than a transaction may last, and be found.
constexpr Duration kSharedOut = 6s;  // Locks of two seconds, and some to spare.

// What the broker logs while this lives goes to `hear`, without its time.
class Listening {
 public:
  Listening(const sim::World& world, std::function<void(std::string)> hear) {
    observe::LogSettings settings;
    settings.write = [hear = std::move(hear)](std::string_view line) {
      if (line.ends_with('\n')) line.remove_suffix(1);
      constexpr std::size_t kTime = 13;  // "12:01:07.482 "
      hear(std::string(line.substr(kTime)));
    };
    settings.clock = [&] {
      return Timestamp(std::chrono::duration_cast<Millis>(world.now() - Instant{}).count());
    };
    observe::set_log(std::move(settings));
  }
  ~Listening() { observe::set_log({}); }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;
};

// The records that make an image, from its log on the disk.
env::Task<Result<std::vector<cluster::Record>>> fold_of_log(env::Shard& shard) {
  store::FileCache cache(shard.files(), {});
  store::Syncer syncer(shard);
  CO_TRY(const std::unique_ptr<broker::MetadataLog> log,
         co_await broker::MetadataLog::open({.shard = shard,
                                             .syncer = syncer,
                                             .cache = cache,
                                             .data_folder = "/data",
                                             .recovery_point = {}}));
  std::vector<cluster::Record> records = cluster::snapshot(*log->image());
  CO_TRY_VOID(co_await log->close());
  co_return records;
}

// The activities that have a part in a workload.
std::vector<Activity> activities(const Workload& load) {
  std::vector<Activity> all{Activity::Produce, Activity::Consume};
  if (load.committers > 0) all.push_back(Activity::Commit);
  if (load.churners > 0) all.push_back(Activity::ChangeTopics);
  if (load.trimmers > 0) all.push_back(Activity::Trim);
  if (load.members > 0) all.push_back(Activity::WorkInGroup);
  if (load.sharers > 0) all.push_back(Activity::Share);
  if (load.transactors > 0) all.push_back(Activity::Transact);
  if (load.committed_readers > 0) all.push_back(Activity::ReadCommitted);
  return all;
}

// The partition and the first offset that a line of a recovery names.
struct Damage {
  TopicPartition partition;
  Offset from;
};

std::optional<Damage> damage_in(const std::string& line) {
  if (!line.contains("DAMAGED") && !line.contains("cannot be served")) return {};
  const auto behind = [&](std::string_view mark) {
    const std::size_t at = line.find(mark);
    check(at != std::string::npos, "a line about damage says of which partition, and from where");
    return line.substr(at + mark.size());
  };
  const std::string name = behind("partition=");
  const auto partition = logs::parse_partition_folder(name.substr(0, name.find(' ')));
  check(partition.has_value(), "a partition's name");
  return Damage{*partition, Offset{std::stoll(behind("(offset "))}};
}

class Run {
 public:
  explicit Run(const Plan& plan) : plan_(plan) {}
  Outcome go();

 private:
  void hear(std::string line);
  void start();
  std::vector<std::string> without_progress();
  void check_owners(const std::string& when, std::vector<std::string>& wrong);
  void check_group(std::vector<std::string>& wrong);
  void check_sharing(std::vector<std::string>& wrong);
  void check_all_shared(const std::string& when, std::vector<std::string>& wrong);
  void check_shared(const Content& content);
  void check_transfers();
  void check_content();
  void check_image();

  const Plan& plan_;
  Outcome outcome_;
  sim::World world_{plan_.seed};
  sim::Machine& home_ = world_.add_machine("10.0.0.1", plan_.shards);
  sim::Machine& away_ = world_.add_machine("10.0.0.2", 1);
  Node broker_{world_, home_, plan_.broker_settings()};
  History history_;
  Listening listening_{world_, [this](std::string line) { hear(std::move(line)); }};
  Clients clients_{away_.shard(0), kBrokerAddress, history_, *plan_.workload};
};

void Run::hear(std::string line) {
  if (broker_.unheard()) return;
  if (const auto damage = damage_in(line)) history_.note_damage(damage->partition, damage->from);
  // What was synced by the broker's own books is gone; no mishap here takes that.
  if (line.contains("MISSING")) history_.contradict("the broker tells of a loss: " + line);
  outcome_.diary.emplace_back(world_.now() - Instant{}, "  " + std::move(line));
}

// Which activities do not go on when all is well.
std::vector<std::string> Run::without_progress() {
  std::vector<std::string> stuck;
  const std::map<Activity, std::uint64_t> before = history_.done;
  clients_.calm_down();
  world_.run_for(plan_.workload->members > 0 ? kCalmOfGroups : kCalm);
  for (const Activity activity : activities(*plan_.workload)) {
    const auto was = before.find(activity);
    const std::uint64_t then = was == before.end() ? 0 : was->second;
    if (history_.done[activity] <= then) {
      stuck.push_back(std::string("no progress after the mishaps: ") + name_of(activity));
    }
  }
  if (clients_.have_group()) check_group(stuck);
  if (clients_.have_share_group()) check_sharing(stuck);
  return stuck;
}

void Run::check_owners(const std::string& when, std::vector<std::string>& wrong) {
  for (const int partition : clients_.unowned()) {
    wrong.push_back(when + " nobody in the group reads partition " + std::to_string(partition));
  }
}

// A group at rest outlives its coordinator as it is, and finds the dead also where nobody saw them
// die.
void Run::check_group(std::vector<std::string>& wrong) {
  check_owners("after the mishaps", wrong);
  const std::int32_t generation = clients_.newest_generation();
  broker_.kill();
  start();
  world_.run_for(kComeBack);
  if (clients_.newest_generation() != generation) {
    wrong.push_back("the group rebalanced because its coordinator came back");
  }
  clients_.lose_a_member();
  broker_.kill();
  start();
  world_.run_for(kTakeOver);
  check_owners("after a member died with the coordinator", wrong);
}

// A share group comes to an end with what there is, and is still there after its broker was killed.
void Run::check_sharing(std::vector<std::string>& wrong) {
  clients_.stop_producing();
  world_.run_for(kSharedOut);
  check_all_shared("", wrong);
  broker_.kill();
  start();
  world_.run_for(kComeBack);
  check_all_shared("after its broker was killed ", wrong);
}

void Run::check_all_shared(const std::string& when, std::vector<std::string>& wrong) {
  const auto starts = world_.run(read_share_starts(away_.shard(0), kBrokerAddress));
  if (!starts) {
    wrong.push_back(when + "the share group's offsets cannot be read: " + starts.error().detail);
    return;
  }
  for (int partition = 0; partition < plan_.workload->partitions; ++partition) {
    const Offset end = history_.watermark_floor(place(partition));
    const auto start = starts->find(partition);
    if (end == Offset{0} || (start != starts->end() && start->second >= end)) continue;
    const std::string from = start == starts->end() ? "?" : std::to_string(start->second.value);
    wrong.push_back(when + "the share group has not done with partition " +
                    std::to_string(partition) + " from " + from + " on, which ends at " +
                    std::to_string(end.value));
  }
}

// Nothing was passed over.
void Run::check_shared(const Content& content) {
  for (const auto& [partition, records] : content) {
    for (const auto& [offset, value] : records) {
      if (clients_.share_book().may_be_done(partition.partition.value, offset)) continue;
      outcome_.faults.push_back("the share group passed over record " +
                                std::to_string(offset.value) + " of partition " +
                                std::to_string(partition.partition.value));
      return;
    }
  }
}

void Run::check_transfers() {
  if (plan_.workload->transactors == 0) return;
  world_.run_for(kTimedOut);
  const Result<void> read = world_.run(judge_transfers(
      away_.shard(0), kBrokerAddress, clients_.transfers(), plan_.workload->partitions));
  if (!read) outcome_.faults.push_back("what is committed cannot be read: " + read.error().detail);
}

void Run::check_content() {
  const Result<Content> content =
      world_.run(read_everything(away_.shard(0), kBrokerAddress, plan_.workload->partitions));
  if (!content) {
    const Error& why = content.error();
    outcome_.faults.push_back("the content cannot be read: " + std::string(name_of(why.code)) +
                              " " + why.detail);
    return;
  }
  for (std::string& fault : faults(history_, *content)) {
    outcome_.faults.push_back(std::move(fault));
  }
  if (clients_.have_share_group()) check_shared(*content);
}

// What the broker believes of its cluster is what its log says.
void Run::check_image() {
  const std::vector<cluster::Record> live = cluster::snapshot(*broker_.image());
  broker_.stop();
  const auto folded = world_.run(fold_of_log(home_.shard(0)));
  if (!folded) {
    outcome_.faults.push_back("the metadata log cannot be read: " + folded.error().detail);
  } else if (*folded != live) {
    outcome_.faults.push_back("the image of the cluster is not the fold of its log");
  }
}

void Run::start() {
  const Result<void> started = broker_.start();
  check(started.has_value(), started ? "" : started.error().detail.c_str());
}

Outcome Run::go() {
  start();
  clients_.start();
  BadDay day(world_, home_, away_, broker_, plan_, outcome_.diary);
  std::optional<std::string> stays_down = day.live_through();
  if (stays_down) {
    outcome_.faults.push_back(std::move(*stays_down));
    world_.run(clients_.stop({}));
    outcome_.faults.insert(outcome_.faults.end(), history_.contradictions.begin(),
                           history_.contradictions.end());
  } else {
    const std::vector<std::string> stuck = without_progress();
    world_.run(clients_.stop(kPatience));
    check_transfers();
    check_content();
    check_image();
    // What is lost or wrong says more than that nobody goes on.
    outcome_.faults.insert(outcome_.faults.end(), stuck.begin(), stuck.end());
  }
  outcome_.mishaps = day.happened();
  outcome_.done = history_.done;
  outcome_.acked = history_.acked.size();
  outcome_.read = history_.read.size();
  outcome_.lasted = world_.now() - Instant{};
  outcome_.events = world_.clockwork().events();
  outcome_.hash = world_.history_hash();
  return std::move(outcome_);
}

}  // namespace

Outcome run(const Plan& plan) { return Run(plan).go(); }

const char* name_of(Activity activity) {
  switch (activity) {
    case Activity::Produce:
      return "produce";
    case Activity::Consume:
      return "consume";
    case Activity::Commit:
      return "commit offsets";
    case Activity::ChangeTopics:
      return "change topics";
    case Activity::Trim:
      return "delete records";
    case Activity::WorkInGroup:
      return "work in a group";
    case Activity::Share:
      return "share records";
    case Activity::Transact:
      return "transact";
    case Activity::ReadCommitted:
      return "read what is committed";
  }
  return "";
}

}  // namespace simulation
