// Regular expressions that consumers subscribe by, in the syntax of RE2, as Kafka has them.
// An expression is bounded in its length, its instructions and its memory, and matching takes time
// in the instructions times the length of the name at most: none can explode.
#pragma once
#include <memory>
#include <string>

#include "base/ids.h"
#include "base/result.h"

namespace re2 {
class RE2;
}

namespace group {

class TopicRegex {
 public:
  // Errors: InvalidRegularExpression.
  static Result<TopicRegex> compile(const std::string& text);
  // The whole of the name has to match.
  bool matches(const TopicName& topic) const;

 private:
  std::shared_ptr<const re2::RE2> compiled_;
};

}  // namespace group
