#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "app/commands/common.h"
#include "app/lines.h"
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
  std::string file;
  bool execute = false;
  bool dry_run = false;  // The default, for those who want to say it.
};

Outcome<ToEach> read_offsets(const std::string& path) {
  Lines lines = TRY(Lines::open(path));
  ToEach each;
  for (int number = 1;; ++number) {
    const auto line = TRY(lines.next());
    if (!line) break;
    const auto parsed = parse_offset_line(*line);
    if (!parsed) {
      return refused(fmt::format("{}, line {}: {}", path, number, parsed.error().detail));
    }
    if (*parsed) each.offsets.insert_or_assign((*parsed)->first, (*parsed)->second);
  }
  if (each.offsets.empty()) return refused(fmt::format("{} names no offsets", path));
  return each;
}

Outcome<ResetTarget> target_of(const Options& options, Timestamp now) {
  const int given = (options.to.empty() ? 0 : 1) + (options.shift_by ? 1 : 0) +
                    (options.by_duration.empty() ? 0 : 1) + (options.file.empty() ? 0 : 1);
  if (given != 1) {
    return usage_error(
        "say where to: exactly one of --to, --shift-by, --by-duration and --from-file",
        "For example: --to earliest, --to 2026-11-23T12:00Z, --shift-by -100, --by-duration 1h");
  }
  if (!options.file.empty()) {
    if (!options.topics.empty()) {
      return usage_error("--from-file names the partitions itself, so --topic does not go with it");
    }
    return TRY(read_offsets(options.file));
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

// The partitions that a file names, each of which must be there.
Outcome<std::vector<client::TopicInfo>> scope_of(Session& session, const ToEach& each) {
  std::vector<client::TopicInfo> topics;
  for (client::TopicInfo& topic : TRY(session.wait(client::list_topics(session.cluster())))) {
    std::erase_if(topic.partitions, [&](const client::Partition& partition) {
      return !each.offsets.contains({topic.name, partition.index});
    });
    if (!topic.partitions.empty()) topics.push_back(std::move(topic));
  }
  for (const auto& [partition, offset] : each.offsets) {
    const auto topic = std::ranges::find(topics, partition.topic, &client::TopicInfo::name);
    const bool there = topic != topics.end() &&
                       std::ranges::any_of(topic->partitions, [&](const client::Partition& one) {
                         return one.index == partition.partition;
                       });
    if (there) continue;
    return refused(fmt::format("--from-file: there is no partition {} of a topic '{}'",
                               partition.partition.value, partition.topic.value));
  }
  return topics;
}

// The topics named; without any, those that the group has committed offsets for.
Outcome<std::vector<client::TopicInfo>> scope_of(Session& session, const Options& options,
                                                 const client::CommittedOffsets& committed) {
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

enum class Kind : std::uint8_t { Consumer, Share };

Outcome<std::vector<PlannedReset>> make_plan(Session& session, const Options& options,
                                             const ResetTarget& target, Kind kind) {
  client::Cluster& cluster = session.cluster();
  const GroupId group{options.group};
  const client::CommittedOffsets committed =
      TRY(session.wait(kind == Kind::Share ? client::share_offsets(cluster, group)
                                           : client::committed_offsets(cluster, group)));
  const auto* each = std::get_if<ToEach>(&target);
  const auto topics = TRY(each ? scope_of(session, *each) : scope_of(session, options, committed));
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
Outcome<Kind> refuse_members(Session& session, const Options& options) {
  const auto group =
      session.wait(client::describe_group(session.cluster(), GroupId{options.group}));
  // A group that is not there yet may be given offsets before its first consumer comes.
  const bool names_partitions = !options.topics.empty() || !options.file.empty();
  if (!group && group.error().code == ErrorCode::GroupIdNotFound && names_partitions)
    return Kind::Consumer;
  if (!group) return std::unexpected(Failure(group.error()));
  if (group->members.empty()) return group->is_share() ? Kind::Share : Kind::Consumer;
  return refused(
      fmt::format("group '{}' has {} member{}, so its offsets cannot be reset", options.group,
                  group->members.size(), group->members.size() == 1 ? "" : "s"),
      "Stop its consumers, or wait until their sessions run out, and try again. See them with: "
      "thalweg group members " +
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
  const Kind kind = TRY(refuse_members(*session, options));
  const std::vector<PlannedReset> plan = TRY(make_plan(*session, options, target, kind));
  if (options.execute) {
    std::map<TopicPartition, Offset> offsets;
    for (const PlannedReset& one : plan) offsets[one.partition] = one.to;
    const GroupId group{options.group};
    TRY_VOID(session->wait(kind == Kind::Share
                               ? client::alter_share_offsets(session->cluster(), group, offsets)
                               : client::commit_offsets(session->cluster(), group, offsets)));
  }
  show(plan, options);
  return {};
}

void add_common_options(CLI::App& command, Options& options) {
  command.add_option("GROUP", options.group, "Name of the group")->required();
  command
      .add_option("-t,--topic", options.topics,
                  "A topic, or some of its partitions; without it, all that the group "
                  "has committed")
      ->type_name("TOPIC[:P,P...]")
      ->allow_extra_args(false);
}

void add_closing_options(CLI::App& command, Options& options) {
  CLI::Option* execute = command.add_flag("--execute", options.execute, "Do it");
  command.add_flag("--dry-run", options.dry_run, "Only show the plan; so it is without --execute")
      ->excludes(execute);
  add_cluster_options(command, options.cluster);
}

constexpr const char* kJson =
    R"({"group", "executed", "partitions": [{"topic", "partition", "from", "to", "note"}]})";

}  // namespace

void add_group_reset(Tree& tree, CLI::App& group) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = tree.command(
      group,
      {.name = "reset",
       .summary = "Set a group's committed offsets",
       .about = "Sets where a group goes on reading. Shows the plan, before and after for each "
                "partition, and changes\n"
                "nothing unless --execute is given. The group must have no members. A file for "
                "--from-file has lines\n"
                "of topic, partition and offset, as Apache Kafka's tool exports them.",
       .examples = {"thalweg group reset billing --to earliest",
                    "thalweg group reset billing -t orders:0,2 --to 2026-11-23T12:00Z --execute",
                    "thalweg group reset billing --by-duration 1h --execute",
                    "thalweg group describe billing --json | jq -r '.[0].partitions[] | [.topic, "
                    ".partition, .committed] | @tsv' > before.tsv",
                    "thalweg group reset billing --from-file before.tsv --execute"},
       .json = kJson},
      [options] { return run(*options); });
  add_common_options(command, *options);
  command.add_option("--to", options->to, fmt::format("Where to: {}", kPositionHelp))
      ->type_name("POSITION");
  command
      .add_option("--shift-by", options->shift_by, "On from what is committed; below zero, back")
      ->type_name("N");
  command
      .add_option("--by-duration", options->by_duration, "To the first record of this last while")
      ->type_name("TIME");
  command
      .add_option("--from-file", options->file,
                  "Each partition to what a file says, - for standard input")
      ->type_name("FILE");
  add_closing_options(command, *options);
}

void add_group_shift(Tree& tree, CLI::App& group) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = tree.command(
      group,
      {.name = "shift",
       .summary = "Move a group's committed offsets on or back",
       .about = "Moves where a group goes on reading by so many records in each partition: on, to "
                "skip a record\n"
                "that nobody can read, or back, to read some again. Shows the plan and changes "
                "nothing unless\n"
                "--execute is given. The group must have no members.",
       .examples = {"thalweg group shift billing --by -100",
                    "thalweg group shift billing -t orders:3 --by 1 --execute"},
       .json = kJson},
      [options] { return run(*options); });
  add_common_options(command, *options);
  command.add_option("--by", options->shift_by, "So many records on; below zero, back")
      ->type_name("N")
      ->required();
  add_closing_options(command, *options);
}

}  // namespace app
