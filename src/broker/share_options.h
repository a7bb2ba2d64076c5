// What holds for one share group: its own settings before the broker's.
#pragma once
#include "base/ids.h"
#include "base/time.h"
#include "config/group_settings.h"
#include "share/share_partition.h"

namespace cluster {
struct Image;
}

namespace broker {

struct ShareOptions {
  share::Limits limits = {};
  config::OffsetReset reset = {};
  bool read_committed = false;  // Leave out what was never committed.
};

ShareOptions share_options(const cluster::Image& image, const config::BrokerOptions& broker,
                           const GroupId& group);

}  // namespace broker
