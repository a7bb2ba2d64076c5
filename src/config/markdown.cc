// docs/configuration.md, made of the declarations.
#include <fmt/format.h>

#include "config/file.h"
#include "config/group_options.h"
#include "config/log_options.h"
#include "config/metadata_options.h"
#include "config/network_options.h"
#include "config/replication_options.h"
#include "config/transaction_options.h"

namespace config {
namespace {

constexpr std::string_view kHead = R"(# Configuration

<!-- Made by `thalweg docs configuration` from src/config/*_options.h. Do not edit. -->

A node reads its options from a file, `thalweg serve --config FILE`, and from `--set KEY=VALUE` on
the command line, which wins. The file is TOML, or Kafka's `server.properties` where its name ends in
`.properties`. An option carries Kafka's name where Kafka has the option.

    log.retention.hours = 48
    log.segment.bytes = "256MiB"
    thalweg.durability = "disk"

Numbers of bytes may have a unit: `B`, `kB`, `MB`, `GB`, `TB` (thousands) or `KiB`, `MiB`, `GiB`, `TiB`
(1024s); numbers of milliseconds `ms`, `s`, `m`, `h` or `d`.

*Topic* says under which name a topic may override the option (`thalweg topic create --config`, or any
Kafka client). *Live* options may be altered while the node runs (`thalweg config alter`, or any Kafka
client); the others hold from the next start.
)";

std::string type_name(const Option& option) {
  switch (option.type) {
    case Type::Bool:
      return "true or false";
    case Type::Double:
      return fmt::format("{} to {}", option.least_ratio, option.most_ratio);
    case Type::List:
      return "list";
    case Type::Password:
      return "secret text";
    case Type::String:
      return "text";
    case Type::Int:
    case Type::Short:
    case Type::Long:
      break;
  }
  if (option.unit == Unit::Bytes) return "bytes";
  return option.unit == Unit::Millis ? "milliseconds" : "number";
}

std::string values(const Option& option) {
  std::string text = type_name(option);
  std::string choices;
  for (const std::string_view choice : option.choices) {
    if (!choice.empty()) choices += fmt::format("{}`{}`", choices.empty() ? "" : ", ", choice);
  }
  if (!choices.empty()) {
    return option.type == Type::List ? text + " of " + choices : choices;
  }
  const bool whole =
      option.type == Type::Int || option.type == Type::Short || option.type == Type::Long;
  if (!whole) return text;
  if (option.most >= kMostInt) return fmt::format("{}, at least {}", text, option.least);
  return fmt::format("{}, {} to {}", text, option.least, option.most);
}

std::string fallback(const Option& option) {
  if (option.fallback.empty()) return "not set";
  if (option.fallback == kForEver) return "no limit";
  return fmt::format("`{}`", option.fallback);
}

std::string entry(const Option& option) {
  std::string text = fmt::format("\n### `{}`\n\n{}\n\n", option.shown_name(), option.doc);
  text += fmt::format("- {}; default {}\n", values(option), fallback(option));
  if (option.name.empty()) {
    text += "- for topics only\n";
  } else if (!option.topic_name.empty()) {
    text += fmt::format("- topic: `{}`\n", option.topic_name);
  }
  for (const Synonym& synonym : option.synonyms) {
    if (synonym.name.empty()) continue;
    text += fmt::format("- also `{}`", synonym.name);
    if (synonym.scale == kMsPerHour) text += ", in hours";
    if (synonym.scale == kMsPerMinute) text += ", in minutes";
    text += '\n';
  }
  if (option.reload == Reload::Live) text += "- live\n";
  return text;
}

template <std::size_t Size>
std::string section(std::string_view title, const std::array<const Option*, Size>& options) {
  std::string text = fmt::format("\n## {}\n", title);
  for (const Option* option : options) text += entry(*option);
  return text;
}

}  // namespace

std::string markdown() {
  return std::string(kHead) + section("The node and its connections", kNetworkOptions) +
         section("Logs", kLogOptions) + section("Replicas and old segments", kReplicationOptions) +
         section("Topics and metadata", kMetadataOptions) +
         section("Groups and producers", kGroupOptions) +
         section("Transactions", kTransactionOptions);
}

}  // namespace config
