#include "cluster/names.h"

#include <fmt/format.h>

#include <algorithm>

namespace cluster {
namespace {

constexpr std::size_t kLongestName = 249;  // With "-PARTITION" behind it, a folder's name.

bool is_legal(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

}  // namespace

bool is_internal(const TopicName& topic) {
  return topic == kOffsetsTopic || topic == kTransactionsTopic || topic == kShareStateTopic ||
         topic == kMetadataTopic;
}

Result<void> check_topic_name(const TopicName& topic) {
  const std::string& name = topic.value;
  const auto wrong = [](std::string sentence) {
    return fail(ErrorCode::InvalidTopicException, std::move(sentence));
  };
  if (name.empty()) return wrong("a topic needs a name");
  if (name == "." || name == "..") return wrong(fmt::format("a topic cannot be named '{}'", name));
  if (name.size() > kLongestName) {
    return wrong(fmt::format("a topic's name has at most {} characters, this one has {}",
                             kLongestName, name.size()));
  }
  if (!std::ranges::all_of(name, is_legal)) {
    return wrong("a topic's name is made of a-z A-Z 0-9 . _ and -");
  }
  return {};
}

}  // namespace cluster
