// What the files of commands share: options that mean the same everywhere, and ways of printing.
#pragma once
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "app/commands/commands.h"
#include "app/human.h"
#include "app/output.h"
#include "app/session.h"
#include "app/table.h"
#include "app/terminal.h"
#include "client/configs.h"
#include "client/topics.h"

namespace app {

using Json = nlohmann::ordered_json;

// Adds -b, --timeout and --json, which write into `options`.
void add_cluster_options(CLI::App& command, ClusterOptions& options, bool json = true);

void print(const Table& table);
void print(const Facts& facts);
void print(const Json& json);

// "1.2 MiB", or the plain number where bytes are asked for.
std::string shown_size(std::int64_t bytes, bool exact);

// "1, 2, 3".
std::string joined(const std::vector<BrokerId>& ids);

// NAME=VALUE of --config and --header. The error says which one lacks its '='.
struct Setting {
  std::string name;
  std::string value;
};
Outcome<std::vector<Setting>> parse_settings(const std::vector<std::string>& texts,
                                             std::string_view option);

// What could lose records of this topic, one sentence each.
std::vector<std::string> durability_warnings(std::size_t replication_factor,
                                             std::span<const client::ConfigEntry> configs);

// Shows `warnings` on standard error.
void warn(const std::vector<std::string>& warnings);

}  // namespace app
