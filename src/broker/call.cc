#include "broker/call.h"

#include "broker/engine.h"

namespace broker {

Call::Call(Engine& engine, ClientFacts& client, const RequestHead& head, Buffer frame,
           MemoryBudget::Lease lease)
    : engine_(engine),
      client_(client),
      head_(head),
      frame_(std::move(frame)),
      lease_(std::move(lease)),
      frame_size_(frame_.size()),
      image_(engine.image()) {}

env::Shard& Call::shard() { return engine_.shard(); }

const config::BrokerOptions& Call::options() const { return engine_.options(); }

std::uint32_t Call::attach(std::vector<env::FileRange> ranges) {
  attached_.push_back(std::move(ranges));
  return static_cast<std::uint32_t>(attached_.size() - 1);
}

}  // namespace broker
