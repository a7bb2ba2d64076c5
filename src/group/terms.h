// Words that all of group/ speaks.
#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/named.h"

namespace group {

// Counts the rebalances of a classic group.
using Generation = Named<std::int32_t, struct GenerationTag>;
inline constexpr Generation kNoGeneration{-1};

// Counts the changes of a group of a newer protocol. A member has one too: the last that it has
// taken up in full.
using Epoch = Named<std::int32_t, struct EpochTag>;
inline constexpr Epoch kJoining{0};            // What a member sends to enter a group,
inline constexpr Epoch kLeaving{-1};           // to leave it,
inline constexpr Epoch kLeavingForAWhile{-2};  // and to leave it and keep its instance's place.
// Only a hostile log gets to the last epoch, from which there is no way on.
inline Epoch next_of(Epoch epoch) {
  return epoch.value == std::numeric_limits<std::int32_t>::max() ? epoch : Epoch{epoch.value + 1};
}

// Names a request until it is answered.
using Token = Named<std::uint64_t, struct TokenTag>;

// Who speaks: a member by its id and, if it keeps its place over restarts, its instance.
struct Identity {
  MemberId member;
  std::optional<InstanceId> instance = {};
};

// A way of sharing out work that a classic member understands, and what it has to say in it.
struct Protocol {
  std::string name;
  ByteVector metadata;
  bool operator==(const Protocol&) const = default;
};

}  // namespace group
