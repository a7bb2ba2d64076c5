// Any message, without its type: for what must work on all of them alike, as tests, fuzzers and
// dumping tools do. Each generated file has the MessageTypes of its messages, and all_messages()
// all.
#pragma once
#include <memory>
#include <span>

#include "wire/api.h"
#include "wire/io.h"

namespace wire {

struct MessageType {
  std::string_view name;  // Of the struct: "LeaveGroupRequest".
  Schema schema;
  std::shared_ptr<void> (*make)();
  void (*walk)(Io& io, void* message);
  bool (*equal)(const void* a, const void* b);
};

template <class M>
constexpr MessageType message_type(std::string_view name, const Schema& schema) {
  return {
      .name = name,
      .schema = schema,
      .make = [] { return std::shared_ptr<void>(std::make_shared<M>()); },
      .walk = [](Io& io, void* message) { walk(io, *static_cast<M*>(message)); },
      .equal = [](const void* a,
                  const void* b) { return *static_cast<const M*>(a) == *static_cast<const M*>(b); },
  };
}

std::span<const MessageType* const> all_messages();

}  // namespace wire
