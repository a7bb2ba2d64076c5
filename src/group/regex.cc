#include "group/regex.h"

#include <re2/re2.h>

namespace group {
namespace {

constexpr std::size_t kLongest = 10'000;       // Characters of an expression.
constexpr int kMostInstructions = 4'096;       // Of the program that it becomes.
constexpr std::int64_t kMostMemory = 1 << 20;  // Of its automata: ample for what people write.

}  // namespace

Result<TopicRegex> TopicRegex::compile(const std::string& text) {
  if (text.size() > kLongest) {
    return fail(ErrorCode::InvalidRegularExpression, "the regular expression is longer than " +
                                                         std::to_string(kLongest) +
                                                         " characters: subscribe by a shorter one");
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMostMemory);
  options.set_never_capture(true);  // Whether a name matches is all that is asked.
  auto compiled = std::make_shared<const re2::RE2>(text, options);
  if (!compiled->ok()) {
    return fail(ErrorCode::InvalidRegularExpression,
                "the regular expression is not one of RE2's syntax: " + compiled->error());
  }
  if (compiled->ProgramSize() > kMostInstructions) {
    return fail(ErrorCode::InvalidRegularExpression,
                "the regular expression is too large: repeat less in it, or name the topics");
  }
  TopicRegex regex;
  regex.compiled_ = std::move(compiled);
  return regex;
}

bool TopicRegex::matches(const TopicName& topic) const {
  return re2::RE2::FullMatch(topic.value, *compiled_);
}

}  // namespace group
