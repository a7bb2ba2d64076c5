// What a member of a consumer group says it subscribes to. The coordinator has no part in it beyond
// telling which topics a group is about.
#pragma once
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"

namespace group {

// The topics of a subscription of any version: later versions only add fields behind these.
Result<std::vector<TopicName>> read_subscribed_topics(Bytes metadata);

}  // namespace group
