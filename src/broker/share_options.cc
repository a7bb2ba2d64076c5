#include "broker/share_options.h"

#include "cluster/image.h"

namespace broker {

ShareOptions share_options(const cluster::Image& image, const config::BrokerOptions& broker,
                           const GroupId& group) {
  const config::Pairs& own = image.config({cluster::ResourceType::Group, group.value});
  const config::GroupSettings settings = config::group_settings(own, broker);
  return {.limits = {.most_deliveries = broker.share_delivery_limit,
                     .most_locks = broker.share_partition_locks,
                     .lock = settings.share_record_lock},
          .reset = settings.share_reset,
          .read_committed = settings.share_read_committed};
}

}  // namespace broker
