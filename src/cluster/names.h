// What topics may be called, and which of them are the broker's own.
#pragma once
#include "base/ids.h"
#include "base/result.h"

namespace cluster {

inline const TopicName kOffsetsTopic{"__consumer_offsets"};  // Keeps groups.
inline const TopicName kTransactionsTopic{"__transaction_state"};
inline const TopicName kShareStateTopic{"__share_group_state"};  // What share groups have done.
inline const TopicName kMetadataTopic{"__cluster_metadata"};     // A log without a topic.

// Internal topics are the broker's own: clients may read them, but not make or delete them.
bool is_internal(const TopicName& topic);

// 1 to 249 of a-z A-Z 0-9 . _ - and neither "." nor "..".
Result<void> check_topic_name(const TopicName& topic);

}  // namespace cluster
