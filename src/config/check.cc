// What may be set at run time, for a topic or for a broker.
#include <fmt/format.h>

#include "config/layers.h"
#include "config/log_options.h"
#include "config/replication_options.h"

namespace config {
namespace {

// Values that are fine one by one and not together.
Result<void> check_together(const Layers& layers) {
  const auto least = std::get<std::int64_t>(value_of(log_cleaner_min_compaction_lag_ms, layers));
  const auto most = std::get<std::int64_t>(value_of(log_cleaner_max_compaction_lag_ms, layers));
  if (least > most) {
    return fail(ErrorCode::InvalidConfig,
                fmt::format("min.compaction.lag.ms ({}) must not be more than "
                            "max.compaction.lag.ms ({})",
                            least, most));
  }
  if (std::get<bool>(value_of(remote_storage_enable, layers))) {
    return fail(ErrorCode::InvalidConfig,
                "remote.storage.enable must be false: this broker has no object store");
  }
  return {};
}

}  // namespace

Result<void> check_topic(const Pairs& topic, const Layers& below) {
  for (const auto& [name, text] : topic) {
    const Option* option = find_topic_option(name);
    if (!option) return fail(unknown_topic_option(name));
    TRY(parse(*option, name, text));
  }
  Layers layers = below;
  layers.topic = &topic;
  return check_together(layers);
}

Result<void> check_dynamic_broker(const Pairs& settings) {
  // Kafka answers InvalidRequest here, and InvalidConfig for topics; clients know both so.
  for (const auto& [name, text] : settings) {
    const Option* option = find_broker_option(name);
    if (!option) return fail(ErrorCode::InvalidRequest, unknown_broker_option(name).detail);
    if (option->reload == Reload::Restart) {
      return fail(ErrorCode::InvalidRequest,
                  fmt::format("{} is read only when the broker starts: set it in the config file "
                              "and restart",
                              name));
    }
    if (option->name != name) {
      return fail(ErrorCode::InvalidRequest,
                  fmt::format("{} cannot be altered at run time, {} can", name, option->name));
    }
    const Result<Value> value = parse(*option, name, text);
    if (!value) return fail(ErrorCode::InvalidRequest, value.error().detail);
  }
  Layers layers;
  layers.broker = &settings;
  const Result<void> together = check_together(layers);
  if (!together) return fail(ErrorCode::InvalidRequest, together.error().detail);
  return {};
}

}  // namespace config
