// Plays consumer groups of many members against a broker: all join at once, one leaves, and then
// they send heartbeats for a while. Prints a line of JSON as each phase ends.
//
//   group_load classic|consumer [NAME=VALUE]...      see Plan
//
// A member is a connection and a coroutine, and does what a client library does between the broker
// and its user: it takes up what it is given, gives up what it is not, and says so. Classic members
// are eager: they give up all before they join again.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "client/connection.h"
#include "env/sync.h"
#include "outcome.h"
#include "plan.h"
#include "posix/process.h"
#include "wire/003_metadata.h"
#include "wire/010_find_coordinator.h"
#include "wire/011_join_group.h"
#include "wire/012_heartbeat.h"
#include "wire/013_leave_group.h"
#include "wire/014_sync_group.h"
#include "wire/068_consumer_group_heartbeat.h"
#include "wire/consumer_protocol.h"

namespace {

using namespace std::chrono_literals;

constexpr Duration kSession = 45s;
constexpr Duration kClassicHeartbeat = 3s;
constexpr Duration kRebalance = 300s;
// Longer than members of either protocol are silent: nothing more is going to move.
constexpr Duration kQuiet = 6s;
constexpr Duration kPatience = 180s;

struct Plan {
  bool consumer = false;  // The protocol: consumer or classic.
  std::string address = "127.0.0.1:9092";
  std::string topic = "bench";
  std::string group = "bench";
  int partitions = 100;  // Of the topic, all of which every group reads.
  int members = 10;      // Of all groups together.
  int groups = 1;
  int share = 1;     // Members of the consumer protocol that share a connection.
  int seconds = 10;  // Of heartbeats.
};

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

// What the members of one group have, as they see it.
struct Group {
  GroupId id;
  std::vector<int> owners;  // By partition.
  std::size_t owned = 0;    // Partitions with an owner.
  std::uint64_t doubled = 0;
  Instant changed = {};

  void take(std::int32_t partition, Instant now) {
    if (++owners.at(static_cast<std::size_t>(partition)) > 1)
      ++doubled;
    else
      ++owned;
    changed = now;
  }
  void give_up(std::int32_t partition, Instant now) {
    if (--owners.at(static_cast<std::size_t>(partition)) == 0) --owned;
    changed = now;
  }
};

struct World {
  env::Shard& shard;
  Plan plan;
  TopicId topic = {};
  std::vector<Group> groups = {};
  std::uint64_t errors = 0;
  std::uint64_t given_up = 0;  // Partitions that were taken from a member.
  Duration longest_pause{};    // In which a member had nothing, being in a rebalance.
  Instant last_join = {};
  bool counting = false;  // Heartbeats.
  bench::Outcome heartbeats = {};

  env::Task<Result<std::unique_ptr<client::Connection>>> reach() {
    return client::Connection::open(shard, *env::parse_address(plan.address),
                                    {.client_id = "group_load", .timeout = Millis(400'000)});
  }
  void fail(const std::string& why) {
    if (++errors <= 5) std::fprintf(stderr, "%s\n", why.c_str());
  }
  void took(Instant from) {
    if (!counting) return;
    heartbeats.milliseconds.push_back(static_cast<float>(seconds(shard.now() - from) * 1000));
    ++heartbeats.records;
  }
};

// A connection, of one member or of several that take turns.
class Link {
 public:
  explicit Link(World& world) : world_(world), turn_(world.shard) {}

  env::Task<void> connect() {
    auto link = co_await world_.reach();
    if (link) {
      connection_ = std::move(*link);
    } else {
      world_.fail("cannot connect: " + link.error().detail);
    }
  }
  template <class Request, class Response>
  env::Task<Result<Response>> ask(Request request, Result<Response> (*read)(Bytes, wire::Version)) {
    const auto turn = co_await turn_.lock();
    Result<Response> answer = co_await connection_->ask(std::move(request), read);
    co_return answer;
  }

 private:
  World& world_;
  env::Mutex turn_;
  std::unique_ptr<client::Connection> connection_;
};
using LinkPtr = std::shared_ptr<Link>;

class Member {
 public:
  Member(World& world, Group& group, int number, LinkPtr link)
      : world_(world),
        group_(group),
        id_("member-" + std::to_string(number)),
        link_(std::move(link)) {}
  virtual ~Member() = default;

  virtual env::Task<void> live() = 0;
  virtual env::Task<void> leave() = 0;
  std::size_t size() const { return owned_.size(); }

 protected:
  using Partitions = std::set<std::int32_t>;

  void fail(const std::string& why) {
    world_.fail(why);
    gone_ = true;
  }
  // Gives what was changed.
  bool own(const Partitions& target) {
    const Instant now = world_.shard.now();
    bool changed = false;
    for (auto at = owned_.begin(); at != owned_.end();) {
      if (target.contains(*at)) {
        ++at;
        continue;
      }
      group_.give_up(*at, now);
      ++world_.given_up;
      at = owned_.erase(at);
      changed = true;
    }
    for (const std::int32_t partition : target) {
      if (!owned_.insert(partition).second) continue;
      group_.take(partition, now);
      changed = true;
    }
    return changed;
  }

  World& world_;
  Group& group_;
  MemberId id_;
  LinkPtr link_;
  Partitions owned_;
  bool gone_ = false;
};

class ConsumerMember : public Member {
 public:
  using Member::Member;

  env::Task<void> live() override {
    bool whole = true;  // Whether what it has is news.
    while (!gone_) {
      wire::ConsumerGroupHeartbeatRequest beat = heartbeat(epoch_);
      if (epoch_ == 0) {
        beat.rebalance_timeout_ms = static_cast<std::int32_t>(kRebalance / 1ms);
        beat.subscribed_topic_names = {TopicName{world_.plan.topic}};
        world_.last_join = world_.shard.now();
      }
      if (whole) beat.topic_partitions = had();
      const Instant asked = world_.shard.now();
      const auto answer =
          co_await link_->ask(std::move(beat), wire::read_consumer_group_heartbeat_response);
      if (gone_) break;
      if (!answer) co_return fail(answer.error().detail);
      if (!accept(*answer)) co_return;
      world_.took(asked);
      whole = epoch_ == 0 || moved_;
      if (!moved_) co_await world_.shard.sleep(Millis(answer->heartbeat_interval_ms));
    }
  }

  env::Task<void> leave() override {
    gone_ = true;
    auto link = co_await world_.reach();
    if (!link) co_return fail(link.error().detail);
    own({});
    const auto answer =
        co_await (*link)->ask(heartbeat(-1), wire::read_consumer_group_heartbeat_response);
    if (!answer || answer->error_code != ErrorCode::None) fail("cannot leave");
  }

 private:
  wire::ConsumerGroupHeartbeatRequest heartbeat(std::int32_t epoch) const {
    return {.group_id = group_.id, .member_id = id_, .member_epoch = epoch};
  }
  std::vector<wire::ConsumerGroupHeartbeatRequest::TopicPartitions> had() const {
    if (owned_.empty()) return {};
    std::vector<PartitionIndex> partitions;
    for (const std::int32_t partition : owned_) partitions.emplace_back(partition);
    return {{.topic_id = world_.topic, .partitions = std::move(partitions)}};
  }
  bool accept(const wire::ConsumerGroupHeartbeatResponse& answer) {
    moved_ = false;
    if (answer.error_code != ErrorCode::None) {
      fail(std::string(name_of(answer.error_code)) + ": " + answer.error_message.value_or(""));
      return false;
    }
    if (answer.member_id) id_ = *answer.member_id;
    epoch_ = answer.member_epoch;
    if (!answer.assignment) return true;
    Partitions target;
    for (const auto& topic : answer.assignment->topic_partitions) {
      for (const PartitionIndex partition : topic.partitions) target.insert(partition.value);
    }
    moved_ = own(target);
    return true;
  }

  std::int32_t epoch_ = 0;
  bool moved_ = false;
};

class ClassicMember : public Member {
 public:
  using Member::Member;

  env::Task<void> live() override {
    id_ = {};
    while (!gone_) {
      const Instant began = world_.shard.now();
      const bool had_some = !owned_.empty();
      own({});
      world_.last_join = std::max(world_.last_join, began);
      if (!co_await join_and_sync()) co_return;
      if (had_some) {
        world_.longest_pause = std::max(world_.longest_pause, world_.shard.now() - began);
      }
      if (!co_await heartbeats()) co_return;
    }
  }

  env::Task<void> leave() override {
    gone_ = true;
    auto link = co_await world_.reach();
    if (!link) co_return fail(link.error().detail);
    own({});
    wire::LeaveGroupRequest request{.group_id = group_.id, .members = {{.member_id = id_}}};
    const auto answer = co_await (*link)->ask(std::move(request), wire::read_leave_group_response);
    if (!answer || answer->error_code != ErrorCode::None) fail("cannot leave");
  }

 private:
  wire::JoinGroupRequest join_request() const {
    wire::Output metadata;
    metadata.bytes.resize(2);  // The version: 0.
    write(wire::ConsumerProtocolSubscription{.topics = {TopicName{world_.plan.topic}}}, 0,
          metadata);
    return {.group_id = group_.id,
            .session_timeout_ms = static_cast<std::int32_t>(kSession / 1ms),
            .rebalance_timeout_ms = static_cast<std::int32_t>(kRebalance / 1ms),
            .member_id = id_,
            .protocol_type = "consumer",
            .protocols = {{.name = "range", .metadata = std::move(metadata.bytes)}}};
  }

  // Contiguous ranges, as the range assignor deals them out.
  std::vector<wire::SyncGroupRequest::SyncGroupRequestAssignment> assign(
      const wire::JoinGroupResponse& joined) const {
    std::vector<wire::SyncGroupRequest::SyncGroupRequestAssignment> all;
    const auto count = static_cast<std::int32_t>(joined.members.size());
    for (std::int32_t i = 0; i < count; ++i) {
      const auto start = [&](std::int64_t n) {
        return static_cast<std::int32_t>(n * world_.plan.partitions / count);
      };
      std::vector<PartitionIndex> part;
      for (std::int32_t p = start(i); p < start(i + 1); ++p) part.emplace_back(p);
      wire::Output bytes;
      bytes.bytes.resize(2);
      write(wire::ConsumerProtocolAssignment{.assigned_partitions = {{TopicName{world_.plan.topic},
                                                                      std::move(part)}}},
            0, bytes);
      all.push_back(
          {joined.members[static_cast<std::size_t>(i)].member_id, std::move(bytes.bytes)});
    }
    return all;
  }

  env::Task<bool> join_and_sync() {
    while (!gone_) {
      auto joined = co_await link_->ask(join_request(), wire::read_join_group_response);
      if (!joined) co_return give_up(joined.error().detail);
      id_ = joined->member_id;
      if (joined->error_code == ErrorCode::MemberIdRequired) continue;
      if (joined->error_code != ErrorCode::None) co_return give_up(name_of(joined->error_code));
      generation_ = joined->generation_id;
      wire::SyncGroupRequest sync{.group_id = group_.id,
                                  .generation_id = generation_,
                                  .member_id = id_,
                                  .protocol_type = joined->protocol_type,
                                  .protocol_name = joined->protocol_name};
      if (joined->leader == id_.value) sync.assignments = assign(*joined);
      const auto synced = co_await link_->ask(std::move(sync), wire::read_sync_group_response);
      if (!synced) co_return give_up(synced.error().detail);
      if (synced->error_code == ErrorCode::RebalanceInProgress) continue;
      if (synced->error_code != ErrorCode::None) co_return give_up(name_of(synced->error_code));
      co_return take_up(synced->assignment);
    }
    co_return false;
  }
  bool take_up(const ByteVector& assignment) {
    if (assignment.size() < 2) return true;  // Nothing for this one.
    const auto read = wire::read_consumer_protocol_assignment(Bytes(assignment).subspan(2), 0);
    if (!read) return give_up("an assignment that cannot be read");
    Partitions target;
    for (const auto& topic : read->assigned_partitions) {
      for (const PartitionIndex partition : topic.partitions) target.insert(partition.value);
    }
    own(target);
    return true;
  }
  env::Task<bool> heartbeats() {
    while (!gone_) {
      co_await world_.shard.sleep(kClassicHeartbeat);
      const Instant asked = world_.shard.now();
      const auto answer = co_await link_->ask(
          wire::HeartbeatRequest{
              .group_id = group_.id, .generation_id = generation_, .member_id = id_},
          wire::read_heartbeat_response);
      if (gone_) break;
      if (!answer) co_return give_up(answer.error().detail);
      world_.took(asked);
      if (answer->error_code == ErrorCode::RebalanceInProgress) co_return true;
      if (answer->error_code != ErrorCode::None) co_return give_up(name_of(answer->error_code));
    }
    co_return false;
  }
  bool give_up(std::string_view why) {
    fail(std::string(why));
    return false;
  }

  std::int32_t generation_ = -1;
};

env::Task<bool> learn_topic(World& world) {
  auto link = co_await world.reach();
  if (!link) co_return false;
  wire::MetadataRequest request;
  request.topics = {{.name = TopicName{world.plan.topic}}};
  const auto answer = co_await (*link)->ask(std::move(request), wire::read_metadata_response);
  if (!answer || answer->topics.empty()) co_return false;
  const auto& topic = answer->topics.front();
  world.topic = topic.topic_id;
  co_return topic.error_code == ErrorCode::None&& topic.partitions.size() ==
      static_cast<std::size_t>(world.plan.partitions);
}

// Until the broker coordinates the groups: it makes the topic that keeps them when first asked.
env::Task<bool> find_coordinators(World& world) {
  auto link = co_await world.reach();
  if (!link) co_return false;
  for (const Group& group : world.groups) {
    while (true) {
      wire::FindCoordinatorRequest request{.coordinator_keys = {group.id.value}};
      const auto answer =
          co_await (*link)->ask(std::move(request), wire::read_find_coordinator_response);
      if (!answer || answer->coordinators.empty()) co_return false;
      if (answer->coordinators.front().error_code == ErrorCode::None) break;
      co_await world.shard.sleep(100ms);
    }
  }
  co_return true;
}

bool all_owned(const World& world) {
  return std::ranges::all_of(world.groups, [&](const Group& group) {
    return group.owned == static_cast<std::size_t>(world.plan.partitions);
  });
}

Instant last_change(const World& world) {
  return std::ranges::max(world.groups, {}, &Group::changed).changed;
}

// Until every partition has its owner and nothing has moved for a while. False if that never comes.
env::Task<bool> settle(World& world) {
  const Instant give_up = world.shard.now() + kPatience;
  while (world.shard.now() < give_up && world.errors == 0) {
    if (all_owned(world) && world.shard.now() - last_change(world) > kQuiet) co_return true;
    co_await world.shard.sleep(10ms);
  }
  co_return false;
}

using Members = std::vector<std::unique_ptr<Member>>;

// Connections first, a few at a time: joining is what is measured.
env::Task<std::vector<LinkPtr>> connect_all(World& world) {
  constexpr int kAtOnce = 50;
  std::vector<LinkPtr> links;
  env::Gate connecting(world.shard);
  for (int n = 0; n < world.plan.members; n += world.plan.share) {
    while (connecting.running() >= kAtOnce) co_await world.shard.sleep(1ms);
    links.push_back(std::make_shared<Link>(world));
    connecting.spawn(links.back()->connect());
  }
  co_await connecting.drain();
  co_return links;
}

Members make_members(World& world, const std::vector<LinkPtr>& links) {
  Members members;
  for (int n = 0; n < world.plan.members; ++n) {
    Group& group = world.groups[static_cast<std::size_t>(n % world.plan.groups)];
    const LinkPtr& link = links[static_cast<std::size_t>(n / world.plan.share)];
    if (world.plan.consumer) {
      members.push_back(std::make_unique<ConsumerMember>(world, group, n, link));
    } else {
      members.push_back(std::make_unique<ClassicMember>(world, group, n, link));
    }
  }
  return members;
}

void tell(const char* phase, const World& world, bool settled, Duration took) {
  std::uint64_t doubled = 0;
  for (const Group& group : world.groups) doubled += group.doubled;
  std::printf(R"({"phase": "%s", "settled": %s, "seconds": %.3f, "given_up": %llu, )", phase,
              settled ? "true" : "false", seconds(took),
              static_cast<unsigned long long>(world.given_up));
  std::printf(R"("doubled": %llu, "errors": %llu, "longest_pause": %.3f})"
              "\n",
              static_cast<unsigned long long>(doubled),
              static_cast<unsigned long long>(world.errors), seconds(world.longest_pause));
  std::fflush(stdout);
}

env::Task<int> play(World& world) {
  if (!co_await learn_topic(world)) {
    std::fprintf(stderr, "no topic %s of %d partitions\n", world.plan.topic.c_str(),
                 world.plan.partitions);
    co_return 1;
  }
  if (!co_await find_coordinators(world)) co_return 1;
  const std::vector<LinkPtr> links = co_await connect_all(world);
  if (world.errors > 0) co_return 1;
  const Members members = make_members(world, links);

  env::Gate living(world.shard);
  for (const auto& member : members) living.spawn(member->live());
  bool settled = co_await settle(world);
  tell("joined", world, settled, last_change(world) - world.last_join);
  if (!settled) co_return 1;

  world.given_up = 0;
  world.longest_pause = {};
  const std::size_t had = members.front()->size();
  const Instant left = world.shard.now();
  co_await members.front()->leave();
  settled = co_await settle(world);
  world.given_up -= had;  // The leaver's own.
  tell("left", world, settled, last_change(world) - left);
  if (!settled) co_return 1;

  world.counting = true;
  co_await world.shard.sleep(std::chrono::seconds(world.plan.seconds));
  world.counting = false;
  std::ranges::sort(world.heartbeats.milliseconds);
  bench::print(world.heartbeats, world.plan.seconds);
  co_return 0;
}

Plan plan_of(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what != "classic" && what != "consumer")
    bench::refuse("usage: classic|consumer [NAME=VALUE]...");
  Plan plan{.consumer = what == "consumer"};
  bench::for_each_option(argc, argv, [&](std::string_view name, const std::string& value) {
    const auto set = [&](std::string_view one, auto& into) {
      if (name != one) return false;
      if constexpr (std::is_same_v<decltype(into), int&>)
        into = bench::whole(name, value);
      else
        into = value;
      return true;
    };
    if (!(set("address", plan.address) || set("topic", plan.topic) || set("group", plan.group) ||
          set("partitions", plan.partitions) || set("members", plan.members) ||
          set("groups", plan.groups) || set("share", plan.share) || set("seconds", plan.seconds))) {
      bench::refuse("no such option: " + std::string(name));
    }
  });
  if (plan.share < 1 || (plan.share > 1 && !plan.consumer)) {
    bench::refuse(
        "only members of the consumer protocol can share a connection: a classic join waits");
  }
  if (plan.groups < 1 || plan.members < plan.groups || plan.partitions < 1) {
    bench::refuse("nothing to do");
  }
  if (!env::parse_address(plan.address)) bench::refuse("not HOST:PORT: " + plan.address);
  return plan;
}

}  // namespace

int main(int argc, char** argv) {
  const Plan plan = plan_of(argc, argv);
  posix::raise_file_limit();
  posix::Process process(1);
  process.run([&](env::Shard& shard) {
    auto* const world = new World{.shard = shard, .plan = plan};  // As long as the process.
    for (int n = 0; n < plan.groups; ++n) {
      world->groups.push_back(
          {.id = GroupId{plan.group + "-" + std::to_string(n)},
           .owners = std::vector<int>(static_cast<std::size_t>(plan.partitions))});
    }
    env::spawn(play(*world), [](int code) {
      std::fflush(stdout);
      std::_Exit(code);  // Members still wait for their next heartbeat; nobody needs it.
    });
  });
}
