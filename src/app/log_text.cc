#include "app/log_text.h"

#include <fmt/format.h>

#include "app/encoding.h"
#include "app/table.h"
#include "cluster/record.h"
#include "txn/marker.h"

namespace app {

namespace {

std::string ids(const std::vector<BrokerId>& brokers) {
  std::string text;
  for (const BrokerId id : brokers) text += fmt::format("{}{}", text.empty() ? "" : " ", id.value);
  return "[" + text + "]";
}

std::string details(const wire::TopicRecord& record) {
  return fmt::format("{}, id {}", record.name.value, to_text(record.topic_id.value));
}
std::string details(const wire::PartitionRecord& record) {
  return fmt::format("{} of {}, leader {} epoch {}, replicas {}, isr {}", record.partition_id.value,
                     to_text(record.topic_id.value), record.leader.value, record.leader_epoch.value,
                     ids(record.replicas), ids(record.isr));
}
std::string details(const wire::ConfigRecord& record) {
  return fmt::format("{} '{}': {} = {}", record.resource_type == 2 ? "topic" : "resource",
                     record.resource_name, record.name, record.value.value_or("(default)"));
}
std::string details(const wire::FeatureLevelRecord& record) {
  return fmt::format("{} = {}", record.name, record.feature_level);
}
std::string details(const wire::RemoveTopicRecord& record) {
  return fmt::format("id {}", to_text(record.topic_id.value));
}
std::string details(const auto&) { return {}; }

}  // namespace

std::string flags_of(const wire::BatchHeader& header) {
  std::string flags;
  const auto add = [&](bool set, std::string_view name) {
    if (set) flags += fmt::format("{}{}", flags.empty() ? "" : " ", name);
  };
  add(header.transactional, "txn");
  add(header.control, "control");
  add(header.timestamp_type == wire::TimestampType::LogAppendTime, "log-append-time");
  add(header.has_delete_horizon, "delete-horizon");
  return flags;
}

std::optional<std::string> marker_of(const wire::BatchHeader& header, Bytes batch,
                                     wire::BatchScratch& scratch) {
  if (!header.control || !header.has_producer()) return {};
  const auto marker = txn::read_marker(header, batch, scratch);
  if (!marker) return "unreadable: " + marker.error().detail;
  if (!*marker) return {};
  return fmt::format("{}, coordinator epoch {}",
                     (*marker)->outcome == txn::Outcome::Commit ? "COMMIT" : "ABORT",
                     (*marker)->coordinator_epoch);
}

std::string producer_of(const wire::BatchHeader& header) {
  if (!header.has_producer()) return "-";
  std::string who = fmt::format("{}/{}", header.producer_id.value, header.producer_epoch.value);
  if (header.base_sequence < 0) return who;
  return fmt::format("{} seq {}-{}", who, header.base_sequence, header.last_sequence());
}

std::string brief(const std::optional<Bytes>& bytes, std::size_t most) {
  if (!bytes) return "-";
  // Cutting first keeps a large value cheap; half a character at the end makes no difference.
  const Bytes head = bytes->first(std::min(bytes->size(), most));
  const bool cut = head.size() < bytes->size();
  const bool text = is_utf8(as_text(*bytes));
  std::string shown = text ? std::string(as_text(head)) : to_hex(head).substr(0, most);
  while (text && cut && !is_utf8(shown)) shown.pop_back();
  return printable(std::move(shown)) + (cut ? fmt::format("... ({} bytes)", bytes->size()) : "");
}

std::string metadata_text(Bytes value) {
  const auto record = cluster::decode(value);
  if (!record) return fmt::format("unreadable: {}", record.error().detail);
  return std::visit(
      [](const auto& one) {
        const std::string more = details(one);
        const std::string_view name = std::decay_t<decltype(one)>::schema.name;
        return more.empty() ? std::string(name) : fmt::format("{} {}", name, more);
      },
      *record);
}

}  // namespace app
