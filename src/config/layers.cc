#include "config/layers.h"

#include <fmt/format.h>

namespace config {
namespace {

// Adds what `pairs` has under `name`, if this version understands it.
void add(std::vector<Setting>& found, const Option& option, std::string_view name,
         const Pairs* pairs, Source source) {
  if (!pairs || name.empty()) return;
  const auto at = pairs->find(name);
  if (at == pairs->end() || !parse(option, name, at->second)) return;
  found.push_back({at->first, at->second, source});
}

// A topic may set an option whose broker-wide twin has another name.
std::string_view own_name(const Option& option, bool of_topic) {
  return of_topic ? option.topic_name : option.shown_name();
}

std::vector<Setting> settings(const Option& option, const Layers& layers, bool of_topic) {
  std::vector<Setting> found;
  if (of_topic) add(found, option, option.topic_name, layers.topic, Source::Topic);
  add(found, option, option.name, layers.broker, Source::DynamicBroker);
  add(found, option, option.name, layers.default_broker, Source::DynamicDefaultBroker);
  add(found, option, option.name, layers.fixed, Source::Static);
  for (const Synonym& synonym : option.synonyms) {
    add(found, option, synonym.name, layers.fixed, Source::Static);
  }
  const std::string_view name = option.name.empty() ? option.topic_name : option.name;
  found.push_back({std::string(name), std::string(option.fallback), Source::Default});
  return found;
}

Described describe(const Option& option, const Layers& layers, bool of_topic) {
  Described entry{
      .name = std::string(own_name(option, of_topic)),
      .value = {},
      .read_only = !of_topic && option.reload == Reload::Restart,
      .sensitive = option.type == Type::Password,
      .type = option.type,
      .doc = std::string(option.doc),
      .synonyms = settings(option, layers, of_topic),
  };
  const Setting& winner = entry.synonyms.front();
  entry.source = winner.source;
  if (!entry.sensitive) entry.value = plain_value(option, winner);
  return entry;
}

bool wanted(std::string_view name, const std::optional<std::vector<std::string>>& names) {
  if (name.empty()) return false;
  if (!names || names->empty()) return true;  // As Kafka has it, an empty list names all.
  for (const std::string& one : *names) {
    if (one == name) return true;
  }
  return false;
}

std::vector<Described> describe_all(const Layers& layers,
                                    const std::optional<std::vector<std::string>>& names,
                                    bool of_topic) {
  std::vector<Described> entries;
  for (const Option* option : all()) {
    const std::string_view name = of_topic ? option->topic_name : option->name;
    if (wanted(name, names)) entries.push_back(describe(*option, layers, of_topic));
  }
  return entries;
}

}  // namespace

std::string plain_value(const Option& option, const Setting& setting) {
  const Result<Value> value = parse(option, setting.name, setting.value);
  // A synonym may count hours where the option counts milliseconds.
  if (value && std::holds_alternative<std::int64_t>(*value)) {
    return std::to_string(std::get<std::int64_t>(*value));
  }
  return setting.value;
}

std::vector<Setting> settings_of_topic(const Option& option, const Layers& layers) {
  return settings(option, layers, true);
}
std::vector<Setting> settings_of_broker(const Option& option, const Layers& layers) {
  return settings(option, layers, false);
}

Value value_of(const Option& option, const Layers& layers) {
  const Setting winner = settings(option, layers, layers.topic != nullptr).front();
  Result<Value> value = parse(option, winner.name, winner.value);
  check(value.has_value(), "an option's own default cannot be read");
  return *std::move(value);
}

std::vector<Described> describe_topic(const Layers& layers,
                                      const std::optional<std::vector<std::string>>& names) {
  return describe_all(layers, names, true);
}
std::vector<Described> describe_broker(const Layers& layers,
                                       const std::optional<std::vector<std::string>>& names) {
  return describe_all(layers, names, false);
}

}  // namespace config
