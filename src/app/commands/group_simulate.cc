#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <ranges>

#include "app/commands/group_look.h"
#include "app/group_forecast.h"
#include "base/similar.h"

namespace app {

namespace {

struct Options {
  ClusterOptions cluster;
  std::string group;
  std::string members;  // "+3", "-1".
  std::vector<std::string> without;
  std::string assignor;
};

Outcome<int> parse_change(const std::string& text) {
  if (text.empty()) return 0;
  const char* const end = text.data() + text.size();
  int change = 0;
  const char* const start = text.data() + (text.front() == '+' ? 1 : 0);
  const auto [stop, error] = std::from_chars(start, end, change);
  const bool signed_well = text.front() == '+' || text.front() == '-';
  if (error != std::errc{} || stop != end || !signed_well || std::abs(change) > 10'000) {
    return usage_error(fmt::format("--members '{}' is no change of up to 10,000 members", text),
                       "Write it like --members +3 or --members -1");
  }
  return change;
}

// By id, by instance, or by client id where only one member has it.
Outcome<MemberId> find_member(const client::GroupInfo& group, const std::string& name) {
  std::vector<std::string> names;
  std::vector<MemberId> of_client;
  for (const client::GroupMember& member : group.members) {
    if (member.id.value == name || (member.instance && member.instance->value == name)) {
      return member.id;
    }
    if (member.client_id == name) of_client.push_back(member.id);
    names.push_back(member.id.value);
  }
  if (of_client.size() == 1) return of_client.front();
  if (of_client.size() > 1) {
    return refused(
        fmt::format("{} members of group '{}' have client id '{}'", of_client.size(),
                    group.id.value, name),
        "Name one by its member id; see them with: thalweg group members " + group.id.value);
  }
  const auto near = most_similar(name, names);
  return refused(fmt::format("group '{}' has no member '{}'{}", group.id.value, name,
                             near ? fmt::format("; did you mean '{}'?", *near) : ""),
                 "See its members with: thalweg group members " + group.id.value);
}

// As people know it, and as --without takes it: its instance, its client where no other member has
// that too, or its id.
std::string shown(const client::GroupInfo& group, const std::optional<MemberId>& id) {
  if (!id) return "nobody";
  const auto member = std::ranges::find(group.members, *id, &client::GroupMember::id);
  if (member == group.members.end()) return id->value;
  if (member->instance) return member->instance->value;
  const auto of_client =
      std::ranges::count(group.members, member->client_id, &client::GroupMember::client_id);
  return of_client == 1 ? member->client_id : member->id.value;
}

int percent(std::size_t part, std::size_t all) {
  return all == 0 ? 0 : static_cast<int>(std::lround(100.0 * double(part) / double(all)));
}

Json or_null(const std::optional<MemberId>& id) { return id ? Json(id->value) : Json(nullptr); }

Json names(const std::vector<MemberId>& members) {
  Json json = Json::array();
  for (const MemberId& member : members) json.push_back(member.value);
  return json;
}

Json json_of(const client::GroupInfo& group, const Forecast& forecast) {
  Json json{{"group", group.id.value},           {"assignor", forecast.assignor},
            {"partitions", forecast.partitions}, {"came", names(forecast.came)},
            {"gone", names(forecast.gone)},      {"moves", Json::array()}};
  for (const ForecastMove& move : forecast.moves) {
    Json one = to_json(move.partition);
    one["from"] = or_null(move.from);
    one["to"] = or_null(move.to);
    json["moves"].push_back(std::move(one));
  }
  return json;
}

// "2 to 3", or "2" where all have the same.
std::string spread(const std::map<MemberId, std::size_t>& counts) {
  if (counts.empty()) return "none";
  const auto [least, most] = std::ranges::minmax(counts | std::views::values);
  return least == most ? fmt::format("{}", least) : fmt::format("{} to {}", least, most);
}

std::string summary(const client::GroupInfo& group, const Forecast& forecast) {
  std::string who;
  if (!forecast.gone.empty()) {
    std::string gone;
    for (const MemberId& member : forecast.gone) {
      gone += fmt::format("{}{}", gone.empty() ? "" : ", ", shown(group, member));
    }
    who = fmt::format("without {}: ", gone);
  }
  if (!forecast.came.empty()) {
    who += fmt::format("with {} more: ", forecast.came.size());
  }
  return fmt::format("{}{} of {} partitions move ({}%); a member has {}, before {} (assignor {})",
                     who, forecast.moves.size(), forecast.partitions,
                     percent(forecast.moves.size(), forecast.partitions), spread(forecast.after),
                     spread(forecast.before), forecast.assignor);
}

void show(const client::GroupInfo& group, const Forecast& forecast) {
  std::map<std::pair<std::optional<MemberId>, std::optional<MemberId>>, std::vector<TopicPartition>>
      by_pair;
  for (const ForecastMove& move : forecast.moves) {
    by_pair[{move.from, move.to}].push_back(move.partition);
  }
  Table table({{"FROM"}, {"TO"}, {"COUNT", Align::Right}, {"PARTITIONS"}});
  for (const auto& [pair, partitions] : by_pair) {
    table.add({shown(group, pair.first), shown(group, pair.second),
               fmt::format("{}", partitions.size()), brief(partitions)});
  }
  if (!table.empty()) print(table);
  flush_output();
  note("{}\n", summary(group, forecast));
}

Outcome<> run(const Options& options) {
  const int change = TRY(parse_change(options.members));
  const std::unique_ptr<Session> session = TRY(Session::open(options.cluster));
  const auto picture = TRY(look_at_group(*session, options.group, false));
  const client::GroupInfo& group = picture->group;
  if (group.is_share()) {
    return refused(
        fmt::format("'{}' is a share group: its members share partitions, and none "
                    "moves",
                    options.group));
  }
  if (group.members.empty()) {
    return refused(fmt::format("group '{}' has no members, so nothing can move", options.group));
  }
  Scenario scenario{.come = std::max(change, 0), .go = std::max(-change, 0)};
  for (const std::string& name : options.without) {
    scenario.without.insert(TRY(find_member(group, name)));
  }
  const auto topics = TRY(session->wait(client::list_topics(session->cluster())));
  std::map<BrokerId, std::string> racks;
  for (const client::Broker& broker : session->cluster().brokers()) {
    if (broker.rack) racks[broker.id] = *broker.rack;
  }
  const std::string assignor = options.assignor.empty() ? group.assignor : options.assignor;
  const Forecast result = TRY(forecast(group, topics, racks, assignor, scenario));
  if (options.cluster.json) {
    print(json_of(group, result));
  } else {
    show(group, result);
  }
  return {};
}

}  // namespace

void add_group_simulate(Tree& tree, CLI::App& group) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = tree.command(
      group,
      {.name = "simulate",
       .summary = "Show which partitions would move if members came or went",
       .about =
           "Computes what the group's assignor would do if members came or went: which partitions "
           "move, and from\n"
           "whom to whom. Nothing is changed. With --members -N those go that have most. A classic "
           "group is assigned\n"
           "by one of its clients; `range` and `roundrobin` do what they do in Java, and a sticky "
           "one moves the least.",
       .examples = {"thalweg group simulate billing --members +3",
                    "thalweg group simulate billing --without cart-2",
                    "thalweg group simulate billing --assignor uniform"},
       .json = R"({"group", "assignor", "partitions", "came": [], "gone": [],
 "moves": [{"topic", "partition", "from", "to"}]})"},
      [options] { return run(*options); });
  command.add_option("GROUP", options->group, "Name of the group")->required();
  command.add_option("--members", options->members, "So many members more or fewer")
      ->type_name("+N|-N");
  command
      .add_option("--without", options->without,
                  "This member gone: its id, its instance, or its client id; may be repeated")
      ->type_name("MEMBER")
      ->allow_extra_args(false);
  command
      .add_option("--assignor", options->assignor,
                  fmt::format("Instead of the group's own: {}", fmt::join(known_assignors(), ", ")))
      ->type_name("NAME")
      ->check(CLI::IsMember(known_assignors()));
  add_cluster_options(command, options->cluster);
}

}  // namespace app
