#include <fmt/format.h>

#include <algorithm>

#include "app/commands/common.h"
#include "base/similar.h"

namespace app {

namespace {

struct Options {
  ClusterOptions cluster;
  std::string kind;
  std::string name;
  std::vector<std::string> settings;  // Names for get and unset, NAME=VALUE for set.
  bool all = false;
  bool explain = false;
  bool dry_run = false;
};

client::Resource resource_of(const Options& options) {
  using enum client::ResourceType;
  if (options.kind == "topic") return {Topic, options.name};
  if (options.kind == "group") return {Group, options.name};
  return {Broker, options.name == "all" ? "" : options.name};
}

bool is_set(const client::ConfigEntry& entry) {
  return entry.source != client::ConfigSource::Default &&
         entry.source != client::ConfigSource::Unknown;
}

bool is_wanted(const client::ConfigEntry& entry, const Options& options) {
  if (options.settings.empty()) return options.all || is_set(entry);
  return std::ranges::find(options.settings, entry.name) != options.settings.end();
}

// Every name asked for must be known.
Outcome<> check_names(const std::vector<client::ConfigEntry>& known, const Options& options) {
  std::vector<std::string> names;
  for (const client::ConfigEntry& entry : known) names.push_back(entry.name);
  for (const std::string& name : options.settings) {
    if (std::ranges::find(names, name) != names.end()) continue;
    const auto near = most_similar(name, names);
    return refused(fmt::format("no config '{}'{}", name,
                               near ? fmt::format("; did you mean '{}'?", *near) : ""));
  }
  return {};
}

std::string value_of(const client::ConfigEntry& entry) {
  if (entry.sensitive) return "(secret)";
  return entry.value.value_or("-");
}

Json to_json(const std::vector<client::ConfigEntry>& entries) {
  Json json = Json::array();
  for (const client::ConfigEntry& entry : entries) {
    Json one{{"name", entry.name},
             {"value", entry.value ? Json(*entry.value) : Json(nullptr)},
             {"source", client::name_of(entry.source)},
             {"read_only", entry.read_only},
             {"sensitive", entry.sensitive}};
    if (!entry.documentation.empty()) one["documentation"] = entry.documentation;
    json.push_back(std::move(one));
  }
  return json;
}

void explain(const std::vector<client::ConfigEntry>& entries) {
  for (const client::ConfigEntry& entry : entries) {
    say("{} = {}  ({}{})\n", entry.name, printable(value_of(entry)), client::name_of(entry.source),
        entry.read_only ? ", read only" : "");
    if (!entry.documentation.empty()) say("    {}\n", printable(entry.documentation));
  }
}

Outcome<> run_get(const Options& options) {
  const std::unique_ptr<Session> session = TRY(Session::open(options.cluster));
  std::vector<client::ConfigEntry> entries = TRY(session->wait(
      client::describe_configs(session->cluster(), resource_of(options), options.explain)));
  if (Outcome<> known = check_names(entries, options); !known) return known;
  std::erase_if(entries,
                [&](const client::ConfigEntry& entry) { return !is_wanted(entry, options); });
  if (options.cluster.json) {
    print(to_json(entries));
  } else if (options.explain) {
    explain(entries);
  } else if (entries.empty()) {
    note("every config of this {} is the default; see them with --all\n", options.kind);
  } else {
    Table table({{"CONFIG"}, {"VALUE"}, {"SET BY"}});
    for (const client::ConfigEntry& entry : entries) {
      table.add({entry.name, value_of(entry), std::string(client::name_of(entry.source))});
    }
    print(table);
  }
  return {};
}

Outcome<> apply(const Options& options, std::vector<client::ConfigChange> changes) {
  const std::unique_ptr<Session> session = TRY(Session::open(options.cluster));
  const std::size_t count = changes.size();
  TRY_VOID(session->wait(client::alter_configs(session->cluster(), resource_of(options),
                                               std::move(changes), options.dry_run)));
  if (options.cluster.json) {
    print(Json{
        {"kind", options.kind}, {"name", options.name}, {"changed", options.dry_run ? 0 : count}});
  } else {
    say("{} {} config{} of {} '{}'\n", options.dry_run ? "would change" : "changed", count,
        count == 1 ? "" : "s", options.kind, options.name);
  }
  return {};
}

Outcome<> run_set(const Options& options) {
  std::vector<client::ConfigChange> changes;
  for (const Setting& setting : TRY(parse_settings(options.settings, "a config"))) {
    changes.push_back({setting.name, setting.value});
  }
  return apply(options, std::move(changes));
}

Outcome<> run_unset(const Options& options) {
  std::vector<client::ConfigChange> changes;
  for (const std::string& name : options.settings) changes.push_back({name, std::nullopt});
  return apply(options, std::move(changes));
}

void add_resource(CLI::App& command, Options& options) {
  command.add_option("KIND", options.kind, "topic, broker or group")
      ->required()
      ->check(CLI::IsMember({"topic", "broker", "group"}))
      ->type_name("");
  command
      .add_option("NAME", options.name,
                  "The topic's or group's name, the broker's id, or 'all' for all brokers")
      ->required();
}

void add_get(Tree& tree, CLI::App& config) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = tree.command(
      config,
      {.name = "get",
       .summary = "Show configs and who set them",
       .about = "Shows the configs of a topic, broker or group that are not defaults, or those "
                "that are named, or all.",
       .examples = {"thalweg config get topic orders",
                    "thalweg config get broker 1 log.retention.ms --explain"},
       .json =
           R"([{"name", "value", "source", "read_only", "sensitive"}], and "documentation" with --explain)"},
      [options] { return run_get(*options); });
  add_resource(command, *options);
  command.add_option("CONFIG", options->settings, "Only these");
  command.add_flag("-a,--all", options->all, "The defaults too");
  command.add_flag("--explain", options->explain, "Say what each is for");
  add_cluster_options(command, options->cluster);
}

void add_change(Tree& tree, CLI::App& config, Words words, std::string_view what,
                Outcome<> (*change)(const Options&)) {
  const auto options = std::make_shared<Options>();
  CLI::App& command =
      tree.command(config, std::move(words), [options, change] { return change(*options); });
  add_resource(command, *options);
  command.add_option(std::string(what), options->settings, "What to change")->required();
  command.add_flag("--dry-run", options->dry_run, "Have the cluster check it, and change nothing");
  add_cluster_options(command, options->cluster);
}

}  // namespace

void add_config(Tree& tree) {
  CLI::App& config = tree.group(
      tree.root(), {.name = "config",
                    .summary = "Read and change the configs of topics, brokers and groups",
                    .examples = {"thalweg config get topic orders --all",
                                 "thalweg config set topic orders retention.ms=86400000"}});
  add_get(tree, config);
  add_change(
      tree, config,
      {.name = "set",
       .summary = "Change configs",
       .about = "Changes configs of a topic, broker or group; all that are named, or none.",
       .examples = {"thalweg config set topic orders retention.ms=86400000 cleanup.policy=compact",
                    "thalweg config set group workers share.auto.offset.reset=earliest"},
       .json = R"({"kind", "name", "changed"})"},
      "NAME=VALUE", run_set);
  add_change(tree, config,
             {.name = "unset",
              .summary = "Take configs back to their defaults",
              .examples = {"thalweg config unset topic orders retention.ms"},
              .json = R"({"kind", "name", "changed"})"},
             "CONFIG", run_unset);
}

}  // namespace app
