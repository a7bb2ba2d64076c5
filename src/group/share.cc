#include "group/share.h"

namespace group {

std::string_view to_text(ShareState state) {
  return state == ShareState::Empty ? "Empty" : "Stable";
}

ShareState Share::state() const { return ShareState::Empty; }

bool Share::is_blank() const { return epoch == GroupEpoch{}; }

Effects step(Share&, const Event&, const World&) { return {}; }

void apply(Share& group, const ShareChange& change) {
  group.epoch = std::get<ShareEpochSet>(change).value.value_or(GroupEpoch{});
}

std::vector<Record> farewell(const Share& group) {
  return {ShareRecord{group.id, ShareEpochSet{}}};
}

}  // namespace group
