#include "group/subscription.h"

namespace group {
namespace {

// Reads what it can, and remembers that it could not.
class Scanner {
 public:
  explicit Scanner(Bytes rest) : rest_(rest) {}

  template <class T>
  T take() {
    const Bytes bytes = take(sizeof(T));
    return ok_ ? load_big<T>(bytes.data()) : T{};
  }
  Bytes take(std::size_t size) {
    if (size > rest_.size()) ok_ = false;
    if (!ok_) return {};
    const Bytes bytes = rest_.first(size);
    rest_ = rest_.subspan(size);
    return bytes;
  }
  bool ok() const { return ok_; }

 private:
  Bytes rest_;
  bool ok_ = true;
};

}  // namespace

Result<std::vector<TopicName>> read_subscribed_topics(Bytes metadata) {
  Scanner in(metadata);
  const auto version = in.take<std::int16_t>();
  const auto count = in.take<std::int32_t>();
  std::vector<TopicName> topics;
  for (std::int32_t i = 0; i < count && in.ok(); ++i) {
    const auto size = in.take<std::int16_t>();
    if (size < 0) return fail(ErrorCode::InvalidRequest, "a subscription with a negative length");
    topics.emplace_back(std::string(as_text(in.take(static_cast<std::size_t>(size)))));
  }
  if (!in.ok() || version < 0 || count < 0) {
    return fail(ErrorCode::InvalidRequest, "malformed subscription");
  }
  return topics;
}

}  // namespace group
