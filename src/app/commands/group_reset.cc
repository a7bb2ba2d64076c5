#include <fmt/format.h>

#include <chrono>

#include "app/commands/common.h"
#include "app/reset_plan.h"
#include "client/groups.h"
#include "client/offsets.h"

namespace app {

namespace {

struct Options {
  ClusterOptions cluster;
  std::string group;
  std::vector<std::string> topics;  // "orders", or "orders:0,2" for some of its partitions.
  std::string to;
  std::optional<std::int64_t> shift_by;
  std::string by_duration;
  bool execute = false;
};

Outcome<ResetTarget> target_of(const Options& options, Timestamp now) {
  const int given = (options.to.empty() ? 0 : 1) + (options.shift_by ? 1 : 0) +
                    (options.by_duration.empty() ? 0 : 1);
  if (given != 1) {
    return usage_error(
        "say where to: exactly one of --to, --shift-by and --by-duration",
        "For example: --to earliest, --to 2026-11-23T12:00Z, --shift-by -100, --by-duration 1h");
  }
  if (options.shift_by) return ShiftBy{*options.shift_by};
  if (!options.by_duration.empty()) {
    const auto ago = parse_duration(options.by_duration);
    if (!ago) return usage_error("--by-duration: " + ago.error().detail);
    return Position{AtTime{Timestamp{std::max<std::int64_t>(0, now.value - ago->count())}}};
  }
  const auto position = parse_position(options.to, now);
  if (!position) return usage_error("--to: " + position.error().detail);
  return *position;
}

// Keeps the partitions that "orders:0,2" names; all of them for "orders".
Outcome<client::TopicInfo> find_scope(Session& session, const std::string& scope) {
  const std::size_t colon = scope.find(':');
  const TopicName name{scope.substr(0, colon)};
  client::TopicInfo topic = TRY(session.wait(client::find_topic(session.cluster(), name)));
  if (colon == std::string::npos) return topic;
  const std::string wanted = "," + scope.substr(colon + 1) + ",";
  std::erase_if(topic.partitions, [&](const client::Partition& partition) {
    return wanted.find(fmt::format(",{},", partition.index.value)) == std::string::npos;
  });
  const auto named = static_cast<std::size_t>(std::ranges::count(wanted, ',')) - 1;
  if (topic.partitions.size() != named) {
    return refused(
        fmt::format("--topic {}: not every partition named is one of '{}'", scope, name.value));
  }
  return topic;
}

using CommittedOffsets = std::map<TopicPartition, client::Committed>;

// The topics named; without any, those that the group has committed offsets for.
Outcome<std::vector<client::TopicInfo>> scope_of(Session& session, const Options& options,
                                                 const CommittedOffsets& committed) {
  std::vector<client::TopicInfo> topics;
  for (const std::string& scope : options.topics) topics.push_back(TRY(find_scope(session, scope)));
  if (!options.topics.empty()) return topics;
  for (client::TopicInfo& topic : TRY(session.wait(client::list_topics(session.cluster())))) {
    std::erase_if(topic.partitions, [&](const client::Partition& partition) {
      return !committed.contains({topic.name, partition.index});
    });
    if (!topic.partitions.empty()) topics.push_back(std::move(topic));
  }
  if (topics.empty()) {
    return refused(fmt::format(
        "group '{}' has committed nothing, so --topic must say what to reset", options.group));
  }
  return topics;
}

Outcome<std::vector<PlannedReset>> make_plan(Session& session, const Options& options,
                                             const ResetTarget& target) {
  client::Cluster& cluster = session.cluster();
  const CommittedOffsets committed =
      TRY(session.wait(client::committed_offsets(cluster, GroupId{options.group})));
  const auto topics = TRY(scope_of(session, options, committed));
  std::map<TopicPartition, client::FoundOffset> at_time;
  const auto* position = std::get_if<Position>(&target);
  if (const auto* time = position ? std::get_if<AtTime>(position) : nullptr) {
    at_time = TRY(session.wait(client::list_offsets(cluster, topics, time->time)));
  }
  std::vector<PartitionFacts> facts;
  for (const auto& [partition, range] : TRY(session.wait(client::ranges(cluster, topics)))) {
    PartitionFacts one{partition, {}, range.start, range.end, {}};
    if (const auto found = committed.find(partition); found != committed.end())
      one.committed = found->second.offset;
    if (const auto found = at_time.find(partition);
        found != at_time.end() && found->second.offset.value >= 0) {
      one.at_time = found->second.offset;
    }
    facts.push_back(std::move(one));
  }
  return plan_reset(facts, target);
}

// A group with members would overwrite what we set, so the cluster refuses it. Say it before the
// plan.
Outcome<> refuse_members(Session& session, const Options& options) {
  const auto group =
      session.wait(client::describe_group(session.cluster(), GroupId{options.group}));
  // A group that is not there yet may be given offsets before its first consumer comes.
  if (!group && group.error().code == ErrorCode::GroupIdNotFound && !options.topics.empty())
    return {};
  if (!group) return std::unexpected(Failure(group.error()));
  if (group->members.empty()) return {};
  return refused(
      fmt::format("group '{}' has {} member{}, so its offsets cannot be reset", options.group,
                  group->members.size(), group->members.size() == 1 ? "" : "s"),
      "Stop its consumers, or wait until their sessions run out, and try again. See them with: "
      "thalweg group describe " +
          options.group);
}

void show(const std::vector<PlannedReset>& plan, const Options& options) {
  if (options.cluster.json) {
    Json json{
        {"group", options.group}, {"executed", options.execute}, {"partitions", Json::array()}};
    for (const PlannedReset& one : plan) {
      json["partitions"].push_back({{"topic", one.partition.topic.value},
                                    {"partition", one.partition.partition.value},
                                    {"from", one.from ? Json(one.from->value) : Json(nullptr)},
                                    {"to", one.to.value},
                                    {"note", one.note}});
    }
    print(json);
    return;
  }
  Table table({{"TOPIC"},
               {"PARTITION", Align::Right},
               {"FROM", Align::Right},
               {"TO", Align::Right},
               {"MOVED", Align::Right},
               {"NOTE"}});
  for (const PlannedReset& one : plan) {
    table.add({one.partition.topic.value, fmt::format("{}", one.partition.partition.value),
               one.from ? fmt::format("{}", one.from->value) : "-", fmt::format("{}", one.to.value),
               one.from ? (one.moved() > 0 ? "+" : "") + human_count(one.moved()) : "-", one.note});
  }
  print(table);
  flush_output();
  note("{}\n", options.execute ? fmt::format("set the offsets of group '{}'", options.group)
                               : "This is the plan; nothing was changed. Apply it with --execute.");
}

Outcome<> run(const Options& options) {
  const Timestamp now{
      std::chrono::duration_cast<Millis>(std::chrono::system_clock::now().time_since_epoch())
          .count()};
  const ResetTarget target = TRY(target_of(options, now));
  const std::unique_ptr<Session> session = TRY(Session::open(options.cluster));
  TRY_VOID(refuse_members(*session, options));
  const std::vector<PlannedReset> plan = TRY(make_plan(*session, options, target));
  if (options.execute) {
    std::map<TopicPartition, Offset> offsets;
    for (const PlannedReset& one : plan) offsets[one.partition] = one.to;
    TRY_VOID(session->wait(
        client::commit_offsets(session->cluster(), GroupId{options.group}, std::move(offsets))));
  }
  show(plan, options);
  return {};
}

}  // namespace

void add_group_reset(Tree& tree, CLI::App& group) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = tree.command(
      group,
      {.name = "reset",
       .summary = "Set a group's committed offsets",
       .about = "Sets where a group goes on reading. Shows the plan and changes nothing, unless "
                "--execute is given.\n"
                "The group must have no members.",
       .examples = {"thalweg group reset billing --to earliest",
                    "thalweg group reset billing -t orders:0,2 --to 2026-11-23T12:00Z --execute",
                    "thalweg group reset billing --shift-by -100 --execute"},
       .json =
           R"({"group", "executed", "partitions": [{"topic", "partition", "from", "to", "note"}]})"},
      [options] { return run(*options); });
  command.add_option("GROUP", options->group, "Name of the group")->required();
  command
      .add_option("-t,--topic", options->topics,
                  "A topic, or some of its partitions; without it, all that the group "
                  "has committed")
      ->type_name("TOPIC[:P,P...]")
      ->allow_extra_args(false);
  command.add_option("--to", options->to, fmt::format("Where to: {}", kPositionHelp))
      ->type_name("POSITION");
  command
      .add_option("--shift-by", options->shift_by, "On from what is committed; below zero, back")
      ->type_name("N");
  command
      .add_option("--by-duration", options->by_duration, "To the first record of this last while")
      ->type_name("TIME");
  command.add_flag("--execute", options->execute, "Do it");
  add_cluster_options(command, options->cluster);
}

}  // namespace app
