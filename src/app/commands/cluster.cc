#include <fmt/format.h>

#include <algorithm>

#include "app/commands/common.h"
#include "client/describe_cluster.h"
#include "wire/apis.h"

namespace app {

namespace {

struct Options {
  ClusterOptions cluster;
  bool apis = false;
};

// What one broker speaks, beside what this program speaks.
struct Spoken {
  std::int16_t key = 0;
  std::string name;
  client::VersionRange broker;
  std::optional<wire::Version> common;
};

std::vector<Spoken> spoken(const client::Connection& broker) {
  std::vector<Spoken> all;
  for (const auto& [key, range] : broker.versions()) {
    Spoken one{key, fmt::format("(API {})", key), range, {}};
    if (const wire::Api* api = wire::find_api(key)) {
      one.name = api->name;
      if (const auto common = broker.common_version(*api)) one.common = *common;
    }
    all.push_back(std::move(one));
  }
  return all;
}

Json to_json(const client::ClusterInfo& info, const std::map<std::string, std::int16_t>& features,
             const std::vector<Spoken>& apis) {
  Json json{{"cluster", info.id ? Json(*info.id) : Json(nullptr)},
            {"controller", info.controller.value}};
  json["brokers"] = Json::array();
  for (const client::Broker& broker : info.brokers) {
    json["brokers"].push_back({{"broker", broker.id.value},
                               {"host", broker.address.host},
                               {"port", broker.address.port},
                               {"rack", broker.rack ? Json(*broker.rack) : Json(nullptr)},
                               {"fenced", broker.fenced}});
  }
  json["features"] = Json::object();
  for (const auto& [name, level] : features) json["features"][name] = level;
  json["apis"] = Json::array();
  for (const Spoken& api : apis) {
    json["apis"].push_back({{"key", api.key},
                            {"name", api.name},
                            {"first", api.broker.first},
                            {"last", api.broker.last},
                            {"used", api.common ? Json(*api.common) : Json(nullptr)}});
  }
  return json;
}

Table brokers_of(const client::ClusterInfo& info) {
  Table table({{"BROKER", Align::Right}, {"ADDRESS"}, {"RACK"}, {"ROLE"}});
  for (const client::Broker& broker : info.brokers) {
    const std::string role = broker.fenced                  ? "fenced"
                             : broker.id == info.controller ? "controller"
                                                            : "";
    table.add({fmt::format("{}", broker.id.value), to_text(broker.address),
               broker.rack.value_or("-"), role});
  }
  return table;
}

Table apis_of(const std::vector<Spoken>& apis) {
  Table table({{"KEY", Align::Right}, {"API"}, {"VERSIONS"}, {"USED", Align::Right}});
  for (const Spoken& api : apis) {
    table.add({fmt::format("{}", api.key), api.name,
               fmt::format("{} to {}", api.broker.first, api.broker.last),
               api.common ? fmt::format("{}", *api.common) : "-"});
  }
  return table;
}

Outcome<> run(const Options& options) {
  const std::unique_ptr<Session> session = TRY(Session::open(options.cluster));
  const client::ClusterInfo info = TRY(session->wait(client::describe_cluster(session->cluster())));
  const std::map<std::string, std::int16_t>& features = session->cluster().any().features();
  const std::vector<Spoken> apis = spoken(session->cluster().any());
  if (options.cluster.json) {
    print(to_json(info, features, apis));
    return {};
  }
  Facts facts;
  facts.add("Cluster", info.id.value_or("-"));
  facts.add("Controller", info.controller.value < 0
                              ? "none known"
                              : fmt::format("broker {}", info.controller.value));
  std::string levels;
  for (const auto& [name, level] : features) {
    levels += fmt::format("{}{} {}", levels.empty() ? "" : ", ", name, level);
  }
  if (!levels.empty()) facts.add("Features", levels);
  facts.add("APIs", fmt::format("{}{}", apis.size(), options.apis ? "" : ", listed with --apis"));
  print(facts);
  say("\n");
  print(brokers_of(info));
  if (options.apis) {
    say("\n");
    print(apis_of(apis));
  }
  return {};
}

}  // namespace

void add_cluster(Tree& tree) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = tree.command(
      tree.root(),
      {.name = "cluster",
       .summary = "Show a cluster's brokers, controller, features and API versions",
       .examples = {"thalweg cluster -b kafka1:9092", "thalweg cluster --apis"},
       .json =
           R"({"cluster", "controller", "brokers": [{"broker", "host", "port", "rack", "fenced"}],
    "features": {NAME: LEVEL}, "apis": [{"key", "name", "first", "last", "used"}]})"},
      [options] { return run(*options); });
  command.add_flag("--apis", options->apis,
                   "List the APIs that the broker speaks, and which version is used");
  add_cluster_options(command, options->cluster);
}

}  // namespace app
