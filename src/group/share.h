// A share group (KIP-932): members share partitions among them, and the records of a partition go
// to whoever asks. State moves by `apply` alone, live and at loading.
#pragma once
#include <string_view>
#include <vector>

#include "group/share_record.h"
#include "group/step.h"

namespace group {

enum class ShareState : std::uint8_t { Empty, Stable };
std::string_view to_text(ShareState state);

struct Share {
  GroupId id;
  GroupEpoch epoch = {};

  ShareState state() const;
  bool is_blank() const;
  bool operator==(const Share&) const = default;
};

Effects step(Share& group, const Event& event, const World& world);
void apply(Share& group, const ShareChange& change);

// What takes a group without members out of the log.
std::vector<Record> farewell(const Share& group);

}  // namespace group
