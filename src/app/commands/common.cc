#include "app/commands/common.h"

#include <fmt/format.h>

#include <algorithm>

namespace app {

void add_cluster_options(CLI::App& command, ClusterOptions& options, bool json) {
  command
      .add_option("-b,--bootstrap", options.bootstrap,
                  "A broker of the cluster; several with commas between")
      ->type_name("HOST:PORT")
      ->capture_default_str()
      ->group(kClusterGroup);
  command.add_option("--timeout", options.timeout, "How long to wait for one answer")
      ->type_name("TIME")
      ->capture_default_str()
      ->group(kClusterGroup);
  if (json) command.add_flag("--json", options.json, "Print JSON for machines instead of a table");
}

void print(const Table& table) { write_text(stdout, table.text(is_styled(stdout))); }
void print(const Facts& facts) { write_text(stdout, facts.text(is_styled(stdout))); }
void print(const Json& json) {
  say("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
}

std::string shown_size(std::int64_t bytes, bool exact) {
  return exact ? fmt::format("{}", bytes) : human_size(bytes);
}

std::string joined(const std::vector<BrokerId>& ids) {
  std::string text;
  for (const BrokerId id : ids) text += fmt::format("{}{}", text.empty() ? "" : ", ", id.value);
  return text.empty() ? "-" : text;
}

Outcome<std::vector<Setting>> parse_settings(const std::vector<std::string>& texts,
                                             std::string_view option) {
  std::vector<Setting> settings;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return usage_error(fmt::format("{} '{}' needs a name and a value: NAME=VALUE", option, text));
    }
    settings.push_back({text.substr(0, equals), text.substr(equals + 1)});
  }
  return settings;
}

std::vector<std::string> durability_warnings(std::size_t replication_factor,
                                             std::span<const client::ConfigEntry> configs) {
  const auto value_of = [&](std::string_view name) -> std::string_view {
    const auto found = std::ranges::find(configs, name, &client::ConfigEntry::name);
    return found == configs.end() || !found->value ? std::string_view() : *found->value;
  };
  std::vector<std::string> warnings;
  if (replication_factor >= 3 && value_of("min.insync.replicas") == "1") {
    warnings.emplace_back(
        "min.insync.replicas=1: with acks=all one replica may be all that has a record; if its "
        "disk is lost, so "
        "is the record. Set it to 2.");
  }
  if (value_of("unclean.leader.election.enable") == "true") {
    warnings.emplace_back(
        "unclean.leader.election.enable=true: a replica that lags may become leader and drop "
        "acknowledged "
        "records. Set it to false.");
  }
  const std::string_view retention = value_of("delete.retention.ms");
  if (value_of("cleanup.policy").find("compact") != std::string_view::npos && retention == "0") {
    warnings.emplace_back(
        "delete.retention.ms=0: a consumer that is behind may miss deletions. Give it at least an "
        "hour.");
  }
  return warnings;
}

void warn(const std::vector<std::string>& warnings) {
  const bool styled = is_styled(stderr);
  for (const std::string& warning : warnings) {
    note("{}warning:{} {}\n", styled ? "\033[1;33m" : "", styled ? "\033[0m" : "", warning);
  }
}

Tree all_commands() {
  Tree tree;
  tree.root().description(
      "Thalweg: event streaming in one program that speaks the Apache Kafka protocol.\n"
      "Commands other than serve work against any Kafka cluster.");
  tree.root().footer(
      "Try:\n"
      "  thalweg serve --data ./data\n"
      "  thalweg topic create orders --partitions 3\n"
      "  echo 'hello' | thalweg produce orders\n"
      "  thalweg consume orders\n\n"
      "Exit codes: 0 done, 1 the cluster said no, 2 the command line makes no sense.");
  add_serve(tree);
  add_topic(tree);
  add_produce(tree);
  add_consume(tree);
  add_group(tree);
  add_txn(tree);
  add_config(tree);
  add_cluster(tree);
  add_log(tree);
  add_bench(tree);
  add_completion(tree);
  add_docs(tree);
  add_version(tree);
  return tree;
}

}  // namespace app
