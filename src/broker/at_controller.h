// Asking the controller from a handler.
#pragma once
#include <vector>

#include "broker/call.h"
#include "broker/controller.h"
#include "broker/engine.h"

namespace broker {

// Has the controller decide with `decide(const cluster::Context&)` and carry it out; the outcomes
// come back in the order of the items. What `decide` points to is owned by the awaiting caller.
template <class T, class Decide>
env::Task<std::vector<Result<T>>> at_controller(Call& call, Decide decide, bool validate_only) {
  Controller* const controller = call.engine().node().controller.get();
  const auto mode = validate_only ? Controller::Mode::ValidateOnly : Controller::Mode::Apply;
  co_return co_await call.on<std::vector<Result<T>>>(
      controller->shard(),
      [controller, decide, mode] { return controller->change<T>(decide, mode); });
}

// The code and sentence of an outcome, None and nothing where it went well.
template <class T>
Error error_of(const Result<T>& outcome) {
  return outcome ? Error{} : outcome.error();
}
inline std::optional<std::string> message_of(const Error& error) {
  return error.code == ErrorCode::None ? std::optional<std::string>() : error.detail;
}

}  // namespace broker
