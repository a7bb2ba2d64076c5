// Changes single settings of topics and brokers, and leaves the others as they are (KIP-339).
#include "wire/044_incremental_alter_configs.h"

#include "broker/handlers/config_answers.h"
#include "broker/handlers/handlers.h"

namespace broker {

env::Task<wire::IncrementalAlterConfigsResponse> incremental_alter_configs(
    Call& call, wire::IncrementalAlterConfigsRequest request) {
  std::vector<cluster::AlterConfigs> wanted;
  for (auto& resource : request.resources) {
    cluster::AlterConfigs& one = wanted.emplace_back();
    one.type = resource.resource_type;
    one.name = std::move(resource.resource_name);
    for (auto& config : resource.configs) {
      one.changes.push_back(
          {std::move(config.name), config.config_operation, std::move(config.value)});
    }
  }
  const std::vector<cluster::AlterConfigs>* const configs = &wanted;
  const std::vector<Result<std::monostate>> outcomes = co_await at_controller<std::monostate>(
      call, [configs](const cluster::Context& c) { return cluster::alter_configs(c, *configs); },
      request.validate_only);
  co_return config_answers<wire::IncrementalAlterConfigsResponse>(wanted, outcomes);
}

}  // namespace broker
