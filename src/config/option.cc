#include "config/option.h"

#include <fmt/format.h>

#include "base/similar.h"
#include "config/group_options.h"
#include "config/log_options.h"
#include "config/metadata_options.h"
#include "config/network_options.h"
#include "config/replication_options.h"
#include "config/transaction_options.h"

namespace config {
namespace {

template <std::size_t... Sizes>
constexpr auto join(const std::array<const Option*, Sizes>&... parts) {
  std::array<const Option*, (Sizes + ...)> joined{};
  std::size_t at = 0;
  (..., [&] {
    for (const Option* option : parts) joined[at++] = option;
  }());
  return joined;
}

constexpr auto kAll = join(kNetworkOptions, kLogOptions, kReplicationOptions, kMetadataOptions,
                           kGroupOptions, kTransactionOptions);

bool is_broker_name(const Option& option, std::string_view name) {
  if (option.name == name) return true;
  for (const Synonym& synonym : option.synonyms) {
    if (!synonym.name.empty() && synonym.name == name) return true;
  }
  return false;
}

Error unknown(std::string_view name, std::span<const std::string> known) {
  std::string sentence = fmt::format("unknown option {}", name);
  if (const auto meant = most_similar(name, known)) {
    sentence += fmt::format("; did you mean {}?", *meant);
  }
  return Error{ErrorCode::InvalidConfig, std::move(sentence)};
}

}  // namespace

std::span<const Option* const> all() { return kAll; }

const Option* find_broker_option(std::string_view name) {
  if (name.empty()) return nullptr;
  for (const Option* option : kAll) {
    if (is_broker_name(*option, name)) return option;
  }
  return nullptr;
}

const Option* find_topic_option(std::string_view name) {
  if (name.empty()) return nullptr;
  for (const Option* option : kAll) {
    if (option->topic_name == name) return option;
  }
  return nullptr;
}

Error unknown_broker_option(std::string_view name) {
  std::vector<std::string> known;
  for (const Option* option : kAll) {
    if (!option->name.empty()) known.emplace_back(option->name);
    for (const Synonym& synonym : option->synonyms) {
      if (!synonym.name.empty()) known.emplace_back(synonym.name);
    }
  }
  return unknown(name, known);
}

Error unknown_topic_option(std::string_view name) {
  std::vector<std::string> known;
  for (const Option* option : kAll) {
    if (!option->topic_name.empty()) known.emplace_back(option->topic_name);
  }
  return unknown(name, known);
}

}  // namespace config
