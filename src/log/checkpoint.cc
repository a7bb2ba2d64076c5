#include "log/checkpoint.h"

#include <fmt/format.h>

#include <charconv>

namespace logs {
namespace {

class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}

  std::optional<std::string_view> next() {
    if (rest_.empty()) return {};
    ++number_;
    const std::size_t end = rest_.find('\n');
    std::string_view line = rest_.substr(0, end);
    rest_ = end == std::string_view::npos ? std::string_view{} : rest_.substr(end + 1);
    // However many there are: what is read and written again must be read as the same.
    while (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }
  std::unexpected<Error> wrong(std::string_view why) const {
    return fail(ErrorCode::KafkaStorageError, fmt::format("line {}: {}", number_, why));
  }

 private:
  std::string_view rest_;
  int number_ = 0;
};

template <class T>
std::optional<T> parse_number(std::string_view digits) {
  T value{};
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), value);
  if (error != std::errc{} || end != digits.end()) return {};
  return value;
}

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> found;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t start = line.find_first_not_of(" \t", at);
    if (start == std::string_view::npos) break;
    const std::size_t end = std::min(line.find_first_of(" \t", start), line.size());
    found.push_back(line.substr(start, end - start));
    at = end;
  }
  return found;
}

// A version, a count, and as many lines; `take` is given the words of each.
template <class Take>
Result<void> parse_counted(std::string_view text, Take take) {
  Lines lines(text);
  const auto version = lines.next();
  if (!version) return fail(ErrorCode::KafkaStorageError, "the file is empty");
  if (*version != "0") return lines.wrong("a version that is not 0");
  const auto count_line = lines.next();
  const auto count = count_line ? parse_number<std::int64_t>(*count_line) : std::nullopt;
  if (!count || *count < 0) return lines.wrong("expected how many entries follow");
  for (std::int64_t i = 0; i < *count; ++i) {
    const auto line = lines.next();
    if (!line) return lines.wrong(fmt::format("expected {} entries, found {}", *count, i));
    if (!take(words(*line))) return lines.wrong(fmt::format("malformed entry \"{}\"", *line));
  }
  if (lines.next()) return lines.wrong("more entries than announced");
  return {};
}

// "key<separator>value" lines; '#' begins a comment.
std::map<std::string, std::string, std::less<>> parse_pairs(std::string_view text, char separator) {
  std::map<std::string, std::string, std::less<>> pairs;
  const auto trim = [](std::string_view part) {
    const std::size_t start = part.find_first_not_of(" \t");
    if (start == std::string_view::npos) return std::string();
    return std::string(part.substr(start, part.find_last_not_of(" \t") - start + 1));
  };
  Lines lines(text);
  while (const auto line = lines.next()) {
    const std::size_t at = line->find(separator);
    if (line->starts_with('#') || at == std::string_view::npos) continue;
    pairs[trim(line->substr(0, at))] = trim(line->substr(at + 1));
  }
  return pairs;
}

std::unexpected<Error> wrong(std::string why) {
  return fail(ErrorCode::KafkaStorageError, std::move(why));
}

}  // namespace

std::string print_offsets(const OffsetCheckpoint& offsets) {
  std::string text = fmt::format("0\n{}\n", offsets.size());
  for (const auto& [partition, offset] : offsets) {
    text +=
        fmt::format("{} {} {}\n", partition.topic.value, partition.partition.value, offset.value);
  }
  return text;
}

Result<OffsetCheckpoint> parse_offsets(std::string_view text) {
  OffsetCheckpoint offsets;
  TRY_VOID(parse_counted(text, [&](const std::vector<std::string_view>& entry) {
    if (entry.size() != 3) return false;
    const auto partition = parse_number<std::int32_t>(entry[1]);
    const auto offset = parse_number<std::int64_t>(entry[2]);
    if (!partition || !offset || *partition < 0 || *offset < 0) return false;
    offsets[{TopicName{std::string(entry[0])}, PartitionIndex{*partition}}] = Offset{*offset};
    return true;
  }));
  return offsets;
}

std::string print_epochs(const std::vector<EpochStart>& epochs) {
  std::string text = fmt::format("0\n{}\n", epochs.size());
  for (const EpochStart& entry : epochs) {
    text += fmt::format("{} {}\n", entry.epoch.value, entry.start.value);
  }
  return text;
}

Result<std::vector<EpochStart>> parse_epochs(std::string_view text) {
  std::vector<EpochStart> epochs;
  TRY_VOID(parse_counted(text, [&](const std::vector<std::string_view>& entry) {
    if (entry.size() != 2) return false;
    const auto epoch = parse_number<std::int32_t>(entry[0]);
    const auto start = parse_number<std::int64_t>(entry[1]);
    if (!epoch || !start || *epoch < 0 || *start < 0) return false;
    epochs.push_back({LeaderEpoch{*epoch}, Offset{*start}});
    return true;
  }));
  return epochs;
}

std::string print_partition_metadata(TopicId topic) {
  return fmt::format("version: 0\ntopic_id: {}", to_text(topic.value));
}

Result<TopicId> parse_partition_metadata(std::string_view text) {
  const auto pairs = parse_pairs(text, ':');
  const auto version = pairs.find("version");
  const auto topic = pairs.find("topic_id");
  if (version == pairs.end() || topic == pairs.end())
    return wrong("version or topic_id is missing");
  if (version->second != "0") return wrong("version " + version->second + " is not known");
  const auto id = parse_uuid(topic->second);
  if (!id || id->is_zero()) return wrong("topic_id \"" + topic->second + "\" is no topic id");
  return TopicId{*id};
}

std::string print_clean_shutdown(std::int64_t broker_epoch) {
  return fmt::format("{{\"version\":0,\"brokerEpoch\":{}}}", broker_epoch);
}

std::string print_meta_properties(const MetaProperties& meta) {
  std::string text =
      fmt::format("#\nversion=1\ncluster.id={}\nnode.id={}\n", meta.cluster_id, meta.node_id.value);
  if (meta.directory_id)
    text += fmt::format("directory.id={}\n", to_text(meta.directory_id->value));
  return text;
}

Result<MetaProperties> parse_meta_properties(std::string_view text) {
  const auto pairs = parse_pairs(text, '=');
  const auto get = [&](std::string_view key) {
    const auto found = pairs.find(key);
    return found == pairs.end() ? std::string() : found->second;
  };
  if (get("version") != "1") return wrong("version \"" + get("version") + "\" is not 1");
  MetaProperties meta{.cluster_id = get("cluster.id"), .node_id = {}, .directory_id = {}};
  if (meta.cluster_id.empty()) return wrong("cluster.id is missing");
  const auto node = parse_number<std::int32_t>(get("node.id"));
  if (!node || *node < 0) return wrong("node.id \"" + get("node.id") + "\" is no node id");
  meta.node_id = BrokerId{*node};
  if (const std::string directory = get("directory.id"); !directory.empty()) {
    const auto id = parse_uuid(directory);
    if (!id) return wrong("directory.id \"" + directory + "\" is no id");
    meta.directory_id = DirectoryId{*id};
  }
  return meta;
}

}  // namespace logs
