// Replaces all that was set for a resource. What is not named is unset: clients should prefer
// IncrementalAlterConfigs.
#include "wire/033_alter_configs.h"

#include "broker/handlers/config_answers.h"
#include "broker/handlers/handlers.h"

namespace broker {

env::Task<wire::AlterConfigsResponse> alter_configs(Call& call, wire::AlterConfigsRequest request) {
  std::vector<cluster::ReplaceConfigs> wanted;
  for (auto& resource : request.resources) {
    cluster::ReplaceConfigs& one = wanted.emplace_back();
    one.type = resource.resource_type;
    one.name = std::move(resource.resource_name);
    for (auto& config : resource.configs) {
      one.settings.emplace_back(std::move(config.name), std::move(config.value));
    }
  }
  const std::vector<cluster::ReplaceConfigs>* const configs = &wanted;
  const std::vector<Result<std::monostate>> outcomes = co_await at_controller<std::monostate>(
      call, [configs](const cluster::Context& c) { return cluster::replace_configs(c, *configs); },
      request.validate_only);
  co_return config_answers<wire::AlterConfigsResponse>(wanted, outcomes);
}

}  // namespace broker
