#include "config/group_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/similar.h"
#include "config/group_options.h"

namespace config {
namespace {

constexpr Option kShareReset{
    .name = "",
    .type = Type::String,
    .fallback = "latest",
    .doc =
        "Where a share group begins with a partition that it has never read: latest, earliest, or "
        "by_duration:PnDTnHnMn.nS for what is this old.",
};
constexpr Option kShareIsolation{
    .name = "",
    .type = Type::String,
    .fallback = "read_uncommitted",
    .choices = {"read_committed", "read_uncommitted"},
    .doc = "read_committed has a share group wait for transactions to end before it reads them.",
};

struct Own {
  std::string_view name;
  const Option& option;
};
constexpr std::array kOwn{
    Own{"consumer.session.timeout.ms", group_consumer_session_timeout_ms},
    Own{"consumer.heartbeat.interval.ms", group_consumer_heartbeat_interval_ms},
    Own{"share.session.timeout.ms", group_share_session_timeout_ms},
    Own{"share.heartbeat.interval.ms", group_share_heartbeat_interval_ms},
    Own{"share.record.lock.duration.ms", group_share_record_lock_duration_ms},
    Own{"share.auto.offset.reset", kShareReset},
    Own{"share.isolation.level", kShareIsolation},
};

const Own* find(std::string_view name) {
  const auto at = std::ranges::find(kOwn, name, &Own::name);
  return at == kOwn.end() ? nullptr : &*at;
}

Error unknown(std::string_view name) {
  std::vector<std::string> known;
  for (const Own& own : kOwn) known.emplace_back(own.name);
  std::string sentence = fmt::format("unknown option {} of a group", name);
  if (const auto meant = most_similar(name, known)) {
    sentence += fmt::format("; did you mean {}?", *meant);
  }
  return {ErrorCode::InvalidConfig, std::move(sentence)};
}

std::optional<std::string_view> text_of(const Pairs& group, std::string_view name) {
  const auto at = group.find(name);
  if (at == group.end()) return {};
  return at->second;
}

Millis millis(const Pairs& group, std::string_view name, const Option& option, Millis otherwise) {
  const auto text = text_of(group, name);
  if (!text) return otherwise;
  const Result<Value> value = parse(option, name, *text);
  return value ? Millis(std::get<std::int64_t>(*value)) : otherwise;
}

// --- "P1DT2H3M4.5S", as ISO 8601 and Java write durations ---

// Takes a number with its unit off the front: none where `text` does not begin so. The most that a
// number may be keeps all sums in range.
std::optional<std::int64_t> take(std::string_view& text, char unit, std::int64_t millis_each) {
  constexpr std::int64_t kMost = 100'000'000;
  std::size_t at = 0;
  std::int64_t number = 0;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
    number = std::min(kMost, number * 10 + (text[at++] - '0'));
  }
  std::int64_t millis = number * millis_each;
  if (at == 0) return {};
  if (unit == 'S' && at < text.size() && text[at] == '.') {
    std::int64_t scale = 100;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10) {
      millis += (text[at] - '0') * scale;
    }
  }
  if (at >= text.size() || text[at] != unit) return {};
  text.remove_prefix(at + 1);
  return millis;
}

std::optional<Millis> parse_duration(std::string_view text) {
  if (!text.starts_with('P')) return {};
  text.remove_prefix(1);
  std::int64_t total = 0;
  bool any = false;
  const auto add = [&](char unit, std::int64_t each) {
    const auto taken = take(text, unit, each);
    if (taken) total += *taken;
    any = any || taken;
  };
  add('D', 86'400'000);
  if (text.starts_with('T')) {
    text.remove_prefix(1);
    any = false;
    add('H', 3'600'000);
    add('M', 60'000);
    add('S', 1'000);
  }
  if (!any || !text.empty()) return {};
  return Millis(total);
}

struct Bounds {
  Millis least;
  Millis most;
};
std::optional<Bounds> bounds_of(const Option& option, const BrokerOptions& broker) {
  if (&option == &group_consumer_session_timeout_ms) {
    return Bounds{broker.min_consumer_session_timeout, broker.max_consumer_session_timeout};
  }
  if (&option == &group_consumer_heartbeat_interval_ms) {
    return Bounds{broker.min_consumer_heartbeat_interval, broker.max_consumer_heartbeat_interval};
  }
  if (&option == &group_share_session_timeout_ms) {
    return Bounds{broker.min_share_session_timeout, broker.max_share_session_timeout};
  }
  if (&option == &group_share_heartbeat_interval_ms) {
    return Bounds{broker.min_share_heartbeat_interval, broker.max_share_heartbeat_interval};
  }
  if (&option == &group_share_record_lock_duration_ms) {
    return Bounds{broker.min_share_record_lock, broker.max_share_record_lock};
  }
  return {};
}

Result<void> check_one(const Own& own, const std::string& text, const BrokerOptions& broker) {
  if (&own.option == &kShareReset) {
    TRY(parse_offset_reset(text));
    return {};
  }
  const Value value = TRY(parse(own.option, own.name, text));
  const auto bounds = bounds_of(own.option, broker);
  if (!bounds) return {};
  const Millis millis(std::get<std::int64_t>(value));
  if (millis >= bounds->least && millis <= bounds->most) return {};
  return fail(ErrorCode::InvalidConfig,
              fmt::format("{} must be {} to {} on this broker, got {}", own.name,
                          bounds->least.count(), bounds->most.count(), millis.count()));
}

// Values that are fine one by one and not together.
Result<void> check_together(const Pairs& group, const BrokerOptions& broker) {
  const Millis session = millis(group, "consumer.session.timeout.ms",
                                group_consumer_session_timeout_ms, broker.consumer_session_timeout);
  const Millis interval =
      millis(group, "consumer.heartbeat.interval.ms", group_consumer_heartbeat_interval_ms,
             broker.consumer_heartbeat_interval);
  const bool is_named = group.contains("consumer.session.timeout.ms") ||
                        group.contains("consumer.heartbeat.interval.ms");
  if (!is_named || session > interval) return {};
  return fail(ErrorCode::InvalidConfig,
              fmt::format("consumer.session.timeout.ms ({}) must be more than "
                          "consumer.heartbeat.interval.ms ({})",
                          session.count(), interval.count()));
}

}  // namespace

Result<OffsetReset> parse_offset_reset(std::string_view text) {
  constexpr std::string_view kByDuration = "by_duration:";
  if (text == "latest") return OffsetReset{OffsetReset::To::Latest, {}};
  if (text == "earliest") return OffsetReset{OffsetReset::To::Earliest, {}};
  if (text.starts_with(kByDuration)) {
    const auto duration = parse_duration(text.substr(kByDuration.size()));
    if (duration) return OffsetReset{OffsetReset::To::ByDuration, *duration};
  }
  return fail(ErrorCode::InvalidConfig,
              fmt::format("share.auto.offset.reset must be latest, earliest or "
                          "by_duration:PnDTnHnMn.nS, got '{}'",
                          text));
}

GroupSettings group_settings(const Pairs& group, const BrokerOptions& broker) {
  GroupSettings settings;
  settings.share_session_timeout =
      millis(group, "share.session.timeout.ms", group_share_session_timeout_ms,
             broker.share_session_timeout);
  settings.share_heartbeat_interval =
      millis(group, "share.heartbeat.interval.ms", group_share_heartbeat_interval_ms,
             broker.share_heartbeat_interval);
  settings.share_record_lock =
      millis(group, "share.record.lock.duration.ms", group_share_record_lock_duration_ms,
             broker.share_record_lock);
  const auto reset = text_of(group, "share.auto.offset.reset");
  if (reset) settings.share_reset = parse_offset_reset(*reset).value_or(OffsetReset{});
  settings.share_read_committed = text_of(group, "share.isolation.level") == "read_committed";
  return settings;
}

Result<void> check_group(const Pairs& group, const BrokerOptions& broker) {
  for (const auto& [name, text] : group) {
    const Own* own = find(name);
    if (!own) return fail(unknown(name));
    TRY_VOID(check_one(*own, text, broker));
  }
  return check_together(group, broker);
}

std::vector<Described> describe_group(const Pairs& group, const Layers& broker,
                                      const std::optional<std::vector<std::string>>& names) {
  std::vector<Described> all;
  for (const Own& own : kOwn) {
    const bool wanted = !names || names->empty() ||
                        std::ranges::find(*names, std::string(own.name)) != names->end();
    if (!wanted) continue;
    Described entry{.name = std::string(own.name),
                    .value = {},
                    .type = own.option.type,
                    .doc = std::string(own.option.doc),
                    .synonyms = {}};
    if (const auto text = text_of(group, own.name)) {
      entry.synonyms.push_back({entry.name, std::string(*text), Source::Group});
    }
    for (Setting& setting : settings_of_broker(own.option, broker)) {
      if (setting.name.empty()) setting.name = entry.name;
      entry.synonyms.push_back(std::move(setting));
    }
    entry.value = entry.synonyms.front().value;
    entry.source = entry.synonyms.front().source;
    all.push_back(std::move(entry));
  }
  return all;
}

}  // namespace config
