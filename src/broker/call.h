// One request being served: who asks, in which version, and the few verbs that handlers need.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "broker/memory_budget.h"
#include "env/network.h"
#include "env/shard.h"

namespace cluster {
struct Image;
}
namespace config {
struct BrokerOptions;
}

namespace broker {

class Engine;

// What is known of the program at the other end of a connection.
struct ClientFacts {
  std::uint64_t connection = 0;
  env::Address peer;
  env::Address local;    // Where they reached us.
  std::string software;  // "name version" as its ApiVersions request says (KIP-511), or empty.
};

// The head of a request, in front of its body.
struct RequestHead {
  std::int16_t api_key = 0;
  std::int16_t version = 0;
  std::int32_t correlation = 0;
  std::string client_id;
  std::size_t body_at = 0;  // Where the body begins in the frame.
};

class Call {
 public:
  Call(Engine& engine, ClientFacts& client, const RequestHead& head, Buffer frame,
       MemoryBudget::Lease lease);
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  std::int16_t version() const { return head_.version; }
  const std::string& client_id() const { return head_.client_id; }
  ClientFacts& client() { return client_; }

  env::Shard& shard();
  Engine& engine() { return engine_; }
  // What the broker knew of the cluster when the request started.
  const cluster::Image& image() const { return *image_; }
  const config::BrokerOptions& options() const;

  // The request's own bytes, which messages' records point into.
  Buffer& frame() { return frame_; }
  std::size_t frame_size() const { return frame_size_; }
  // The message stands for itself: its bytes go back.
  void release_frame() { frame_ = Buffer(); }
  // From now on the request's share of the memory is that of its frame, if it still has one, and of
  // the message that was made of it.
  void hold(std::size_t made) { lease_.resize(frame_.size() + made); }

  // Notes runs of files that belong into the answer, and gives the token for their Records field.
  std::uint32_t attach(std::vector<env::FileRange> ranges);
  std::vector<env::FileRange>& attached(std::uint32_t token) { return attached_[token]; }

  // The client wants no answer to this request (acks=0).
  void send_no_answer() { answer_wanted_ = false; }
  bool answer_wanted() const { return answer_wanted_; }
  // The connection cannot go on after this request, and why, for the log.
  void hang_up(std::string why) { hang_up_ = std::move(why); }
  const std::string& hang_up() const { return hang_up_; }

  // Runs the task that `make` gives on the shard of `owner`; see env::ask.
  template <class T, class Make>
  env::Task<T> on(env::Shard& owner, Make make) {
    return env::ask<T>(shard(), owner, std::move(make));
  }

 private:
  Engine& engine_;
  ClientFacts& client_;
  const RequestHead& head_;
  Buffer frame_;
  MemoryBudget::Lease lease_;
  std::size_t frame_size_;
  std::shared_ptr<const cluster::Image> image_;
  std::vector<std::vector<env::FileRange>> attached_;
  bool answer_wanted_ = true;
  std::string hang_up_;
};

}  // namespace broker
