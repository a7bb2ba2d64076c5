// What AlterConfigs and IncrementalAlterConfigs answer: for each resource how its change went.
#pragma once
#include <variant>
#include <vector>

#include "broker/at_controller.h"

namespace broker {

// `wanted` names the resources, in the order of the outcomes.
template <class Response, class Wanted>
Response config_answers(const std::vector<Wanted>& wanted,
                        const std::vector<Result<std::monostate>>& outcomes) {
  Response response;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const Error error = error_of(outcomes[i]);
    response.responses.push_back({.error_code = error.code,
                                  .error_message = message_of(error),
                                  .resource_type = wanted[i].type,
                                  .resource_name = wanted[i].name});
  }
  return response;
}

}  // namespace broker
