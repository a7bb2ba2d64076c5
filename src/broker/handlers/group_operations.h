// What everybody may do with a group, as the answers of DescribeGroups and its like put it.
#pragma once
#include <cstdint>

namespace broker {

// READ, DELETE, DESCRIBE, DESCRIBE_CONFIGS and ALTER_CONFIGS.
inline constexpr std::int32_t kGroupOperations = 0b1101'0100'1000;

}  // namespace broker
